"""Workloads that go through many files of a listing, against curl with all of the same ranges at once."""
import concurrent.futures
import os
import random
import subprocess
import tempfile
import time

import harness
from harness import Home, run
from measure import MB, Reader, Row, alternating, quotients, take
from reading import CAP, CHUNK, CUBE, GIANT, mounted, path_of

DELAY = 100            # milliseconds a request
AT_ONCE = 16           # as `transfers`
GOAL = 2
EXTENSIONS = 8
EXTENSION_BYTES = 200 << 10
STEP = EXTENSION_BYTES + -EXTENSION_BYTES % 2880 + 2880  # from one extension to the next


def mef_files(folder, count):
    """FITS files of EXTENSIONS images each."""
    from astropy.io import fits
    image = fits.ImageHDU(data=None)
    image.header['NAXIS'] = 2
    image.header['NAXIS1'] = image.header['NAXIS2'] = 320
    image.header['BITPIX'] = 16
    data = b'\0' * (EXTENSION_BYTES + -EXTENSION_BYTES % 2880)
    names = []
    for i in range(count):
        names.append(f'ADP.2020-02-02T02:{i // 60:02}:{i % 60:02}.020')
        primary = fits.PrimaryHDU()
        primary.header['ARCFILE'] = names[-1] + '.fits'
        with open(os.path.join(folder, names[-1] + '.fits'), 'wb') as file:
            file.write(primary.header.tostring().encode())
            for _ in range(EXTENSIONS):
                file.write(image.header.tostring().encode() + data)
    return names


def curl_all(sim, ranges):
    """All ranges, at most AT_ONCE at a time. ranges: (dp_id, first byte, bytes); bytes 0: the whole file."""
    with tempfile.NamedTemporaryFile('w', suffix='.curl') as config:
        for dp_id, first, size in ranges:
            config.write(f'url = "{sim.url}/dataPortal/file/{dp_id}"\noutput = "/dev/null"\n')
            if size:
                config.write(f'range = "{first}-{first + size - 1}"\n')
            config.write('next\n')
        config.flush()
        text = harness.read(config.name).decode().removesuffix('next\n')
        with open(config.name, 'w', encoding='utf-8') as file:
            file.write(text)
        run('curl', '-sS', '-Z', '--parallel-max', str(AT_ONCE), '-K', config.name)


def head_only(path):
    subprocess.run(['head', '-c', '2880', path], stdout=subprocess.DEVNULL, check=True)


def head_and_tail(path):
    with open(path, 'rb', buffering=0) as file:
        file.read(2880)
        file.seek(-2880, os.SEEK_END)
        file.read(2880)


def every_header(path):
    """As a program reads them that does not cost time of its own: one block each."""
    found = 0
    with open(path, 'rb', buffering=0) as file:
        while len(file.read(2880)) == 2880:
            found += 1
            file.seek(2880 + (found - 1) * STEP)
    if found != EXTENSIONS + 1:
        raise AssertionError(f'{found} HDUs')


class Walk:
    """A mount with a query of many small files, none of them known to the mount; each turn takes others."""

    def __init__(self, sim, mount, names, query='walk'):
        self.sim, self.mount, self.names = sim, mount, names
        ids = 'SELECT * FROM ivoa.ObsCore WHERE '
        self.folder = mount.save(query, ids + f"dp_id BETWEEN '{names[0]}' AND '{names[-1]}' ORDER BY dp_id")
        listed = {name.removesuffix('.fits') for name in os.listdir(self.folder) if name.endswith('.fits')}
        missing = set(names) - listed
        if missing:
            raise AssertionError(f'{len(missing)} files are not listed, as {sorted(missing)[0]}')

    def part(self, turn, count):
        return self.names[turn * count:(turn + 1) * count]

    def paths(self, names):
        return [os.path.join(self.folder, name + '.fits') for name in names]


def extra_rows(sim):
    rows = sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023-01-01%'")
    return sorted(row['dp_id'] for row in rows)


def measured(name, shape, walk, count, rounds, read, ranges):
    """One row. read: what a program does with the paths; ranges: what curl asks for instead, of one id."""
    sim = walk.sim
    sim.fault(path='', delay=DELAY)
    before = walk.mount.status().get('files_ahead')
    times = alternating(
        rounds, esofs=lambda turn: read(walk.paths(walk.part(turn, count))),
        curl=lambda turn: curl_all(sim, [one for dp_id in walk.part(turn, count) for one in ranges(dp_id)]))
    sim.clear()
    after = walk.mount.status().get('files_ahead')
    ratio, spread = quotients(times['esofs'], times['curl'])
    waste = ''
    if after:
        unused = sum(sign * (each['asked'] - each['used']) for sign, each in ((1, after), (-1, before)))
        waste = f', {unused} unused'
    return Row(name, shape, f"{min(times['esofs']):.2f} s{waste}", f"curl -Z {min(times['curl']):.2f} s", f'<= {GOAL}',
               ratio, spread, ratio <= GOAL)


def many_headers(quick):
    count, rounds = (300, 1) if quick else (1000, 2)
    with mounted('maxrec=20000', sim_arguments=('--rows', '12000')) as (sim, mount):
        walk = Walk(sim, mount, extra_rows(sim)[:8 * count])
        part = iter(range(100))

        def loop(read):
            return lambda paths: [read(path) for path in paths]

        def four(paths):
            run('xargs', '-P', '4', '-n', '1', 'head', '-c', '2880', input='\n'.join(paths))

        def warm_headers(paths):
            run(harness.programs['esofs'], 'warm', '--headers', *paths)

        def shifted(at):
            """The walk from another place on."""
            moved = Walk.__new__(Walk)
            moved.__dict__ = {**walk.__dict__, 'names': walk.names[at * rounds * count:]}
            return moved
        head = lambda dp_id: [(dp_id, 0, CHUNK)]  # noqa: E731
        yield measured('many-headers', f'{count} files, a process each', shifted(next(part)), count, rounds,
                       loop(head_only), head)
        yield measured('many-headers', f'{count} files, head and tail', shifted(next(part)), count, rounds,
                       loop(head_and_tail), lambda dp_id: [(dp_id, 0, CHUNK)])
        yield measured('many-headers', f'{count} files, xargs -P 4', shifted(next(part)), count, rounds, four, head)
        yield measured('many-headers', f'{count} files, esofs warm --headers', shifted(next(part)), count, rounds,
                       warm_headers, head)


def many_copies(quick):
    count, rounds = (300, 1) if quick else (1000, 2)
    with mounted('maxrec=20000', sim_arguments=('--rows', '12000')) as (sim, mount):
        walk = Walk(sim, mount, extra_rows(sim)[:rounds * count])
        into = os.path.join(mount.home.path, 'copies')
        os.mkdir(into)
        yield measured('many-copies', f'{count} files, cp', walk, count, rounds,
                       lambda paths: run('cp', *paths, into), lambda dp_id: [(dp_id, 0, 0)])
        yield directory_copy(sim, mount, extra_rows(sim)[rounds * count:][:count], into)


def directory_copy(sim, mount, names, into):
    """`cp -r`, which reads the files in the order of their inode numbers."""
    walk = Walk(sim, mount, names, 'directory')
    return measured('many-copies', f'{len(names)} files, cp -r', walk, len(names), 1,
                    lambda _: run('cp', '-r', walk.folder, into), lambda dp_id: [(dp_id, 0, 0)])


def many_extensions(quick):
    count = 100 if quick else 300
    home = Home()
    os.makedirs(home.path, exist_ok=True)
    try:
        names = mef_files(home.path, count)
        with mounted(sim_arguments=('--fits', home.path)) as (sim, mount):
            walk = Walk(sim, mount, names)

            def ranges(dp_id):
                places = {0} | {(2880 + i * STEP) // CHUNK for i in range(EXTENSIONS)}
                return [(dp_id, chunk * CHUNK, CHUNK) for chunk in sorted(places)]
            yield measured('many-headers', f'{count} files, {EXTENSIONS} extensions', walk, count, 1,
                           lambda paths: [every_header(path) for path in paths], ranges)
    finally:
        home.close()


class Pattern:
    """What one program does over and over, each time elsewhere; it counts how often it has done so."""

    def __init__(self, step):
        self.step, self.turn = step, 0

    def rate(self, seconds):
        """Steps a second, after one that is not measured."""
        self.step(self.turn)
        began, first = time.monotonic(), self.turn
        while time.monotonic() - began < seconds:
            self.turn += 1
            self.step(self.turn)
        return (self.turn - first) / (time.monotonic() - began)


def patterns(sim, mount, names):
    """Two programs that walk through headers, one that copies a large file, one that jumps in a cube."""
    middle = len(names) // 2
    walks = [Walk(sim, mount, part, name) for part, name in ((names[:middle], 'one'), (names[middle:], 'two'))]
    paths = [walk.paths(walk.names) for walk in walks]
    copied = Reader(path_of(mount, GIANT))
    dice = random.Random(1)

    def jump(_):
        take(path_of(mount, CUBE), dice.randrange(2700) * MB, CHUNK)
    return {'headers': Pattern(lambda turn: head_and_tail(paths[0][turn])),
            'other headers': Pattern(lambda turn: head_and_tail(paths[1][turn])),
            'copy': Pattern(lambda _: copied.take(MB)), 'jumps': Pattern(jump)}


def four_patterns(quick):
    """Each pattern alone with a quarter of the transfers, against all four at once."""
    span = 6 if quick else 15
    rates = []
    for together, transfers in ((False, AT_ONCE // 4), (True, AT_ONCE)):
        with mounted('maxrec=20000', f'transfers={transfers}', sim_arguments=('--rows', '12000')) as (sim, mount):
            pattern = patterns(sim, mount, extra_rows(sim))
            sim.fault(path='', delay=DELAY, rate=CAP)
            if together:
                with concurrent.futures.ThreadPoolExecutor(len(pattern)) as pool:
                    running = {name: pool.submit(each.rate, span) for name, each in pattern.items()}
                    rates.append({name: each.result() for name, each in running.items()})
            else:
                rates.append({name: each.rate(span) for name, each in pattern.items()})
    alone, four = rates
    for name, unit in (('headers', 'files'), ('other headers', 'files'), ('copy', 'MiB'), ('jumps', 'reads')):
        ratio = alone[name] / four[name]
        yield Row('four-patterns', f'{name}, 10 Mbit/s a stream', f'{four[name]:.1f} {unit}/s',
                  f'alone, {AT_ONCE // 4} transfers {alone[name]:.1f} {unit}/s', f'<= {GOAL}', ratio, (), ratio <= GOAL)


WORKLOADS = {'many-headers': many_headers, 'many-copies': many_copies, 'many-extensions': many_extensions,
             'four-patterns': four_patterns}
