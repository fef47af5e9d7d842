"""Workloads of listings and of the metadata store."""
import os
import struct
import tempfile
import threading
import time

import harness
from harness import Home, Mount, Simulator, run
from measure import MB, Row, alternating, milliseconds, quotients, seconds
from reading import mounted

kept = {}  # a home with a million rows, made by the first workload that needs it


def close():
    for thing in kept.values():
        thing.close()
    kept.clear()


def listed(folder):
    """Waits until the query is answered; the number of names."""
    while True:
        try:
            with os.scandir(folder) as entries:
                return sum(1 for _ in entries)
        except BlockingIOError:
            time.sleep(0.1)


def known_listing(quick):
    rounds = 5 if quick else 9
    with mounted('maxrec=20000', sim_arguments=('--rows', '20000')) as (sim, mount):
        folder = mount.save('many', "SELECT TOP 10000 * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023-01%'")
        names = os.listdir(folder)
        local = tempfile.mkdtemp(dir=mount.home.path)
        for name in names:
            with open(os.path.join(local, name), 'wb') as file:
                file.truncate(MB)
        sim.reset()
        for shape, words in (('ls -l', ('ls', '-l')), ('find -size', ('find', '-size', '+1k'))):
            def look(place, words=words):
                run(words[0], place, *words[1:]) if words[0] == 'find' else run(*words, place)
            look(folder)
            look(local)
            times = alternating(rounds, esofs=lambda _: look(folder), local=lambda _: look(local))
            ratio, spread = quotients(times['esofs'], times['local'])
            asked = len(sim.requests())
            yield Row('known-listing', f'{shape}, {len(names)} names',
                      f"{milliseconds(times['esofs'])}, {asked} requests", f"local {milliseconds(times['local'])}",
                      '<= 1.5, 0', ratio, spread, ratio <= 1.5 and asked == 0)


class Memory(threading.Thread):
    """Samples the memory of a process ten times a second: its own, and the pages of files that it has mapped."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.over = pid, threading.Event()
        self.peak = {'RssAnon': 0, 'RssFile': 0}  # KiB

    def run(self):
        while not self.over.wait(0.1):
            with open(f'/proc/{self.pid}/status', encoding='ascii') as file:
                for name, _, value in (line.partition(':') for line in file):
                    if name in self.peak:
                        self.peak[name] = max(self.peak[name], int(value.split()[0]))

    def end(self):
        self.over.set()
        self.join()
        return self.peak


def million(quick):
    """The simulator, the home and the mount of a query of a million rows (quick: 200 000), and how long it took."""
    if not kept:
        rows = 200_000 if quick else 1_000_000
        kept['sim'] = Simulator('--rows', str(rows))
        kept['home'] = Home()
        mount = Mount(kept['sim'].profile, kept['home'], 'query_wait=1h')
        adql = f"SELECT TOP {rows} * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.20%'"
        folder = mount.save('million', f'-- maxrec: {rows}\n-- mode: sync\n{adql}')
        kept['sim'].reset()
        memory = Memory(mount.pid)
        memory.start()
        try:
            names = []
            taken = seconds(lambda: names.append(listed(folder)))
            form = kept['sim'].requests('/tap_obs/sync')[0]['body']
        finally:
            peak = memory.end()
            mount.unmount()
        kept['facts'] = Facts(names[0], taken, peak, form)
    return kept['sim'], kept['home'], kept['facts']


class Facts:
    def __init__(self, names, taken, peak, form):
        self.names, self.taken, self.peak, self.form = names, taken, peak, form

    def close(self):
        pass


def million_rows(quick):
    sim, _, facts = million(quick)
    theirs = seconds(lambda: run('curl', '-sS', '-o', '/dev/null', '--data', facts.form, sim.url + '/tap_obs/sync',
                                 timeout=3600))
    ratio = theirs / facts.taken
    yield Row('million-rows', f'{facts.names} names, cold query', f'{facts.taken:.1f} s', f'curl {theirs:.1f} s',
              '>= 0.8', ratio, met=ratio >= 0.8)
    yield Row('million-rows', 'memory of the daemon', f"peak {facts.peak['RssAnon'] / 1024:.0f} MiB",
              f"mapped of LMDB {facts.peak['RssFile'] / 1024:.0f} MiB", '<= 100 MiB',
              met=facts.peak['RssAnon'] <= 100 * 1024)


def fill_records(home, wanted):
    """Adds records of an unused generation to the shelf `names`, in the form of the store; returns how many there are."""
    try:
        import lmdb
    except ImportError:
        return None
    with lmdb.open(os.path.join(home.cache, 'meta'), max_dbs=64, map_size=64 << 30, sync=False, readahead=False) as env:
        with env.begin() as txn:
            shelves = [bytes(name) for name, _ in txn.cursor()]
        count = 0
        for shelf in shelves:
            with env.begin(db=env.open_db(shelf, create=False)) as txn:
                count += txn.stat()['entries']
        names = env.open_db(b'names', create=False)
        with env.begin(db=names) as txn:
            cursor = txn.cursor()
            if not cursor.first():
                return None
            value = bytes(cursor.value())
        generation = b'\xff' * 12 + b'\0'
        more = max(0, wanted - count)
        with env.begin(db=names, write=True) as txn:
            keys = ((generation + b'ADP.%012d' % i, value) for i in range(more))
            txn.cursor().putmulti(keys, append=True)
        return count + more


def fill_segments(home, count):
    """Segment files of 16 MiB, sparse, in their places."""
    for i in range(count):
        digits = struct.pack('>QQ', (i * 0x9e3779b97f4a7c15) % (1 << 64), i).hex()
        folder = os.path.join(home.cache, 'segments', digits[:2])
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, digits + '-0'), 'wb') as file:
            file.truncate((16 << 20) + 8192)


def mount_ready(quick):
    sim, home, _ = million(quick)
    records = fill_records(home, 1_000_000 if quick else 10_000_000)
    segments = 65536
    fill_segments(home, segments)
    empty = Home()
    rounds = 3 if quick else 5
    mountpoint = tempfile.mkdtemp(prefix='esofs-mount-')
    harness.guardian.tell(f'+mount {mountpoint}')

    def ready(where):
        options = f'cache_dir={where.cache},config_dir={where.config},state_dir={where.state}'
        taken = seconds(lambda: run(harness.programs['esofs'], 'mount', sim.profile, mountpoint, '-o', options))
        harness.read(os.path.join(mountpoint, '.esofs/version'))
        run(harness.programs['esofs'], 'unmount', mountpoint)
        return taken
    try:
        ready(empty)
        full, bare = [], []
        for _ in range(rounds):
            full.append(ready(home))
            bare.append(ready(empty))
    finally:
        harness.guardian.tell(f'-mount {mountpoint}')
        os.rmdir(mountpoint)
        empty.close()
    ratio, spread = quotients(full, bare)
    known = f'{records} records' if records else 'python3-lmdb is missing: the listing only'
    yield Row('mount-ready', f'{segments * 16 >> 20} TiB, {known}', milliseconds(full),
              f'empty cache {milliseconds(bare)}', '<= 200 ms', ratio, spread, sorted(full)[len(full) // 2] <= 0.2)


WORKLOADS = {'known-listing': known_listing, 'million-rows': million_rows, 'mount-ready': mount_ready}
