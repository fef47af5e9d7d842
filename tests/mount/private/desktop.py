"""A desktop of the test's own: a session bus, and GNOME Keyring."""
import os
import signal
import subprocess

import harness
from harness import run, until

NEEDED = ('dbus-daemon', 'gnome-keyring-daemon', 'secret-tool')
KEYRING_PASSWORD = 'the password of the keyring'

# Like a desktop's session bus, except that it starts no service by itself.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
"""


class Desktop:
    """A session bus, and a keyring that can be ended and started again."""

    def __init__(self, folder):
        self.folder = folder
        self.keyring = None
        runtime = os.path.join(folder, 'runtime')
        os.makedirs(runtime, mode=0o700)
        bus = os.path.join(runtime, 'bus')
        config = os.path.join(folder, 'bus.conf')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(BUS % bus)
        self.environment = dict(os.environ, HOME=folder, XDG_RUNTIME_DIR=runtime,
                                XDG_DATA_HOME=os.path.join(folder, 'data'))
        self.environment.pop('DBUS_SESSION_BUS_ADDRESS', None)
        self.bus = self.start('dbus-daemon', '--nofork', '--config-file=' + config)
        until(lambda: self.run_client('ListNames').returncode == 0, 'the session bus')

    def start(self, *words, told=b''):
        process = subprocess.Popen(words, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        harness.guardian.tell(f'+pid {process.pid}')
        process.stdin.write(told)
        process.stdin.close()
        return process

    def stop(self, process):
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(harness.PATIENCE)
        harness.guardian.tell(f'-pid {process.pid}')

    def start_keyring(self, unlocked=True):
        words = ['gnome-keyring-daemon', '--foreground', '--components=secrets']
        self.keyring = self.start(*words, *(['--unlock'] if unlocked else []),
                                  told=KEYRING_PASSWORD.encode() if unlocked else b'')
        until(lambda: self.ask('NameHasOwner', 'string:org.freedesktop.secrets').endswith('true'), 'the keyring')

    def run_client(self, method, *arguments):
        return run('dbus-send', '--session', '--print-reply', '--dest=org.freedesktop.DBus', '/',
                   'org.freedesktop.DBus.' + method, *arguments, env=self.environment, check=False)

    def ask(self, method, argument):
        done = self.run_client(method, argument)
        if done.returncode != 0:
            raise AssertionError(f'{method} {argument}: {done.stderr}')
        return done.stdout.strip()

    def stop_keyring(self):
        self.stop(self.keyring)
        self.keyring = None

    def lock(self):
        run('dbus-send', '--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets',
            'org.freedesktop.Secret.Service.Lock', 'array:objpath:/org/freedesktop/secrets/collection/login',
            env=self.environment)

    def items(self):
        done = run('secret-tool', 'search', '--all', 'xdg:schema', 'org.esofs.Session', env=self.environment, check=False)
        return [line[len('secret = '):] for line in (done.stdout + done.stderr).splitlines() if line.startswith('secret = ')]

    def close(self):
        if self.keyring:
            self.stop_keyring()
        self.stop(self.bus)
