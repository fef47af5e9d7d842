"""GAVO DaCHS, an archive server that was not written here, with a few images of its own: TAP, ObsCore, DataLink, SODA.

Everything it needs is made in a folder of its own, its PostgreSQL too, and ends with close(). Debian's packages:
python3-gavo, postgresql-15-pgsphere, postgresql-15-q3c. As root its programs run as the user postgres, because
PostgreSQL refuses root.
"""
import glob
import grp
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
CLI = 'from gavo.user import cli; cli.main()'
IMAGES = {'plain': 2, 'linked': 2}
SIDE = 200  # pixels


def missing():
    """The name of a missing package, or ''."""
    if not glob.glob('/usr/lib/postgresql/*/bin/initdb'):
        return 'postgresql'
    for extension in ('pg_sphere', 'q3c'):
        if not glob.glob(f'/usr/share/postgresql/*/extension/{extension}.control'):
            return extension
    probe = subprocess.run([sys.executable, '-c', 'import importlib.util, sys; '
                            'sys.exit(importlib.util.find_spec("gavo") is None)'], check=False)
    return 'python3-gavo' if probe.returncode else ''


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def write_image(path, index):
    """Pixel (x, y) of image i is 1000 i + x + y / 1000, so that pixels show which part of the image a cutout is."""
    import numpy
    from astropy.io import fits
    y, x = numpy.mgrid[1:SIDE + 1, 1:SIDE + 1]
    header = fits.Header()
    header['OBJECT'] = f'FIELD {index}'
    header['FILTER'] = 'V'
    header['DATE-OBS'] = f'2020-01-0{index + 1}T00:00:00'
    header.update(CTYPE1='RA---TAN', CTYPE2='DEC--TAN', CRVAL1=10.0 + 5 * index, CRVAL2=-20.0, CRPIX1=SIDE / 2 + 0.5,
                  CRPIX2=SIDE / 2 + 0.5, CDELT1=-1 / 3600, CDELT2=1 / 3600, CUNIT1='deg', CUNIT2='deg', RADESYS='ICRS',
                  EQUINOX=2000.0)
    fits.PrimaryHDU((1000 * index + x + y / 1000).astype('float32'), header).writeto(path)


class Dachs:
    """A running server with a database of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='esofs-dachs-')
        self.port, self.database_port = free_port(), free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.user = 'postgres' if os.getuid() == 0 else None
        self.processes = []
        try:
            self._make_files()
            self._start_database()
            self._start_server()
        except BaseException:
            self.close()
            raise

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def _make_files(self):
        root = self.path('root')
        settings = {'general': {'rootDir': root, 'group': self.user or grp.getgrgid(os.getgid()).gr_name, 'maintainerAddress': 'a@b.c'},
                    'web': {'serverURL': self.url, 'bindAddress': '127.0.0.1', 'serverPort': self.port, 'user': '',
                            'sitename': 'A foreign archive', 'adaptProtocol': 'False'},
                    'ivoa': {'authority': 'test.esofs'}}
        with open(self.path('gavo.rc'), 'w', encoding='utf-8') as file:
            for section, items in settings.items():
                file.write(f'[{section}]\n' + ''.join(f'{key}: {value}\n' for key, value in items.items() if value != ''))
        for index, name in enumerate(name for name, count in IMAGES.items() for _ in range(count)):
            folder = self.path('root', 'inputs', 'images', 'data', name)
            os.makedirs(folder, exist_ok=True)
            write_image(os.path.join(folder, f'field{index}.fits'), index)
        shutil.copy(os.path.join(HERE, 'images.rd'), self.path('root', 'inputs', 'images', 'q.rd'))
        if self.user:
            subprocess.run(['chown', '-R', f'{self.user}:{self.user}', self.folder], check=True)

        # The server starts a program of this name for each job.
        os.mkdir(self.path('bin'))
        with open(self.path('bin', 'dachs'), 'w', encoding='utf-8') as file:
            file.write(f'#!{sys.executable}\n{CLI}\n'.replace('; ', '\n'))
        os.chmod(self.path('bin', 'dachs'), 0o755)
        os.symlink('dachs', self.path('bin', 'gavo'))

    def _words(self, words):
        return ['setpriv', '--reuid', self.user, '--regid', self.user, '--init-groups', *words] if self.user else words

    def _environment(self):
        return {'PATH': self.path('bin') + ':' + os.environ['PATH'], 'HOME': self.folder, 'LANG': 'C.UTF-8', 'GAVOSETTINGS': self.path('gavo.rc'),
                'GAVOCUSTOM': self.path('none'), 'MPLCONFIGDIR': self.folder, 'http_proxy': '', 'no_proxy': '*'}

    def _run(self, *words):
        done = subprocess.run(self._words(words), env=self._environment(), cwd=self.folder, capture_output=True, text=True,
                              timeout=600, check=False)
        if done.returncode:
            raise AssertionError(f'{words} ended with {done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}')
        return done.stdout

    def _start(self, name, *words):
        log = open(self.path(name + '.log'), 'wb')  # pylint: disable=consider-using-with
        process = subprocess.Popen(self._words(words), env=self._environment(), cwd=self.folder, stdout=log,
                                   stderr=subprocess.STDOUT)
        log.close()
        harness.guardian.tell(f'+pid {process.pid}')
        self.processes.append(process)
        return process

    def _start_database(self):
        [programs] = glob.glob('/usr/lib/postgresql/*/bin')[-1:]
        data = self.path('pg')
        self._run(f'{programs}/initdb', '-D', data, '-A', 'trust', '-E', 'UTF8', '--locale=C', '-U', 'postgres')
        process = self._start('postgres', f'{programs}/postgres', '-D', data, '-p', str(self.database_port), '-k', self.folder,
                              '-h', '127.0.0.1', '-c', 'fsync=off')
        ready = [f'{programs}/pg_isready', '-h', '127.0.0.1', '-p', str(self.database_port)]
        harness.until(lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0 or process.poll(),
                      'the database')
        self._run(f'{programs}/createdb', '-h', '127.0.0.1', '-p', str(self.database_port), '-U', 'postgres', 'gavo')

    def dachs(self, *words):
        return self._run(sys.executable, '-c', CLI, *words)

    def _start_server(self):
        self.dachs('init', '-d', f'host=127.0.0.1 port={self.database_port} user=postgres dbname=gavo')
        self.dachs('imp', '//obscore')
        self.dachs('imp', 'images/q')
        process = self._start('dachs', sys.executable, '-c', CLI, 'serve', 'debug')
        harness.until(lambda: self._answers() or process.poll() is not None, 'the server')
        if process.poll() is not None:
            raise AssertionError('DaCHS ended: ' + self.log())

    def log(self):
        with open(self.path('dachs.log'), encoding='utf-8', errors='replace') as file:
            return file.read()[-5000:]

    def _answers(self):
        try:
            return b'<table' in self.get('/tap/tables')
        except OSError:
            return False

    def get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=harness.PATIENCE) as answer:
            return answer.read()

    def image(self, name):
        """The bytes of an image file as the server has them."""
        [path] = glob.glob(self.path('root', 'inputs', 'images', 'data', '*', name))
        return harness.read(path)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            harness.guardian.tell(f'-pid {process.pid}')
        shutil.rmtree(self.folder, ignore_errors=True)
