#!/usr/bin/python3
"""Makes stored_cache.tar.xz, a small cache directory as an earlier version of esofs left it, for test_stored_cache.

    PYTHONPATH=tests/mount make_stored_cache.py --esofs OLD/esofs --sim OLD/esofs-archive-sim

The programs are built from the commit whose formats must stay readable. The archive holds the three directories of a user, the
profile and a netrc file with which the cache was filled, and expected.json: what the old program shows without a network.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

import harness
from harness import run, until

HERE = os.path.dirname(os.path.abspath(__file__))

PORT = 17890  # part of the archive's identity; nothing has to listen there
OBS = 'ADP.2022-03-03T03:03:03.003'
IMAGE = 'ADP.2014-11-12T16:17:07.630'
PACKED = 'ESPRE.2019-11-11T04:04:20.606'
PRIVATE = 'ADP.2026-02-02T02:02:02.222'
OBSERVED = f"dp_id IN ('{OBS}', '{IMAGE}', '{PRIVATE}')"
LONG = ' OR '.join(f"target_name='no such object {number}'" for number in range(20))  # a key of more than 500 bytes
QUERIES = {
    'obs': f'SELECT * FROM ivoa.ObsCore WHERE {OBSERVED} ORDER BY dp_id',
    'raw': f"SELECT * FROM dbo.raw WHERE dp_id LIKE 'ESPRE.2019-11-11T04:%' ORDER BY dp_id",
    'cut': 'SELECT TOP 5 dp_id, access_url FROM ivoa.ObsCore ORDER BY dp_id',
    'long': f"SELECT dp_id FROM ivoa.ObsCore WHERE dp_id='{OBS}' OR {LONG}",
    'counts': 'SELECT obs_collection, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY obs_collection',
}
FILES = [f'queries/{name}/query.adql' for name in QUERIES] + [
    'queries/obs/table/result.vot', 'queries/obs/table/result.csv', 'queries/counts/table/result.vot', 'queries/counts/table/result.csv',
    f'queries/obs/{OBS}.fits', f'queries/raw/{PACKED}.fits', f'datasets/{IMAGE}/{IMAGE}.fits',
    f'datasets/{IMAGE}/links.vot', f'datasets/{IMAGE}/metadata.json', f'datasets/{PACKED}/metadata.json',
    'jobs/obs/mine/query.adql']
DIRECTORIES = [f'queries/{name}' for name in QUERIES] + ['queries', 'jobs/obs',
    f'datasets/{IMAGE}', f'datasets/{IMAGE}/progenitors', f'datasets/{PACKED}/calibrations/raw', 'browse/object', 'browse/cone']
LOGGED_IN = [f'datasets/{PRIVATE}/{PRIVATE}.fits', 'queries/mine/table/result.vot']
LOGGED_IN_DIRECTORIES = ['queries/mine']


def fill(mount, sim):
    for name, adql in QUERIES.items():
        os.listdir(mount.save(name, adql))
    os.listdir(mount / 'browse/object/NGC 253')
    os.listdir(mount / 'browse/cone/11.888_-25.288_3arcmin')
    for path in FILES:
        if not path.startswith('jobs'):
            harness.read(mount / path)
    for path in DIRECTORIES:
        if path.startswith('datasets'):
            os.listdir(mount / path)
    assert sim.delivered_name(PACKED).endswith('.fits.Z')
    readme = harness.read(mount / f'datasets/{IMAGE}/cutout/README.txt').decode()
    cutout = f'datasets/{IMAGE}/cutout/' + next(line.split()[1] for line in readme.splitlines() if line.startswith('example'))
    harness.read(mount / cutout)
    os.mkdir(mount / 'jobs/obs/mine')
    for name, text in (('query.adql', 'SELECT TOP 3 dp_id FROM ivoa.ObsCore'), ('phase', 'RUN')):
        with open(mount / f'jobs/obs/mine/{name}', 'w', encoding='utf-8') as file:
            file.write(text + '\n')
    until(lambda: harness.read(mount / 'jobs/obs/mine/phase') == b'COMPLETED\n', 'the job')
    return cutout


def age(store):
    """Makes the cache years old: an old cache must be readable without a network, too."""
    with open(store, 'r+b') as file:
        data = re.sub(rb'"checked_at":\d{10}', b'"checked_at":1500000000', file.read())
        file.seek(0)
        file.write(data)


def seen(mount, files, directories):
    """What the old program shows, and so a later one must show."""
    shown = {'directories': {}, 'files': {}}
    for path in directories:
        shown['directories'][path] = sorted(os.listdir(mount / path))
    for path in files:
        with open(mount / path, 'rb') as file:
            data = file.read()
            state = os.fstat(file.fileno())
        shown['files'][path] = {'sha256': hashlib.sha256(data).hexdigest(), 'size': state.st_size, 'inode': state.st_ino}
    return shown


def main():
    arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    harness.programs.update(esofs=os.path.abspath(arguments['--esofs']), sim=os.path.abspath(arguments['--sim']))
    harness.guardian = harness.Guardian()
    folder = tempfile.mkdtemp(prefix='esofs-stored-')
    home = harness.Home()
    home.cache, home.config, home.state = (os.path.join(folder, name) for name in ('cache', 'config', 'state'))
    sim = harness.Simulator('--port', str(PORT))
    os.rename(sim.profile, os.path.join(folder, 'sim.json'))
    netrc = os.path.join(folder, 'netrc')
    with open(netrc, 'w', encoding='utf-8') as file:
        file.write('machine 127.0.0.1 login pi password pi-password\n')
    os.chmod(netrc, 0o600)
    profile = os.path.join(folder, 'sim.json')
    login = (f'credentials={netrc}', 'authorised_tap')
    mount = harness.Mount(profile, home)
    cutout = fill(mount, sim)
    mount.unmount()
    mount = harness.Mount(profile, home, *login)
    os.listdir(mount.save('mine', f"SELECT * FROM ivoa.ObsCore WHERE dp_id='{PRIVATE}'"))
    for path in LOGGED_IN:
        harness.read(mount / path)
    mount.unmount()
    sim.close()
    expected = {}
    for name, options, what in (('nobody', (), (FILES + [cutout], DIRECTORIES)),
                                ('pi', login, (LOGGED_IN, LOGGED_IN_DIRECTORIES))):
        mount = harness.Mount(profile, home, 'offline', *options)
        expected[name] = seen(mount, *what)
        mount.unmount()
    with open(os.path.join(folder, 'expected.json'), 'w', encoding='utf-8') as file:
        json.dump(expected, file, indent=1, sort_keys=True)
    age(os.path.join(home.cache, 'meta/data.mdb'))
    for name in ('meta/lock.mdb', 'meta.lock'):
        os.unlink(os.path.join(home.cache, name))
    for name in os.listdir(home.state):
        subprocess.run(['rm', '-rf', os.path.join(home.state, name)], check=True)
    target = os.path.join(HERE, 'stored_cache.tar.xz')
    os.unlink(netrc)
    run('tar', '--sparse', '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-C', folder, '-cJf', target, '.',
        env={**os.environ, 'XZ_OPT': '-9e'})
    print(target, os.path.getsize(target), folder)


if __name__ == '__main__':
    main()
