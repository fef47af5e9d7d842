"""Workloads that read bytes: cold from the archive, warm from the block cache, headers."""
import contextlib
import os
import random
import threading
import time

import harness
import peers
from harness import Home, Mount, Simulator, run
from measure import (MB, Reader, Row, alternating, forget_pages, milliseconds, percentile, quotients, rate, seconds,
                     take)

GIANT = 'ADP.2019-03-11T08:15:30.120'  # 3 GB, one HDU
CUBE = 'ADP.2018-06-21T20:32:57.736'   # 3 GB, three HDUs
IMAGE = 'ADP.2021-07-16T10:20:56.477'  # 30 GB
CAP = 1_250_000                        # bytes a second: 10 Mbit/s, ESO's for one stream
CHUNK = 64 << 10


@contextlib.contextmanager
def mounted(*options, sim_arguments=()):
    """A simulator and a mount of it with a cache of its own."""
    sim = Simulator(*sim_arguments)
    home = Home()
    try:
        mount = Mount(sim.profile, home, *options)
        try:
            yield sim, mount
        finally:
            sim.clear()
            mount.unmount()
    finally:
        home.close()
        sim.close()


def path_of(mount, dp_id):
    return mount / f'datasets/{dp_id}/{dp_id}.fits'


def url_of(sim, dp_id):
    return f'{sim.url}/dataPortal/file/{dp_id}'


def cold_sequential(quick):
    """Every side in turn reads parts of one file that nobody has read before."""
    size, rounds = (128 * MB, 3) if quick else (256 * MB, 5)
    why = peers.missing()
    with contextlib.ExitStack() as stack:
        sim, mount = stack.enter_context(mounted())
        folder = f'{sim.url}/folders/{GIANT}'
        paths = {'esofs': path_of(mount, GIANT)}
        for name, start in (('httpdirfs', peers.httpdirfs), ('rclone', peers.rclone)):
            try:
                if name not in why:
                    paths[name] = os.path.join(stack.enter_context(start(folder)), 'file.fits')
            except AssertionError as problem:
                why[name] = str(problem)
        for path in paths.values():
            take(path, 0, CHUNK)

        def part(turn):
            return MB + turn * size

        def mounted_part(turn, name):
            """A peer that fails is left out."""
            try:
                if name not in why:
                    take(paths[name], part(turn), size)
            except OSError as problem:
                if name == 'esofs':
                    raise
                why[name] = f'{name} failed: {problem.strerror}'

        kept = os.path.join(mount.home.path, 'curl')
        os.mkdir(kept)
        sides = {'curl': lambda turn: peers.curl(url_of(sim, GIANT), part(turn), size),
                 'curl -o FILE': lambda turn: peers.curl(url_of(sim, GIANT), part(turn), size,
                                                         os.path.join(kept, str(turn)))}
        for name in paths:
            sides[name] = lambda turn, name=name: mounted_part(turn, name)
        times = alternating(rounds, **sides)
        times = {name: taken for name, taken in times.items() if name not in why}
    shape = 'no cap, no delay'
    for name, goal in (('curl', 0.9), ('curl -o FILE', None), ('httpdirfs', 2), ('rclone', 2)):
        if name not in times:
            yield Row('cold-sequential', shape, '', why[name], f'>= {goal}')
            continue
        ratio, spread = quotients(times[name], times['esofs'])
        yield Row('cold-sequential', shape, rate(size, times['esofs']), f'{name} {rate(size, times[name])}',
                  f'>= {goal}' if goal else '', ratio, spread, ratio >= goal if goal else None)


def cold_capped(quick):
    size, rounds = (96 * MB, 1) if quick else (256 * MB, 2)
    small = 4 * MB
    for delay in (0, 100):
        with mounted('transfers=16') as (sim, mount):
            take(path_of(mount, GIANT), 0, CHUNK)
            sim.fault(path=GIANT, rate=CAP, delay=delay)
            times = alternating(rounds, curl=lambda turn: peers.curl(url_of(sim, GIANT), turn * small, small),
                                esofs=lambda turn: take(path_of(mount, GIANT), MB + turn * size, size))
        per_stream = [one / small for one in times['curl']]
        ratio, spread = quotients(per_stream, [many / size for many in times['esofs']])
        yield Row('cold-capped', f'10 Mbit/s a stream, {delay} ms', rate(size, times['esofs']),
                  f"one curl stream {rate(small, times['curl'])}", '>= 14', ratio, spread, ratio >= 14)


def cold_delayed(quick):
    """The rate with a delay for each request against the rate without, both measured after the start."""
    size, rounds = (64 * MB, 2) if quick else (128 * MB, 3)
    for delay, cap in ((20, 0), (100, 0), (100, CAP)):
        if cap:
            size, rounds = (64 * MB, 1) if quick else (128 * MB, 1)
        begin = 64 * MB if cap else 192 * MB  # until the read-ahead has reached its full size
        with mounted() as (sim, mount):
            take(path_of(mount, IMAGE), 0, CHUNK)
            at = [MB]

            def stream(ms, sim=sim, mount=mount, at=at, begin=begin, cap=cap, size=size):
                sim.clear()
                sim.fault(path=IMAGE, delay=ms, rate=cap)
                with Reader(path_of(mount, IMAGE), at[0]) as reader:
                    at[0] += 2 * (begin + size)
                    reader.take(begin)
                    return seconds(lambda: reader.take(size))
            near, far = [], []
            for turn in range(rounds):
                for ms, times in ((0, near), (delay, far))[::-1 if turn % 2 else 1]:
                    times.append(stream(ms))
        ratio, spread = quotients(near, far)
        shape = f"{delay} ms, {'10 Mbit/s a stream' if cap else 'no cap'}"
        goal = '>= 0.8' if delay == 100 else ''
        yield Row('cold-delayed', shape, rate(size, far), f'esofs at 0 ms {rate(size, near)}', goal, ratio, spread,
                  ratio >= 0.8 if goal else None)


def local_copy(folder, size):
    path = os.path.join(folder, 'local.fits')
    with open(path, 'wb') as file:
        for _ in range(size // MB):
            file.write(os.urandom(MB))
        os.fsync(file.fileno())
    return path


@contextlib.contextmanager
def warm(size):
    """A mount that has `size` bytes of the giant in its block cache, a local file of that size, and passthrough_ll."""
    with contextlib.ExitStack() as stack:
        _, mount = stack.enter_context(mounted())
        take(path_of(mount, GIANT), 0, size)
        local = local_copy(mount.home.path, size)
        peer = None
        if 'passthrough_ll' not in peers.missing():
            peer = os.path.join(stack.enter_context(peers.passthrough(mount.home.path)), 'local.fits')
        yield mount, path_of(mount, GIANT), local, peer


def warm_blocks(quick):
    size, rounds = (256 * MB, 3) if quick else (512 * MB, 5)
    with warm(size) as (mount, path, local, peer):
        if peer is None:
            yield Row('warm-blocks', '', '', peers.missing()['passthrough_ll'], '>= 0.9')
            return
        for shape, forget_disk in (('page cache of the mount empty', False), ('and that of the disk', True)):
            def cold(file, below):
                forget_pages(file)
                if forget_disk:
                    forget_pages(below)
                return seconds(lambda: take(file, 0, size))
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(cold(path, mount.home.cache))
                theirs.append(cold(peer, local))
            ratio, spread = quotients(theirs, ours)
            yield Row('warm-blocks', shape, rate(size, ours), f'passthrough_ll {rate(size, theirs)}', '>= 0.9', ratio,
                      spread, ratio >= 0.9)


def page_cache(quick):
    size, rounds = (256 * MB, 5) if quick else (512 * MB, 9)
    with warm(size) as (_, path, local, peer), contextlib.ExitStack() as stack:
        files = {'esofs': path, 'local': local}
        if peer is not None:
            files['passthrough_ll'] = peer
        for file in files.values():
            stack.enter_context(open(file, 'rb'))
            take(file, 0, size)
        times = alternating(rounds, **{name: lambda _, file=file: take(file, 0, size) for name, file in files.items()})
    ratio, spread = quotients(times['local'], times['esofs'])
    yield Row('page-cache', 'second read', rate(size, times['esofs']), f"local file {rate(size, times['local'])}",
              '>= 0.95', ratio, spread, ratio >= 0.95)
    if peer is not None:
        ratio, spread = quotients(times['passthrough_ll'], times['esofs'])
        yield Row('page-cache', 'second read', rate(size, times['esofs']),
                  f"passthrough_ll {rate(size, times['passthrough_ll'])}", '', ratio, spread)


def cost(sim, delay, action):
    """The body bytes, file requests and round trips (of `delay` ms each) that the action causes."""
    sim.fault(path='', delay=delay)
    sim.reset()
    taken = seconds(action)
    sim.clear()
    asked = sim.requests('/dataPortal/file/')
    return sum(request['body_bytes'] for request in asked), len(asked), round(1000 * taken / delay)


def header(_):
    from astropy.io import fits
    fits.Header()  # its imports are not to be measured
    readers = {'CFITSIO': lambda path: run(harness.programs['listhead'], path + '[0]'),
               'astropy': fits.getheader}
    for name, read in readers.items():
        with mounted() as (sim, mount):
            body, requests, trips = cost(sim, 500, lambda: read(path_of(mount, CUBE)))
        yield Row('header', f'3 GB cube, {name}', f'{body / 1024:.0f} KiB, {requests} requests',
                  f'{trips} round trips with DataLink', '<= 128 KiB, 2', met=body <= 128 << 10 and trips <= 2)


def first_open(_):
    """The head of a file of a listing that nobody has opened: DataLink and the file's likely URL are asked side by side."""
    with mounted(sim_arguments=('--rows', '100')) as (sim, mount):
        folder = mount.save('q', "SELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023-01-01%'")
        path = os.path.join(folder, sorted(os.listdir(folder))[50])
        _, requests, trips = cost(sim, 500, lambda: take(path, 0, 2880))
    yield Row('first-open', 'head of a file of a listing', f'{requests} requests', f'{trips} round trips', '1',
              met=trips <= 1)


def section(_):
    """100 x 100 pixels of a cube by astropy, against its own way to read a URL by parts."""
    from astropy.io import fits

    def pixels(place, **how):
        with fits.open(place, **how) as hdus:
            if hdus[1].section[9, 100:200, 100:200].shape != (100, 100):
                raise AssertionError('other pixels')
    with mounted() as (sim, mount):
        sim.fault(path='', delay=100)
        sim.reset()
        ours = seconds(lambda: pixels(path_of(mount, CUBE)))
        body = sum(request['body_bytes'] for request in sim.requests('/dataPortal/file'))
        sim.reset()
        try:
            theirs = seconds(lambda: pixels(url_of(sim, CUBE), use_fsspec=True))
        except ImportError as missing:
            yield Row('section', '3 GB cube', f'{body / 1024:.0f} KiB, {ours:.2f} s', str(missing), '')
            return
        other = sum(request['body_bytes'] for request in sim.requests('/dataPortal/file'))
    yield Row('section', '100 x 100 pixels, 3 GB cube', f'{body / 1024:.0f} KiB, {ours:.2f} s',
              f'use_fsspec {other / 1024:.0f} KiB, {theirs:.2f} s', '', theirs / ours)


def packed_header(_):
    """The header of a frame of real size that is delivered packed, against its download."""
    for shape, dp_id in (('15 MB .fits.Z', 'HARPS.2008-08-08T08:08:08.808'),
                         ('60 MB .fits.gz', 'M.VIRCAM.2010-10-10T10:10:10.010')):
        with mounted(sim_arguments=('--large-raws',)) as (sim, mount):
            size = len(sim.file(dp_id))  # made now
            sim.fault(path='', rate=CAP)
            sim.reset()
            text = mount / f'datasets/{dp_id}/header.txt'
            ours = seconds(lambda text=text: harness.read(text))
            body = sum(request['body_bytes'] for request in sim.requests('/dataPortal/file'))
            whole = seconds(lambda sim=sim, dp_id=dp_id: run('curl', '-s', '-o', '/dev/null', url_of(sim, dp_id)))
        yield Row('packed-header', f'{shape}, 10 Mbit/s a stream', f'{body / 1024:.0f} KiB, {ours:.2f} s',
                  f'curl, all: {size / MB:.0f} MiB, {whole:.1f} s', '<= 128 KiB', whole / ours, met=body <= 128 << 10)


def packed_pixels(_):
    """100 x 100 pixels of one extension of a large tile-compressed file, by its plain form."""
    from astropy.io import fits
    dp_id = 'OMEGA.2011-11-11T11:11:11.111'

    def pixels(path):
        with fits.open(path) as hdus:
            if hdus[7].section[500:600, 500:600].shape != (100, 100):
                raise AssertionError('other pixels')
    with mounted(sim_arguments=('--large-raws',)) as (sim, mount):
        size = len(sim.file(dp_id))  # made now
        body, requests, trips = cost(sim, 500, lambda: pixels(path_of(mount, dp_id)))
    yield Row('packed-pixels', f'of {size / MB:.0f} MiB .fits.fz', f'{body / 1024:.0f} KiB, {requests} requests',
              f'{trips} round trips with DataLink', '<= 1024 KiB, 4', met=body <= 1 << 20 and trips <= 4)


def all_headers(_):
    from astropy.io import fits
    home = Home()
    os.makedirs(home.path, exist_ok=True)
    name = 'ADP.2020-02-02T02:02:02.020'
    images = [fits.ImageHDU(data=None) for _ in range(20)]
    for image in images:
        image.header['NAXIS'] = 2
        image.header['NAXIS1'] = image.header['NAXIS2'] = 1024
        image.header['BITPIX'] = -32
    primary = fits.PrimaryHDU()
    primary.header['ARCFILE'] = name + '.fits'
    path = os.path.join(home.path, name + '.fits')
    data = b'\0' * (4 * MB) + b'\0' * (-4 * MB % 2880)
    with open(path, 'wb') as file:
        file.write(primary.header.tostring().encode())
        for image in images:
            file.write(image.header.tostring().encode() + data)

    def every_header(path):
        with fits.open(path) as hdus:
            if len(hdus) != 21:
                raise AssertionError(f'{len(hdus)} HDUs')

    def text(path):
        found = harness.read(os.path.join(os.path.dirname(path), 'header.txt')).count(b'XTENSION')
        if found != 20:
            raise AssertionError(f'{found} headers')
    try:
        for tool, read in (('astropy', every_header), ('header.txt', text)):
            with mounted(sim_arguments=('--fits', home.path)) as (sim, mount):
                os.stat(path_of(mount, name))
                body, requests, trips = cost(sim, 100, lambda: read(path_of(mount, name)))
            # The primary header and the tail are read too.
            each = max(0, body - 2 * CHUNK) / 20
            yield Row('all-headers', f'20 extensions, {tool}', f'{each / 1024:.0f} KiB an extension',
                      f'{requests} requests, {trips} round trips', '<= 64 KiB', met=each <= CHUNK)
    finally:
        home.close()


def open_storm(_):
    with mounted() as (sim, mount):
        paths = [path_of(mount, dp_id) for dp_id in (GIANT, CUBE, IMAGE)]
        for path in paths:
            take(path, 0, 2880)
        sim.reset()
        for turn in range(187):
            take(paths[turn % 3], 0, 2880)
        asked = len(sim.requests())
    yield Row('open-storm', '187 opens of 3 files', f'{asked} requests', 'after the first opens', '0', met=asked == 0)


def hung_server(quick):
    """Cached reads, listings, and first reads of other files, while many reads of one file hang."""
    looks, first_reads = (200, 60) if quick else (500, 200)
    with mounted('maxrec=2000', sim_arguments=('--rows', '1000')) as (sim, mount):
        cached, hung = path_of(mount, CUBE), path_of(mount, GIANT)
        folder = mount.save('others', "SELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023-01-01%'")
        others = sorted(name for name in os.listdir(folder) if name.endswith('.fits'))
        random.Random(1).shuffle(others)  # no order: nothing is asked for ahead
        take(cached, 0, 2880)
        take(hung, 0, 2880)

        def look():
            times = []
            for _ in range(looks):
                forget_pages(cached)
                times.append(seconds(lambda: take(cached, 0, 2880)))
                times.append(seconds(lambda: os.listdir(mount.path)))
            return percentile(times, 99)

        def first():
            return percentile([seconds(lambda: take(os.path.join(folder, others.pop()), 0, 2880))
                               for _ in range(first_reads)], 99)
        idle, idle_first = look(), first()
        sim.fault(path=GIANT, stall_after=0)

        def read_on(at):
            with contextlib.suppress(OSError), open(hung, 'rb', buffering=0) as file:
                os.pread(file.fileno(), 4096, (at + 2) * 5 * MB)
        readers = [threading.Thread(target=read_on, args=(at,), daemon=True) for at in range(500)]
        for reader in readers:
            reader.start()
        harness.until(lambda: len(sim.requests(GIANT)) >= 10, 'the pending reads')
        time.sleep(0.5)
        alive = sum(reader.is_alive() for reader in readers)
        pending, pending_first = look(), first()
        sim.clear()
        for reader in readers:
            reader.join(harness.PATIENCE)
    yield Row('hung-server', f'{alive} reads pending, cached', f'p99 {milliseconds([pending])}',
              f'idle: p99 {milliseconds([idle])}', '<= 10 ms', pending / idle, met=pending <= 0.010)
    ratio = pending_first / idle_first
    yield Row('hung-server', f'{alive} reads pending, uncached', f'p99 {milliseconds([pending_first])}',
              f'idle: p99 {milliseconds([idle_first])}', '<= 1.5', ratio, met=ratio <= 1.5)


WORKLOADS = {'cold-sequential': cold_sequential, 'cold-capped': cold_capped, 'cold-delayed': cold_delayed,
             'warm-blocks': warm_blocks, 'page-cache': page_cache, 'header': header, 'first-open': first_open,
             'section': section, 'packed-header': packed_header,
             'packed-pixels': packed_pixels, 'all-headers': all_headers, 'open-storm': open_storm,
             'hung-server': hung_server}
