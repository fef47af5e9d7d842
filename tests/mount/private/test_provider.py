"""A login at an OpenID provider that was not written here."""
import base64
import errno
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.request

import harness
from harness import read, run, until
from private_test import SECRETS, PrivateTest


@unittest.skipUnless(shutil.which('glewlwyd') and shutil.which('sqlite3'), 'glewlwyd, an OpenID provider, is not installed')
class RealProvider(PrivateTest):
    """Tokens from an OpenID provider that is not ours (Debian's glewlwyd): RFC 6749 section 4.3."""
    KEY = 'a key of this test alone, 32 bytes'
    SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'

    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix='esofs-glewlwyd-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}/api'
        self.cookie = None
        self.start()
        self.call('/auth/', {'username': 'admin', 'password': 'password'})
        self.call('/mod/plugin/', {'module': 'oidc', 'name': 'oidc', 'display_name': 'oidc', 'parameters': {
            'iss': self.url, 'jwt-type': 'sha', 'jwt-key-size': '256', 'key': self.KEY,
            'access-token-duration': 3600, 'refresh-token-duration': 7200, 'code-duration': 600,
            'refresh-token-rolling': True, 'allow-non-oidc': True, 'auth-type-code-enabled': True,
            'auth-type-token-enabled': True, 'auth-type-id-token-enabled': True, 'auth-type-none-enabled': True,
            'auth-type-password-enabled': True, 'auth-type-client-enabled': False,
            'auth-type-refresh-enabled': True, 'scope': []}})
        self.call('/user/', {'username': 'pi', 'password': SECRETS['pi'], 'name': 'PI',
                             'scope': ['g_profile', 'openid'], 'enabled': True})
        self.profile = os.path.join(self.home.path, 'provider.json')
        with open(self.profile, 'w', encoding='utf-8') as file:
            json.dump({'extends': 'eso', 'name': 'provider', 'base_url': self.sim.url,
                       'token_url': self.url + '/oidc/token', 'token_method': 'post', 'token_client_id': '',
                       'token_scope': 'openid'}, file)

    def start(self):
        database = os.path.join(self.folder, 'db')
        with open(self.SCHEMA, encoding='utf-8') as schema:
            run('sqlite3', database, stdin=schema)
        config = os.path.join(self.folder, 'conf')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(f'port={self.port}\nbind_address="127.0.0.1"\nexternal_url="http://127.0.0.1:{self.port}/"\n'
                       f'login_url="login.html"\nlog_mode="file"\nlog_level="INFO"\nlog_file="{self.folder}/log"\n'
                       f'static_files_path="{self.folder}"\nstatic_files_mime_types=()\ncookie_domain=""\n'
                       'cookie_secure=false\nuser_module_path="/usr/lib/glewlwyd/user"\n'
                       'client_module_path="/usr/lib/glewlwyd/client"\n'
                       'user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"\n'
                       'plugin_module_path="/usr/lib/glewlwyd/plugin"\n'
                       f'database = {{ type = "sqlite3"; path = "{database}"; }};\n')
        process = subprocess.Popen(['glewlwyd', '-c', config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        harness.guardian.tell(f'+pid {process.pid}')
        self.addCleanup(harness.guardian.tell, f'-pid {process.pid}')
        self.addCleanup(process.wait, harness.PATIENCE)
        self.addCleanup(process.terminate)
        until(self.answers, 'the provider')

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0

    def call(self, path, document):
        request = urllib.request.Request(self.url + path, json.dumps(document).encode(),
                                         {'Content-Type': 'application/json', 'Cookie': self.cookie or ''})
        with urllib.request.urlopen(request, timeout=harness.PATIENCE) as answer:
            self.cookie = (answer.headers['Set-Cookie'] or self.cookie).split(';')[0]

    def test_tokens_of_a_real_provider_are_kept_and_sent(self):
        words = (harness.programs['esofs'], 'login', self.profile, '--user', 'pi', '-o', self.directories())
        wrong = run(*words, input='wrong\n', check=False)
        self.assertIn('does not accept the name or the password of pi', wrong.stderr)
        self.assertIn('pi is logged in', run(*words, input=SECRETS['pi'] + '\n').stdout)
        with open(self.session(), encoding='utf-8') as file:
            session = json.load(file)
        claims = json.loads(base64.urlsafe_b64decode(session['token'].split('.')[1] + '=='))
        self.assertEqual(session['expires'], claims['exp'])
        self.assertEqual(claims['iss'], self.url)
        signed, _, signature = session['token'].rpartition('.')
        made = hmac.new(self.KEY.encode(), signed.encode(), hashlib.sha256).digest()
        self.assertEqual(base64.urlsafe_b64encode(made).decode().rstrip('='), signature)  # an id_token of the provider
        self.mount.unmount()
        self.mount = self.mounted(archive=self.profile)
        self.assertEqual(self.login_state()['user'], 'pi')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertEqual(self.sent('/datalink')[0], 'Bearer ' + session['token'])
        self.assertEqual(self.login_state()['state'], 'expired')  # the simulator does not know the provider


if __name__ == '__main__':
    harness.main()
