"""Tests of private data: the users of the simulated archive, their passwords, and a mount that they log in to."""
import base64
import os
import urllib.request

import harness
from harness import read, run, until

PRIVATE = 'ADP.2026-02-02T02:02:02.222'  # of the user pi; released in 2100
SECRETS = {'pi': 'pi-password', 'coi': 'coi-password', 'visitor': 'visitor-password'}
NOBODY = 65534


def basic(user):
    return 'Basic ' + base64.b64encode(f'{user}:{SECRETS[user]}'.encode()).decode()


class PrivateTest(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.sim.access(clock=0, token_life=28800, challenge=True, login_pages=False, hidden=[])
        self.addCleanup(self.sim.access, clock=0, token_life=28800, challenge=True, login_pages=False, hidden=[])
        self.told = []  # what the programs wrote

    def directories(self):
        return f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}'

    def login(self, user, password=None, check=True):
        done = run(harness.programs['esofs'], 'login', self.sim.profile, '--user', user, '-o', self.directories(),
                   input=(password or SECRETS.get(user, '')) + '\n', check=check)
        self.told.append(done.stdout + done.stderr)
        return done

    def logout(self):
        return run(harness.programs['esofs'], 'logout', self.sim.profile, '-o', self.directories())

    def session(self):
        folder = os.path.join(self.home.state, 'sessions')
        kept = [name for name in os.listdir(folder) if not name.startswith('.')]  # not one that is being written
        return os.path.join(folder, kept[0])

    def path(self, dp_id=PRIVATE, mount=None):
        return (mount or self.mount) / f'datasets/{dp_id}/{dp_id}.fits'

    def pi_bytes(self, dp_id=PRIVATE):
        request = urllib.request.Request(self.sim.url + '/dataPortal/file/' + dp_id,
                                         headers={'Authorization': basic('pi')})
        with urllib.request.urlopen(request, timeout=harness.PATIENCE) as answer:
            return answer.read()

    def login_state(self, mount=None):
        return (mount or self.mount).status()['login']

    def until_state(self, state, mount=None):
        until(lambda: self.login_state(mount)['state'] == state, f'the login state {state}')

    def netrc(self, user='pi', mode=0o600):
        path = os.path.join(self.home.path, 'netrc')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(f'machine 127.0.0.1 login {user} password {SECRETS[user]}\n')
        os.chmod(path, mode)
        return path

    def sent(self, containing=''):
        return [request['authorization'] for request in self.sim.requests(containing)]

    def remounted(self, *options):
        """Mounts again, with more options."""
        self.mount.unmount()
        self.mount = self.mounted(*options)
        return self.mount

    def files(self, *folders):
        for folder in folders:
            for root, _, names in os.walk(folder):
                for name in names:
                    yield os.path.join(root, name)

    def assert_nowhere(self, secrets):
        """None of the secrets is in any place that a user, an administrator or another program sees."""
        places = {}
        for path in self.files(self.home.cache, self.home.config, self.home.state):
            if '/sessions/' not in path:
                places[path] = read(path)
        for name in os.listdir(self.mount / '.esofs'):
            places['.esofs/' + name] = read(self.mount / f'.esofs/{name}')
        for name in ('url', 'error', 'version', 'size_state'):
            try:
                places['user.esofs.' + name] = os.getxattr(self.path(), 'user.esofs.' + name)
            except OSError:
                pass
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                places[f'/proc/{pid}/cmdline'] = read(f'/proc/{pid}/cmdline')
            except OSError:
                pass
        for index, text in enumerate(self.told):
            places[f'output {index}'] = text.encode()
        self.assertGreater(len(places), 10)
        for place, content in places.items():
            for secret in secrets:
                self.assertFalse(secret.encode() in content, f'{secret} in {place}')
