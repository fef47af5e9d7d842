"""Saving queries: every way that people and editors write a file (fs/queries/SEMANTICS.md)."""
import ctypes
import errno
import json
import mmap
import os
import shutil
import subprocess
import threading
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

    def test_a_text_that_is_copied_into_queries_is_a_query(self):
        source = os.path.join(self.home.path, 'two.adql')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(TWO + '\n')
        for name, command in (('a', 'cp {} {}/a.adql'), ('b', 'cp -p {} {}/b.adql'), ('two', 'cp {} {}/'), ('d', 'cat < {} > {}/d.adql')):
            self.shell(command.format(source, self.mount / 'queries'))
            self.assertEqual(read(self.mount / f'queries/{name}/query.adql').decode(), TWO + '\n')
            self.assertEqual(read(os.path.join(self.home.config, f'queries/{name}.adql')).decode(), TWO + '\n')
            self.assertEqual(len([n for n in os.listdir(self.mount / f'queries/{name}') if n.endswith('.fits')]), 2)
        self.shell(f'echo "{ONE}" > {self.mount / "queries/a.adql"}')  # once more
        self.assertEqual(read(self.mount / 'queries/a/query.adql').decode(), ONE + '\n')
        self.assertEqual(read(self.mount / 'queries/a.adql').decode(), ONE + '\n')
        self.assertEqual(sorted(os.listdir(self.mount / 'queries')), ['a', 'b', 'd', 'q', 'two'])
        self.assert_errno(errno.EROFS, open, self.mount / 'queries/notes.txt', 'w')
        self.assert_errno(errno.EINVAL, open, self.mount / 'queries/my query.adql', 'w')
        self.assertIn('letters, digits', os.getxattr(self.mount / 'queries', 'user.esofs.error').decode())

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


class Listing:
    """An open directory: what opendir(3) has seen is read later."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.opendir.restype = ctypes.c_void_p

    class Entry(ctypes.Structure):
        _fields_ = [('ino', ctypes.c_ulong), ('offset', ctypes.c_long), ('length', ctypes.c_ushort), ('type', ctypes.c_ubyte),
                    ('name', ctypes.c_char * 256)]

    libc.readdir.restype = ctypes.POINTER(Entry)

    def __init__(self, folder):
        self.stream = ctypes.c_void_p(self.libc.opendir(os.fsencode(folder)))

    def names(self):
        """Those that are left."""
        found = []
        while True:
            entry = self.libc.readdir(self.stream)
            if not entry:
                return found
            found.append(entry.contents.name.decode())

    def rewind(self):
        self.libc.rewinddir(self.stream)

    def close(self):
        self.libc.closedir(self.stream)


class SavingBesideListings(harness.MountTest):
    """READDIRPLUS tells the kernel what a name leads to: an old snapshot must not send a save to a file that is gone."""
    WORKERS = 8
    ROUNDS = 400  # of five operations each: 16 000

    def setUp(self):
        super().setUp()
        self.folder = self.mount.save('q', ONE)
        self.query = os.path.join(self.folder, 'query.adql')

    def write(self, name, text):
        with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as file:
            file.write(text + '\n')
            file.flush()
            os.fsync(file.fileno())

    def listing(self, folder):
        listing = Listing(folder)
        self.addCleanup(listing.close)
        return listing

    def test_a_save_during_a_listing_is_not_lost(self):
        listing = self.listing(self.folder)
        self.write('query.adql.new', TWO)
        os.rename(self.query + '.new', self.query)
        self.assertNotIn('query.adql.new', listing.names())
        three = ONE.replace('1', '3')
        self.write('query.adql', three)
        self.assertEqual(read(os.path.join(self.home.config, 'queries/q.adql')).decode().strip(), three)
        self.assertEqual(read(self.query).decode().strip(), three)

    def test_a_listing_does_not_bring_back_what_was_removed(self):
        queries = self.mount / 'queries'
        os.mkdir(queries + '/old')
        jobs = [self.mount / f'jobs/{name}' for name in sorted(os.listdir(self.mount / 'jobs'))][0]
        os.mkdir(jobs + '/draft')
        for folder, name in ((queries, 'old'), (jobs, 'draft')):
            listing = self.listing(folder)
            os.rmdir(os.path.join(folder, name))
            self.assertNotIn(name, listing.names())
            self.assert_errno(errno.ENOENT, os.stat, os.path.join(folder, name))
            os.mkdir(os.path.join(folder, name))
            os.rmdir(os.path.join(folder, name))

    def test_a_listing_does_not_bring_back_an_old_name(self):
        queries = self.mount / 'queries'
        os.mkdir(queries + '/old')
        listing = self.listing(queries)
        os.rename(queries + '/old', queries + '/new')
        self.assertNotIn('old', listing.names())
        self.assert_errno(errno.ENOENT, os.stat, queries + '/old')
        self.assertTrue(os.path.isdir(queries + '/new'))

    def test_rewinddir_shows_the_directory_as_it_is(self):
        queries = self.mount / 'queries'
        for folder, name, make, remove in ((self.folder, 'query.adql~', lambda path: open(path, 'x').close(), os.unlink),
                                           (queries, 'victim', os.mkdir, os.rmdir)):
            path = os.path.join(folder, name)
            make(path)
            listing = self.listing(folder)
            self.assertIn(name, listing.names())
            remove(path)
            listing.rewind()
            self.assertNotIn(name, listing.names())
            make(path)
            listing.rewind()
            self.assertIn(name, listing.names())

    def work(self, number, failures):
        """As rclone's test_vfs: a file and a directory of its own that are made, renamed, listed and removed."""
        for turn in range(self.ROUNDS):
            mine, moved = f'query.adql.{number}', f'query.adql.{number}-moved'
            try:
                self.write(mine, str(turn))
                os.rename(os.path.join(self.folder, mine), os.path.join(self.folder, moved))
                names = os.listdir(self.folder)
                if moved not in names or mine in names:
                    failures.append(f'{number}: {names} in turn {turn}')
                if read(os.path.join(self.folder, moved)) != b'%d\n' % turn:
                    failures.append(f'{number}: another text in turn {turn}')
                os.unlink(os.path.join(self.folder, moved))
            except OSError as error:
                failures.append(f'{number}: {error} in turn {turn}')

    def test_eight_workers_lose_nothing(self):
        failures = []
        workers = [threading.Thread(target=self.work, args=(number, failures)) for number in range(self.WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(failures[:5], [])
        self.assertEqual(read(self.query).decode().strip(), ONE)

    def test_only_query_adql_and_its_editors_files_can_be_written(self):
        before = sorted(os.listdir(self.folder))
        for name in ('new.fits', 'a.tmp', 'core', 'uparm', 'middumma.bdf'):
            path = os.path.join(self.folder, name)
            self.assert_errno(errno.EROFS, os.open, path, os.O_WRONLY | os.O_CREAT)
            self.assert_errno(errno.EROFS, os.mkdir, path)
            self.assert_errno(errno.EROFS, os.symlink, 'x', path)
            self.assert_errno(errno.EROFS, os.rename, self.query, path)
        for name in before:
            if name not in ('query.adql', 'table'):
                self.assert_errno(errno.EROFS, os.unlink, os.path.join(self.folder, name))
        self.assert_errno(errno.EROFS, os.rmdir, os.path.join(self.folder, 'table'))
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_an_unlinked_open_file_has_no_links(self):
        path = os.path.join(self.folder, 'query.adql~')
        with open(path, 'w', encoding='utf-8') as file:
            self.assertEqual(os.fstat(file.fileno()).st_nlink, 1)
            os.unlink(path)
            self.assertEqual(os.fstat(file.fileno()).st_nlink, 0)

    def test_times_are_kept_to_the_nanosecond(self):
        path = os.path.join(self.folder, 'query.adql~')
        self.write('query.adql~', 'x')
        os.utime(path, ns=(1_500_000_000_987_654_321, 1_600_000_000_123_456_789))
        seen = os.stat(path)
        self.assertEqual((seen.st_atime_ns, seen.st_mtime_ns), (1_500_000_000_987_654_321, 1_600_000_000_123_456_789))

    def test_names_of_more_than_255_bytes_are_too_long(self):
        name = 'n' * 256
        for folder in (self.folder, self.mount / 'datasets', self.mount.path):
            self.assert_errno(errno.ENAMETOOLONG, os.stat, os.path.join(folder, name))
        self.assert_errno(errno.ENAMETOOLONG, os.open, os.path.join(self.folder, name), os.O_WRONLY | os.O_CREAT)
        self.assert_errno(errno.ENAMETOOLONG, os.rename, self.query, os.path.join(self.folder, name))

    def test_a_live_text_is_whole_for_sendfile(self):
        """sendfile(2) goes by the size that the kernel knows, and asks for no new one."""
        errors = self.mount / '.esofs/errors'
        for day in range(1, 5):
            with self.assertRaises(OSError):
                read(self.mount / f'datasets/ADP.2099-01-0{day}T00:00:00.000/header.txt')
            fd, copy = os.open(errors, os.O_RDONLY), os.memfd_create('copy')
            try:
                while os.sendfile(copy, fd, None, 1 << 20) > 0:
                    pass
                self.assertEqual(os.fstat(copy).st_size, len(read(errors)))
            finally:
                os.close(fd)
                os.close(copy)

    def test_live_texts_are_whole_in_memory(self):
        """mmap(2) goes by the size at open."""
        folder = self.mount.save('texts', ONE)
        os.listdir(folder)
        for path in (self.mount / '.esofs/errors', self.mount / '.esofs/status.json', os.path.join(folder, 'status.txt')):
            for day in range(1, 4):
                with self.assertRaises(OSError):
                    read(self.mount / f'datasets/ADP.2098-0{day}-01T00:00:00.000/header.txt')
                with open(path, 'rb') as file, \
                        mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) as mapped:
                    text = bytes(mapped)
                    self.assertNotIn(b'\0', text)
                    self.assertTrue(text.endswith(b'\n'), text[-40:])
                    if path.endswith('.json'):
                        json.loads(text)


class LongQuery(harness.MountTest):
    simulator_arguments = ('--rows', '12000')
    mount_options = ('maxrec=12000',)

    def test_rm_r_removes_it(self):
        """GNU rm sorts more than 10 000 names by their inode numbers, and query.adql must go first."""
        folder = self.mount.save('long', "SELECT TOP 12000 * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023-01%'")
        self.assertGreater(len(os.listdir(folder)), 10_000)
        run('rm', '-r', folder)
        self.assertNotIn('long', os.listdir(self.mount / 'queries'))

    def test_rm_r_removes_it_with_short_inode_numbers(self):
        """The files of the second query have had their numbers before its query.adql is made."""
        self.mount.unmount()
        self.mount = self.mounted('inodes=32')
        for name in ('first', 'second'):
            folder = self.mount.save(name, "SELECT TOP 12000 * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023-01%'")
            self.assertGreater(len(os.listdir(folder)), 10_000)
        run('rm', '-r', folder)
        self.assertEqual(os.listdir(self.mount / 'queries'), ['first'])


if __name__ == '__main__':
    harness.main()
