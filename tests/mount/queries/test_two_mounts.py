"""Two mounts of one configuration directory: what one saves while the other still shows the text before (fs/queries/SEMANTICS.md)."""
import errno
import os
import subprocess
import threading
import time

import harness
from harness import read

ONE, TWO = ('SELECT TOP 1 * FROM ivoa.ObsCore', 'SELECT TOP 2 * FROM ivoa.ObsCore')


class TwoMounts(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.other = harness.Mount(self.mount.archive, self.home)
        self.addCleanup(self._end, self.other)
        self.folder = self.other / 'queries/q'
        self.kept = os.path.join(self.home.config, 'queries/q.adql')
        self.mount.save('q', ONE)
        harness.until(lambda: os.path.exists(self.folder + '/query.adql'), 'the query in the other mount')

    def save(self, mount, text):
        with open(mount / 'queries/q/query.adql', 'w', encoding='utf-8') as file:
            file.write(text + '\n')

    def shell(self, command):
        return subprocess.run(['bash', '-c', command], cwd=self.folder, capture_output=True, text=True, timeout=harness.PATIENCE, check=False)

    def shown(self, mount):
        return read(mount / 'queries/q/query.adql').decode()

    def test_an_editor_sees_what_the_other_mount_has_saved(self):
        for command in ("sed -i 's/ObsCore/ObsCore -- seen/' query.adql", "echo '-- seen' >> query.adql",
                        "vim -es -V1 -u NONE -c '%s/ObsCore/ObsCore -- seen/' -c wq query.adql"):
            for number in (1000, 2, 30):  # texts of several lengths
                with self.subTest(command, number=number):
                    text = ONE.replace('1', str(number))
                    os.stat(self.folder + '/query.adql')
                    self.save(self.mount, text)
                    done = self.shell(command)
                    kept = read(self.kept).decode()
                    asked = 'changed since reading' in done.stderr  # of vim, which takes no answer for no
                    if done.returncode == 0 and not asked:
                        self.assertIn(text, kept)
                        self.assertIn('-- seen', kept)
                    else:
                        self.assertEqual(kept, text + '\n')
                    self.assertEqual(self.shown(self.other), kept)
                    self.assertNotIn('\0', kept)

    def test_a_text_that_was_read_does_not_replace_a_newer_one(self):
        new = self.folder + '/query.adql.new'
        for write in (lambda: os.replace(new, self.folder + '/query.adql'), lambda: self.save(self.other, ONE + ' -- edited')):
            self.save(self.mount, ONE)
            with open(new, 'w', encoding='utf-8') as file:
                file.write(self.shown(self.other).strip() + ' -- edited\n')
            self.save(self.mount, TWO)
            self.assert_errno(errno.EAGAIN, write)
            self.assertEqual(read(self.kept).decode(), TWO + '\n')
            self.assertEqual(self.shown(self.other), TWO + '\n')
            self.assertIn('not saved: EAGAIN', read(self.folder + '/status.txt').decode())
            self.save(self.other, ONE)  # now that the newer one was seen
            self.assertEqual(read(self.kept).decode(), ONE + '\n')

    def test_a_text_that_was_not_read_is_replaced(self):
        for text in (TWO, ONE, TWO):
            self.save(self.other, text)
            self.save(self.mount, text.replace('TOP', 'top'))
            self.save(self.other, text)
            self.assertEqual(read(self.kept).decode(), text + '\n')

    def test_each_of_many_saves_is_kept_or_refused(self):
        lines = {}

        def add(mount, mark):
            """Appends lines to what is there, as an editor does."""
            lines[mark] = []
            for number in range(60):
                line = f'-- {mark}{number}'
                text = read(mount / 'queries/q/query.adql').decode()
                new = mount / f'queries/q/query.adql.{mark}'
                with open(new, 'w', encoding='utf-8') as file:
                    file.write(text + line + '\n')
                try:
                    os.replace(new, mount / 'queries/q/query.adql')
                    lines[mark].append(line)
                except BlockingIOError:
                    pass
        writers = [threading.Thread(target=add, args=writer) for writer in ((self.mount, 'a'), (self.other, 'b'))]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        kept = read(self.kept).decode().splitlines()
        self.assertEqual(sorted(set(lines['a'] + lines['b']) - set(kept)), [])
        self.assertTrue(lines['a'] and lines['b'])

    def test_each_line_that_two_mounts_append_is_there_once(self):
        def add(mount, mark):
            for number in range(40):
                line = f'-- {mark * (number % 7 + 1)}{number}'
                file = os.open(mount / 'queries/q/query.adql', os.O_WRONLY | os.O_APPEND)  # open() would look at the size
                try:
                    os.write(file, f'{line}\n'.encode())
                    if number % 3 == 0:
                        os.fsync(file)
                finally:
                    os.close(file)
                appended.append(line)
        appended = []
        writers = [threading.Thread(target=add, args=writer) for writer in zip([self.mount, self.other] * 3, 'abcdef')]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        kept = read(self.kept).decode().splitlines()
        self.assertEqual(kept[0], ONE)
        self.assertEqual(sorted(appended), sorted(kept[1:]))
        self.assertEqual(len(appended), 240)

    def test_what_was_written_into_a_removed_query_is_an_error(self):
        with open(self.folder + '/query.adql', 'a', encoding='utf-8') as file:
            os.rmdir(self.mount / 'queries/q')
            file.write('-- more\n')
            self.assert_errno(errno.ENOENT, file.flush)
            self.assert_errno(errno.ENOENT, file.close)

    def test_an_old_handle_does_not_write_into_a_newer_text(self):
        with open(self.folder + '/query.adql', 'r+', encoding='utf-8') as file:
            self.save(self.mount, TWO)
            self.assertEqual(self.shown(self.other), TWO + '\n')  # read by another program
            file.seek(10)
            file.write('no')
            self.assert_errno(errno.EAGAIN, file.flush)
            self.assert_errno(errno.EAGAIN, file.close)
        self.assertEqual(read(self.kept).decode(), TWO + '\n')

    def test_an_editor_may_think_for_long(self):
        def replace():
            new = self.folder + '/query.adql.new'
            with open(new, 'w', encoding='utf-8') as file:
                file.write(ONE + ' -- edited\n')
            os.replace(new, self.folder + '/query.adql')

        def recreate():
            os.unlink(self.folder + '/query.adql')
            with open(self.folder + '/query.adql', 'x', encoding='utf-8') as file:
                file.write(ONE + ' -- edited\n')
        for write in (lambda: self.save(self.other, ONE + ' -- edited'), replace, recreate):
            self.save(self.mount, ONE)
            self.assertEqual(self.shown(self.other), ONE + '\n')
            self.save(self.mount, TWO)
            for _ in range(3):  # other programs look at it, for longer than the kernel believes what it was told
                os.stat(self.folder + '/query.adql')
                time.sleep(1.1)
            for _ in range(2):
                self.assert_errno(errno.EAGAIN, write)
                self.assertEqual(read(self.kept).decode(), TWO + '\n')
            self.assertEqual(self.shown(self.other), TWO + '\n')
            write()  # now that the newer one was read
            self.assertEqual(read(self.kept).decode(), ONE + ' -- edited\n')
            self.shown(self.mount)

    def test_what_was_touched_was_not_read(self):
        self.assertEqual(self.shown(self.other), ONE + '\n')
        self.save(self.mount, TWO)
        subprocess.run(['touch', self.folder + '/query.adql'], check=True)
        self.assert_errno(errno.EAGAIN, lambda: self.save(self.other, ONE))
        self.assertEqual(read(self.kept).decode(), TWO + '\n')

    def test_an_empty_text_is_replaced(self):
        self.assertEqual(self.shown(self.other), ONE + '\n')
        open(self.mount / 'queries/q/query.adql', 'w', encoding='utf-8').close()
        self.assertEqual(read(self.kept), b'')
        self.save(self.other, TWO)
        self.assertEqual(read(self.kept).decode(), TWO + '\n')

    def test_ls_works_beside_many_saves_of_the_other_mount(self):
        """A save forgets the answer of the text before, which the other mount may be listing."""
        ended, failures = threading.Event(), []

        def look(mount):
            while not ended.is_set():
                try:
                    os.listdir(mount / 'queries/q')
                except OSError as error:
                    failures.append(str(error))
        lookers = [threading.Thread(target=look, args=(mount,)) for mount in (self.mount, self.other)]
        for looker in lookers:
            looker.start()
        for number in range(400):
            self.save(self.mount, f'SELECT TOP {number % 5 + 1} * FROM ivoa.ObsCore')
            self.save(self.other, f'SELECT TOP {number % 3 + 1} * FROM ivoa.ObsCore')
        ended.set()
        for looker in lookers:
            looker.join()
        self.assertEqual(failures[:3], [])


if __name__ == '__main__':
    harness.main()
