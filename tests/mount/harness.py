"""Real mounts against the archive simulator, for the scripts of the folders below.

Every script takes --esofs, --sim and --listhead (the built programs) and then unittest's own arguments. Whatever a script starts
or mounts is ended by a guardian process when the script ends, however it ends.
"""
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

# Seconds until a stuck test fails. No assertion depends on this time.
PATIENCE = 120

programs = {}

GUARDIAN = r"""
import os, signal, subprocess, sys
pids, mounts = set(), set()
for line in sys.stdin:
    verb, _, what = line.rstrip('\n').partition(' ')
    {'+pid': lambda: pids.add(int(what)), '-pid': lambda: pids.discard(int(what)),
     '+mount': lambda: mounts.add(what), '-mount': lambda: mounts.discard(what)}[verb]()
for mount in mounts:
    subprocess.run(['fusermount3', '-u', '-z', mount], stderr=subprocess.DEVNULL)
for pid in pids:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


class Guardian:
    """A process that outlives the script, and ends what the script has left."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, '-c', GUARDIAN], stdin=subprocess.PIPE, text=True,
                                        start_new_session=True)

    def tell(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()


guardian = None


def until(condition, what='the condition'):
    """Waits for a condition that must come true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f'{what} did not come true')
        time.sleep(0.01)


def ended(pid):
    """True if there is no such process, or only its exit status is left."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rpartition(')')[2].split()[0] == 'Z'
    except (FileNotFoundError, ProcessLookupError):  # the latter if it ends between open and read
        return True


def run(*words, check=True, **keywords):
    """Runs a program to its end, with its output as text by default."""
    keywords.setdefault('text', True)
    keywords.setdefault('timeout', PATIENCE)
    done = subprocess.run([str(word) for word in words], capture_output=True, **keywords)
    if check and done.returncode != 0:
        raise AssertionError(f'{words} ended with {done.returncode}: {done.stderr or done.stdout}')
    return done


class Simulator:
    """esofs-archive-sim with its knobs."""

    def __init__(self, *arguments):
        self.folder = tempfile.mkdtemp(prefix='esofs-sim-')
        self.profile = os.path.join(self.folder, 'sim.json')
        ready = os.path.join(self.folder, 'ready')
        self.process = subprocess.Popen([programs['sim'], '--profile', self.profile, '--ready-file', ready, *arguments],
                                        stdout=subprocess.DEVNULL)
        guardian.tell(f'+pid {self.process.pid}')
        until(lambda: os.path.exists(ready) and os.path.getsize(ready) > 0 or self.process.poll() is not None,
              'the simulator')
        with open(ready, encoding='utf-8') as file:
            self.url = file.read().strip()

    def get(self, path, data=None):
        with urllib.request.urlopen(self.url + path, data=data, timeout=PATIENCE) as answer:
            return answer.read()

    def fault(self, **knobs):
        self.get('/_sim/fault', json.dumps(knobs).encode())

    def tap(self, **knobs):
        self.get('/_sim/tap', json.dumps(knobs).encode())

    def access(self, **knobs):
        """Users, rights, tokens and their clock."""
        self.get('/_sim/access', json.dumps(knobs).encode())

    def other(self):
        """The other host: its URL, and the requests that it has received."""
        return json.loads(self.get('/_sim/other'))

    def clear(self):
        self.get('/_sim/clear', b'')

    def release(self):
        self.get('/_sim/release', b'')

    def requests(self, containing=''):
        """The requests since reset(), oldest first, whose target holds the text."""
        return [request for request in json.loads(self.get('/_sim/requests')) if containing in request['target']]

    def reset(self):
        self.get('/_sim/reset', b'')

    def query(self, adql):
        """Rows as dictionaries, by the simulator's own TAP."""
        form = urllib.parse.urlencode({'REQUEST': 'doQuery', 'LANG': 'ADQL', 'FORMAT': 'json', 'QUERY': adql})
        answer = json.loads(self.get('/tap_obs/sync', form.encode()))
        names = [column['name'] for column in answer['metadata']]
        return [dict(zip(names, row)) for row in answer['data']]

    def delivered_name(self, dp_id):
        """What Content-Disposition calls a file."""
        request = urllib.request.Request(self.url + '/dataPortal/file/' + dp_id, method='HEAD')
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.headers['Content-Disposition'].split('filename=')[1].strip('"; ')

    def delivered_as(self, suffix, table='dbo.raw'):
        """The ids of datasets whose file is delivered with this suffix."""
        released = f"SELECT dp_id FROM {table} WHERE release_date < '2026-01-01'"
        ids = sorted({row['dp_id'] for row in self.query(released)})
        return [dp_id for dp_id in ids if self.delivered_name(dp_id) == dp_id + suffix]

    def file(self, dp_id):
        """The file as it is delivered."""
        return self.get('/dataPortal/file/' + dp_id)

    def part(self, dp_id, offset, size):
        """Some bytes of the file as it is delivered."""
        request = urllib.request.Request(self.url + '/dataPortal/file/' + dp_id,
                                         headers={'Range': f'bytes={offset}-{offset + size - 1}'})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read()

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        guardian.tell(f'-pid {self.process.pid}')
        shutil.rmtree(self.folder, ignore_errors=True)


class Home:
    """The directories of one user of esofs; several mounts may share them, one after the other or at once."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix='esofs-home-')
        self.cache, self.config, self.state = (os.path.join(self.path, name) for name in ('cache', 'config', 'state'))

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Mount:
    """A mount in the background, as `esofs mount` leaves it."""

    def __init__(self, archive, home, *options):
        self.home = home
        self.path = tempfile.mkdtemp(prefix='esofs-mount-')
        self.archive = archive
        guardian.tell(f'+mount {self.path}')
        words = ['-o', f'cache_dir={home.cache},config_dir={home.config},state_dir={home.state}']
        for option in options:
            words += ['-o', option]
        self.result = run(programs['esofs'], 'mount', archive, self.path, *words, check=False)
        if self.result.returncode != 0:
            raise AssertionError(f'mount failed: {self.result.stderr}')
        self.pid = self.status()['pid']
        guardian.tell(f'+pid {self.pid}')

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def status(self):
        with open(self / '.esofs/status.json', encoding='utf-8') as file:
            return json.load(file)

    def errors(self):
        with open(self / '.esofs/errors', encoding='utf-8') as file:
            return file.read()

    def private_memory(self):
        """Of its daemon, in kB: what no file stands behind."""
        with open(f'/proc/{self.pid}/status', encoding='utf-8') as file:
            return next(int(line.split()[1]) for line in file if line.startswith('RssAnon'))

    def settle(self):
        """Waits until it asks for nothing more, such as the last bytes of a file that was opened."""
        until(lambda: all(self.status()[lane]['running'] + self.status()[lane]['queued'] == 0
                          for lane in ('transfers', 'queries')), 'quiet lanes')

    def save(self, name, adql):
        """Saves a query as a user would."""
        os.makedirs(self / f'queries/{name}', exist_ok=True)
        with open(self / f'queries/{name}/query.adql', 'w', encoding='utf-8') as file:
            file.write(adql + '\n')
        return self / f'queries/{name}'

    def unmount(self):
        done = run(programs['esofs'], 'unmount', self.path, check=False)
        if done.returncode != 0:
            raise AssertionError(f'unmount failed: {done.stderr}')
        self._forget()

    def kill(self):
        """kill -9 of the daemon; the dead mount is left for the next one to clear."""
        os.kill(self.pid, signal.SIGKILL)
        until(lambda: ended(self.pid), 'the end of the daemon')

    def remount(self, *options):
        """Mounts again with the same home, after this mount has ended or died."""
        run('fusermount3', '-u', '-z', self.path, check=False)
        self._forget()
        return Mount(self.archive, self.home, *options)

    def _forget(self):
        guardian.tell(f'-mount {self.path}')
        guardian.tell(f'-pid {self.pid}')
        with contextlib.suppress(OSError):
            os.rmdir(self.path)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def drop_caches(path):
    """Empties the page cache of one file, so that the next read reaches the daemon."""
    with open(path, 'rb') as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class MountTest(unittest.TestCase):
    """A simulator for the class, a home and a mount for each test."""
    simulator_arguments = ()
    mount_options = ()
    simulator = None

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator(*cls.simulator_arguments)
        cls.addClassCleanup(cls.simulator.close)

    def setUp(self):
        self.sim = self.simulator
        self.sim.clear()
        self.sim.reset()
        self.home = Home()
        self.addCleanup(self.home.close)
        self.mount = None
        self.mount = self.mounted()

    def mounted(self, *options, archive=None):
        """A mount that ends with the test."""
        mount = Mount(archive or self.sim.profile, self.home, *self.mount_options, *options)
        self.addCleanup(self._end, mount)
        return mount

    def _end(self, mount):
        self.sim.clear()
        if os.path.ismount(mount.path):
            mount.unmount()
        else:
            run('fusermount3', '-u', '-z', mount.path, check=False)
            mount._forget()

    def assert_errno(self, expected, operation, *arguments):
        with self.assertRaises(OSError) as caught:
            operation(*arguments)
        self.assertEqual(os.strerror(caught.exception.errno), os.strerror(expected))


def main():
    """Runs the tests of the calling script: status 77 (skipped) without /dev/fuse, unless CI=true."""
    global guardian
    arguments = sys.argv[1:]
    for name in ('esofs', 'sim', 'listhead'):
        at = arguments.index(f'--{name}')
        programs[name] = os.path.abspath(arguments[at + 1])
        del arguments[at:at + 2]
    if not os.path.exists('/dev/fuse'):
        if os.environ.get('CI') == 'true':
            sys.exit('/dev/fuse is needed and is not there')
        print('skipped: no /dev/fuse')
        sys.exit(77)
    for name in ('DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'):  # no test uses the user's desktop
        os.environ.pop(name, None)
    guardian = Guardian()
    unittest.main(module='__main__', argv=[sys.argv[0], *arguments], verbosity=2)
