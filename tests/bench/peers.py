"""The programs that esofs is compared with."""
import contextlib
import os
import shutil
import subprocess
import tempfile

import harness
from harness import run

PASSTHROUGH = '/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c'


def curl(url, start, size, into='/dev/null'):
    run('curl', '-sS', '-o', into, '-r', f'{start}-{start + size - 1}', url)


@contextlib.contextmanager
def mounted(make_words):
    """Runs a FUSE program in the foreground and yields its mountpoint. Its command line is make_words(place, mountpoint)."""
    place = tempfile.mkdtemp(prefix='esofs-bench-')
    mount = os.path.join(place, 'mount')
    os.mkdir(mount)
    harness.guardian.tell(f'+mount {mount}')
    with open(os.path.join(place, 'log'), 'wb') as log:
        process = subprocess.Popen([str(word) for word in make_words(place, mount)], stdout=log, stderr=log)
    harness.guardian.tell(f'+pid {process.pid}')
    try:
        harness.until(lambda: os.path.ismount(mount) or process.poll() is not None, 'a peer')
        if process.poll() is not None:
            raise AssertionError(f'{process.args[0]} ended with {process.returncode}')
        yield mount
    finally:
        run('fusermount3', '-u', '-z', mount, check=False)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        harness.guardian.tell(f'-mount {mount}')
        harness.guardian.tell(f'-pid {process.pid}')
        shutil.rmtree(place, ignore_errors=True)


def httpdirfs(url):
    """With its cache: without one it sends a request for each READ."""
    def words(place, mount):
        cache = os.path.join(place, 'cache')
        os.mkdir(cache)
        return 'httpdirfs', '-f', '--cache', '--cache-location', cache, url, mount
    return mounted(words)


def rclone(url):
    return mounted(lambda place, mount: ('rclone', 'mount', '--config', os.path.join(place, 'none.conf'),
                                         '--cache-dir', os.path.join(place, 'cache'),
                                         '--vfs-cache-mode', 'off', '--http-url', url, ':http:', mount))


def passthrough(folder):
    """libfuse's own example, showing `folder`."""
    def words(place, mount):
        program = os.path.join(place, 'passthrough_ll')
        flags = run('pkg-config', '--cflags', '--libs', 'fuse3').stdout.split()
        run('gcc', '-O2', '-w', PASSTHROUGH, '-o', program, *flags)
        return program, '-f', '-o', f'source={folder},cache=always', mount
    return mounted(words)


def missing():
    """The reasons why peers cannot run here, by the name of the peer."""
    why = {name: f'{name} is not installed (scripts/setup --bench)'
           for name in ('httpdirfs', 'rclone') if shutil.which(name) is None}
    if not os.path.exists(PASSTHROUGH):
        why['passthrough_ll'] = 'libfuse3-dev is here without its examples'
    return why
