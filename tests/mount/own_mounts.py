"""A mount namespace of a script's own: nobody else sees what it mounts over files of this machine. Needs root."""
import os
import shutil
import stat
import subprocess
import sys

from harness import run

SKIPPED = 77
INSIDE = '--inside'


def program_arguments():
    """The indices of the programs' paths in sys.argv."""
    return [sys.argv.index(f'--{name}') + 1 for name in ('esofs', 'sim', 'listhead')]


def enter_namespace(script):
    """Restarts the script in a mount namespace of its own, and returns there. Skips if that fails, but fails with CI=true."""
    if INSIDE in sys.argv:
        sys.argv.remove(INSIDE)
        return
    unshare = shutil.which('unshare')
    if not unshare or subprocess.run([unshare, '--mount', 'true'], stderr=subprocess.DEVNULL, check=False).returncode:
        print('no mount namespace to be had')
        sys.exit(1 if os.environ.get('CI') == 'true' else SKIPPED)
    os.execv(unshare, [unshare, '--mount', '--propagation', 'private', sys.executable, script, *sys.argv[1:], INSIDE])


def bind_programs(folder):
    """Opens /dev/fuse to everybody, and shows the programs in a folder that every user can reach, as a home may be closed."""
    run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'esofs-test', folder)
    fuse = os.path.join(folder, 'fuse')
    os.mknod(fuse, stat.S_IFCHR, os.stat('/dev/fuse').st_rdev)
    os.chmod(fuse, 0o666)
    run('mount', '--bind', fuse, '/dev/fuse')
    for at in program_arguments():
        shown = os.path.join(folder, os.path.basename(sys.argv[at]))
        with open(shown, 'x', encoding='utf-8'):
            pass
        run('mount', '--bind', os.path.abspath(sys.argv[at]), shown)
        sys.argv[at] = shown
