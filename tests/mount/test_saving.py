"""Saving queries: every way that people and editors write a file (fs/SEMANTICS.md, "queries/")."""
import errno
import os
import shutil
import subprocess
import time

import harness
from harness import read, run

ONE = "SELECT TOP 1 * FROM ivoa.ObsCore"
TWO = "SELECT TOP 2 * FROM ivoa.ObsCore"


class Saving(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.folder = self.mount / 'queries/q'
        os.mkdir(self.folder)
        self.query = os.path.join(self.folder, 'query.adql')
        self.kept = os.path.join(self.home.config, 'queries/q.adql')

    def assert_saved(self, text):
        """Checks that the text was kept before close(2) returned, and is what the file and the directory show."""
        self.assertEqual(read(self.kept).decode().strip(), text)
        self.assertEqual(read(self.query).decode().strip(), text)
        wanted = int(text.split('TOP ')[1].split()[0])
        self.assertEqual(len([n for n in os.listdir(self.folder) if n.endswith('.fits')]), wanted)

    def shell(self, command):
        done = subprocess.run(command, shell=True, cwd=self.folder, capture_output=True, text=True, timeout=harness.PATIENCE,
                              env={**os.environ, 'TERM': 'xterm', 'HOME': self.home.path})
        self.assertEqual((done.returncode, done.stderr), (0, ''), command)
        return done.stdout

    def test_redirection(self):
        self.shell(f'echo "{ONE}" > query.adql')
        self.assert_saved(ONE)
        self.shell(f'echo "{TWO}" > query.adql')
        self.assert_saved(TWO)

    def test_appending(self):
        self.shell('echo "SELECT TOP 1 *" > query.adql; echo "FROM ivoa.ObsCore" >> query.adql')
        self.assertEqual(read(self.query), b'SELECT TOP 1 *\nFROM ivoa.ObsCore\n')

    def test_tee(self):
        self.shell(f'echo "{ONE}" | tee query.adql >/dev/null')
        self.assert_saved(ONE)

    def test_cp_over_it(self):
        source = os.path.join(self.home.path, 'mine.adql')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(ONE + '\n')
        self.shell(f'cp {source} query.adql')
        self.assert_saved(ONE)
        self.shell(f'cp -a {source} query.adql')
        self.assert_saved(ONE)

    def test_mv_over_it(self):
        source = os.path.join(self.home.path, 'mine.adql')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(TWO + '\n')
        self.shell(f'mv {source} query.adql')
        self.assert_saved(TWO)

    def test_sed_i(self):
        self.shell(f'echo "{ONE}" > query.adql')
        self.shell("sed -i 's/TOP 1/TOP 2/' query.adql")
        self.assert_saved(TWO)

    def test_vim(self):
        vim = shutil.which('vim') or shutil.which('vim.tiny')
        for setup in ('set backup', 'set nobackup nowritebackup', 'set backupcopy=no', 'set backupcopy=yes'):
            self.shell(f'echo "{ONE}" > query.adql')
            self.shell(f"{vim} -es -u NONE -c '{setup}' -c '%s/TOP 1/TOP 2/' -c 'wq' query.adql")
            self.assert_saved(TWO)

    def test_emacs(self):
        self.shell(f'echo "{ONE}" > query.adql')
        done = run('emacs', '-Q', '--batch', 'query.adql', '--eval',
                   '(progn (goto-char (point-min)) (search-forward "TOP 1") (replace-match "TOP 2") (save-buffer))',
                   cwd=self.folder, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_saved(TWO)

    def test_nano(self):
        """nano needs a terminal, which tmux provides."""
        self.shell(f'echo "{ONE}" > query.adql')
        socket = os.path.join(self.home.path, 'tmux')
        tmux = ['tmux', '-S', socket, '-f', '/dev/null']
        run(*tmux, 'new-session', '-d', '-s', 'n', '-x', '80', '-y', '24', f'cd {self.folder} && nano -I query.adql')
        self.addCleanup(run, *tmux, 'kill-server', check=False)
        harness.until(lambda: 'TOP 1' in run(*tmux, 'capture-pane', '-p', '-t', 'n', check=False).stdout, 'nano')
        run(*tmux, 'send-keys', '-t', 'n', 'C-k', TWO, 'Enter', 'C-o')
        harness.until(lambda: 'Write' in run(*tmux, 'capture-pane', '-p', '-t', 'n', check=False).stdout, 'the prompt')
        run(*tmux, 'send-keys', '-t', 'n', 'Enter')
        harness.until(lambda: b'TOP 2' in read(self.kept), 'the save')
        run(*tmux, 'send-keys', '-t', 'n', 'C-x')
        harness.until(lambda: run(*tmux, 'has-session', '-t', 'n', check=False).returncode != 0, 'the end of nano')
        self.assert_saved(TWO)

    def test_a_program_that_writes_a_new_file_and_renames_it(self):
        with open(self.query + '.tmp', 'w', encoding='utf-8') as file:
            file.write(ONE + '\n')
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.query + '.tmp', self.query)
        self.assert_saved(ONE)

    def test_a_text_that_is_too_large_keeps_the_old_one(self):
        self.shell(f'echo "{ONE}" > query.adql')
        source = os.path.join(self.home.path, 'large')
        with open(source, 'wb') as file:
            file.write(b'x' * 3_000_000)
        done = run('cp', source, self.query, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('File too large', done.stderr)
        self.assertRegex(read(os.path.join(self.folder, 'status.txt')).decode(), 'not saved: EFBIG .*1 MiB')
        self.assert_saved(ONE)
        self.shell(f'echo "{TWO}" > query.adql')
        self.assertNotIn('not saved', read(os.path.join(self.folder, 'status.txt')).decode())
        self.assert_saved(TWO)

    def test_a_query_is_kept_before_close_returns(self):
        with open(self.query, 'w', encoding='utf-8') as file:
            file.write(ONE + '\n')
        self.mount.kill()
        self.assertEqual(read(self.kept).decode().strip(), ONE)
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        self.assertEqual(read(self.mount / 'queries/q/query.adql').decode().strip(), ONE)

    def test_touch_asks_the_archive_again(self):
        self.shell(f'echo "{ONE}" > query.adql')
        os.listdir(self.folder)
        self.sim.reset()
        os.listdir(self.folder)
        self.assertEqual(self.sim.requests(), [])
        self.shell('touch query.adql')
        os.listdir(self.folder)
        harness.until(lambda: self.sim.requests('/tap_obs'), 'the query')

    def test_rm_r_and_rmdir_and_mv_of_a_query(self):
        self.shell(f'echo "{ONE}" > query.adql')
        os.listdir(self.folder)
        run('mv', self.folder, self.mount / 'queries/renamed')
        self.assertFalse(os.path.exists(self.kept))
        self.assertEqual(read(os.path.join(self.home.config, 'queries/renamed.adql')).decode().strip(), ONE)
        self.assertEqual(len([n for n in os.listdir(self.mount / 'queries/renamed') if n.endswith('.fits')]), 1)
        run('rm', '-r', self.mount / 'queries/renamed')
        self.assertEqual(os.listdir(self.mount / 'queries'), [])
        self.assertFalse(os.path.exists(os.path.join(self.home.config, 'queries/renamed.adql')))
        os.mkdir(self.folder)
        os.rmdir(self.folder)
        self.assertEqual(os.listdir(self.mount / 'queries'), [])

    def test_a_query_saved_in_the_configuration_directory_is_there(self):
        with open(os.path.join(self.home.config, 'queries/other.adql'), 'w', encoding='utf-8') as file:
            file.write(TWO + '\n')
        end = time.monotonic() + harness.PATIENCE
        while 'other' not in os.listdir(self.mount / 'queries'):
            self.assertLess(time.monotonic(), end)
        self.assertEqual(len([n for n in os.listdir(self.mount / 'queries/other') if n.endswith('.fits')]), 2)

    def test_hostile_names_of_queries_are_refused(self):
        for name in ('.hidden', 'a\nb', 'a\x1b[31m'):
            self.assert_errno(errno.EINVAL, os.mkdir, self.mount / f'queries/{name}')

    def test_a_query_on_the_catalogue_service_is_found_from_its_table(self):
        table = self.sim.get('/tap_cat/sync?REQUEST=doQuery&LANG=ADQL&FORMAT=csv&QUERY='
                             'SELECT+TOP+1+table_name+FROM+TAP_SCHEMA.tables+WHERE+schema_name=%27safcat%27').decode()
        name = table.splitlines()[1].strip('"').split('.')[-1]
        self.shell(f'echo "SELECT TOP 2 * FROM safcat.{name}" > query.adql')
        os.listdir(self.folder)
        self.assertIn('tap_cat', read(os.path.join(self.folder, 'status.txt')).decode())


if __name__ == '__main__':
    harness.main()
