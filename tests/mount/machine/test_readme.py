"""README.md's console blocks, run as they are printed, in an empty home."""
import os
import re
import shutil
import tempfile

import harness
from harness import run

README = os.path.join(os.path.dirname(__file__), '../../../README.md')


def console_blocks():
    with open(README, encoding='utf-8') as file:
        return re.findall(r'^```console\n(.*?)^```$', file.read(), re.MULTILINE | re.DOTALL)


def script_of(block):
    """A shell script: a line with '$ ' is a command, and what follows it is its input."""
    script = ['set -e']
    lines = block.splitlines()
    while lines:
        command = lines.pop(0)
        if not command.startswith('$ '):
            raise AssertionError(f'neither a command nor its input: {command}')
        told = []
        while lines and not lines[0].startswith('$ '):
            told.append(lines.pop(0))
        command, _, comment = command[2:].partition(' #')
        script += [command + (" <<'END-OF-INPUT'" if told else '') + (' #' + comment if comment else ''), *told]
        script += ['END-OF-INPUT'] if told else []
    return '\n'.join(script) + '\n'


class Readme(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.user = tempfile.mkdtemp(prefix='esofs-user-')
        self.addCleanup(shutil.rmtree, self.user, ignore_errors=True)
        # The archive that is called eso is the simulator; `imhead` may be missing on this machine.
        profiles = os.path.join(self.user, '.config/esofs/archives')
        os.makedirs(profiles)
        shutil.copy(self.sim.profile, os.path.join(profiles, 'eso.json'))
        programs = os.path.join(self.user, 'bin')
        os.mkdir(programs)
        os.symlink(harness.programs['esofs'], os.path.join(programs, 'esofs'))
        os.symlink(harness.programs['listhead'], os.path.join(programs, 'imhead'))
        self.environment = {'HOME': self.user, 'PATH': programs + ':' + os.environ['PATH'], 'LC_ALL': 'C.UTF-8'}

    def test_every_console_block_works(self):
        blocks = console_blocks()
        self.assertTrue(blocks)
        for block in blocks:
            harness.guardian.tell(f'+mount {self.user}/eso')
            done = run('bash', '-c', script_of(block), check=False, env=self.environment, cwd=self.user)
            self.assertEqual(done.returncode, 0, f'{block}\n{done.stdout}\n{done.stderr}')
            self.assertFalse(os.path.ismount(os.path.join(self.user, 'eso')))
            harness.guardian.tell(f'-mount {self.user}/eso')

    def test_the_first_block_shows_datasets_and_a_header(self):
        harness.guardian.tell(f'+mount {self.user}/eso')
        done = run('bash', '-c', script_of(console_blocks()[0]), check=False, env=self.environment, cwd=self.user)
        self.assertRegex(done.stdout, r'(?m)ADP\.2018-06-21T20:32:57\.736\.fits$')
        self.assertIn('TELESCOP', done.stdout)
        harness.guardian.tell(f'-mount {self.user}/eso')


if __name__ == '__main__':
    harness.main()
