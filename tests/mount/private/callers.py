"""Tests of mounts with -o identity=caller: three users of this machine with homes of their own.

Such a mount needs root, so these scripts are skipped for other users. The three users exist only in a mount namespace of the
script's own, which has its own /etc/passwd.
"""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import harness
from harness import run, sha, until
from own_mounts import SKIPPED, bind_programs, enter_namespace
from private_test import SECRETS, PrivateTest, basic

# pi and coi are accounts of the archive; anna, bert and carl are users of this machine.
USERS = {'root': 0, 'anna': 61001, 'bert': 61002, 'carl': 61003}
PI, COI = 'ADP.2026-02-02T02:02:02.222', 'ADP.2026-02-02T02:02:02.242'
homes = None

# Reads a file by read and by a shared mapping, prints its sizes, and keeps it open and mapped until its input ends.
READER = r'''
import hashlib, mmap, os, sys
file = open(sys.argv[1], 'rb')
sizes = [os.fstat(file.fileno()).st_size, os.lseek(file.fileno(), 0, os.SEEK_END)]
os.lseek(file.fileno(), 0, os.SEEK_SET)
data = file.read()
mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
print(*sizes, len(data), mapped[:] == data, hashlib.sha256(data).hexdigest(), flush=True)
sys.stdin.read()
print(mapped[:] == data)
'''


def home_of(name):
    return os.path.join(homes, name)


class CallerTest(PrivateTest):
    mount_options = ('identity=caller', 'allow_other', 'log_level=trace')

    def setUp(self):
        for name, uid in USERS.items():
            shutil.rmtree(home_of(name), ignore_errors=True)
            os.mkdir(home_of(name), 0o755)
            os.chown(home_of(name), uid, uid)
        super().setUp()
        os.chmod(self.sim.folder, 0o755)
        os.chmod(self.sim.profile, 0o644)
        self.rights(pi=[PI], coi=[COI])

    def rights(self, **rights):
        self.sim.access(users=[{'name': name, 'password': SECRETS[name], 'rights': rights.get(name, [])}
                               for name in SECRETS])

    def act(self, user, *words, **keywords):
        """Runs a program as a user of this machine."""
        return run(*words, check=False, user=USERS[user], group=USERS[user], extra_groups=[], cwd='/',
                   env={**os.environ, 'HOME': home_of(user)}, **keywords)

    def login_as(self, user, account):
        done = self.act(user, harness.programs['esofs'], 'login', self.sim.profile, '--user', account,
                        input=SECRETS[account] + '\n')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.told.append(done.stdout + done.stderr)

    def logout_as(self, user):
        self.assertIn('logged out', self.act(user, harness.programs['esofs'], 'logout', self.sim.profile).stdout)

    def session_of(self, user):
        folder = os.path.join(home_of(user), '.local/state/esofs/sessions')
        return os.path.join(folder, os.listdir(folder)[0])

    def cat(self, user, path):
        """The bytes that a user reads, or the error message."""
        done = self.act(user, 'cat', path, text=False)
        return done.stdout if done.returncode == 0 else done.stderr.decode(errors='replace').rpartition(': ')[2].strip()

    def assert_denied(self, user, path):
        self.assertEqual(self.cat(user, path), 'Permission denied', (user, path))

    def until_denied(self, user, path):
        until(lambda: self.cat(user, path) == 'Permission denied', f'the refusal to {user}')

    def account_bytes(self, account, dp_id):
        request = urllib.request.Request(self.sim.url + '/dataPortal/file/' + dp_id,
                                                      headers={'Authorization': basic(account)})
        with urllib.request.urlopen(request, timeout=harness.PATIENCE) as answer:
            return answer.read()

    @contextlib.contextmanager
    def holding(self, user, path):
        """Runs a program of the user that has read the file and keeps it open and mapped."""
        reader = subprocess.Popen(['/usr/bin/python3', '-c', READER, path], user=USERS[user], group=USERS[user],
                                  extra_groups=[], cwd='/', stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        reader.said = reader.stdout.readline().strip()
        try:
            yield reader
        finally:
            told, _ = reader.communicate(timeout=harness.PATIENCE)
        self.assertEqual(told.strip(), 'True')

    @staticmethod
    def as_read(data):
        """What the program of holding() prints if the file has these bytes."""
        return f'{len(data)} {len(data)} {len(data)} True {sha(data)}'

    def both_logged_in(self):
        self.login_as('anna', 'pi')
        self.login_as('bert', 'coi')

    def public(self):
        rows = self.sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE target_name='M83' AND access_estsize < 1000")
        return min(row['dp_id'] for row in rows)


def main(script):
    global homes
    if os.geteuid() != 0:
        print('skipped: needs root')
        sys.exit(SKIPPED)
    if not os.path.exists('/dev/fuse'):
        harness.main()  # prints why it is skipped
    enter_namespace(script)
    folder = tempfile.mkdtemp(prefix='esofs-identity-', dir='/tmp')
    bind_programs(folder)
    homes = os.path.join(folder, 'home')
    os.mkdir(homes)
    for file, lines in (('passwd', [f'{name}:x:{uid}:{uid}::{home_of(name)}:/bin/sh' for name, uid in USERS.items()]),
                        ('group', [f'{name}:x:{uid}:' for name, uid in USERS.items()])):
        own = os.path.join(folder, file)
        with open(own, 'w', encoding='utf-8') as text:
            text.write('\n'.join(lines) + '\nnobody:x:65534:65534::/nonexistent:/bin/sh\n')
        run('mount', '--bind', own, '/etc/' + file)
    os.chdir('/')
    child = os.fork()
    if child == 0:
        harness.main()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    run('umount', '-l', folder)
    os.rmdir(folder)
    sys.exit(status)
