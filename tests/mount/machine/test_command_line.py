"""esofs mount, unmount and status: errors at the prompt, options and profiles validated."""
import contextlib
import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import unittest

import harness
from harness import run


class CommandLine(harness.MountTest):
    def mount_error(self, *words, archive=None):
        place = tempfile.mkdtemp(dir=self.home.path)
        done = run(harness.programs['esofs'], 'mount', archive or self.sim.profile, place, '-o',
                   f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}', *words, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse(os.path.ismount(place))
        self.assertEqual(done.stdout, '')
        return done.stderr

    def test_a_profile_named_from_its_folder_is_known_by_its_whole_path(self):
        folder, name = os.path.split(self.sim.profile)
        place = os.path.join(self.home.path, 'relative')
        os.mkdir(place)
        options = ','.join(f'{what}_dir={self.home.path}/relative-{what}' for what in ('cache', 'config', 'state'))
        harness.run(harness.programs['esofs'], 'mount', '-o', options, name, place, cwd=folder)
        self.addCleanup(harness.run, 'fusermount3', '-u', '-z', place, check=False)
        with open('/proc/self/mounts', encoding='utf-8') as file:
            self.assertIn(f'{self.sim.profile} {place} ', file.read())

    def test_an_unknown_option_is_refused_with_the_nearest(self):
        self.assertIn("unknown option 'cache_sise' (did you mean 'cache_size'?)", self.mount_error('-o', 'cache_sise=1G'))

    def test_an_ill_typed_option_is_refused_with_its_name(self):
        self.assertIn("option 'transfers': 'many'", self.mount_error('-o', 'transfers=many'))

    def test_the_configuration_file_is_validated_too(self):
        os.makedirs(self.home.config, exist_ok=True)
        path = os.path.join(self.home.config, 'config.json')
        for text, told in (('{"transfer": 3}', "unknown option 'transfer' (did you mean 'transfers'?)"),
                           ('{"transfers": "3"}', "option 'transfers': must be a whole number"),
                           ('{"transfers": 3,\n "queries" 4}', 'not JSON (line 2)')):
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            error = self.mount_error()
            self.assertIn(told, error)
            self.assertIn('config.json', error)
        os.unlink(path)
        os.mkdir(path)
        self.assertIn(f'{path}: is a directory', self.mount_error())
        os.rmdir(path)

    def test_the_profile_file_is_validated_too(self):
        path = os.path.join(self.home.path, 'p.json')
        for profile, told in (({'extends': 'eso', 'datalnk_pattern': 'x'}, 'datalink_pattern'),
                              ({'extends': 'eso', 'tap': 7}, 'tap')):
            with open(path, 'w', encoding='utf-8') as file:
                json.dump(profile, file)
            error = self.mount_error(archive=path)
            self.assertIn(told, error)
            self.assertIn('p.json', error)

    def test_an_unknown_archive_is_named(self):
        self.assertIn('esoo', self.mount_error(archive='esoo'))

    def test_a_missing_mountpoint_and_a_file_are_named(self):
        for place in ('/no/such/place', self.sim.profile):
            done = run(harness.programs['esofs'], 'mount', self.sim.profile, place, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(place, done.stderr)

    def test_wrong_usage_is_status_2(self):
        for words in ((), ('mount',), ('mount', 'a', 'b', 'c'), ('unmount',), ('status', '--colour'), ('--foo',), ('help', 'me')):
            done = run(harness.programs['esofs'], *words, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr.startswith('esofs: '), done.stderr)
            self.assertIn('--help', done.stderr)

    def test_a_mistyped_option_is_refused_with_the_right_form(self):
        for words, told in ((('mount', '--cache-size', '10G', 'a', 'b'), 'write -o cache_size=10G'),
                            (('mount', '--ttl=1h', 'a', 'b'), 'write -o ttl=1h'),
                            (('login', '--usr', 'pi'), "did you mean '--user'?"),
                            (('warm', '-v', 'x'), "`esofs warm` has no option '-v';"),
                            (('status', '--usr', 'x'), "`esofs status` has no option '--usr';"),
                            (('status', 'a', 'b'), '`esofs status` takes fewer words; too many: b'),
                            (('mount', 'a', 'b', 'c'), '`esofs mount` takes ARCHIVE and MOUNTPOINT, and no more words'),
                            (('mount', '-o'), '-o needs a value'),
                            (('unmount',), 'MOUNTPOINT is required; run `esofs help unmount`'),
                            (('mount', 'none.json'), 'none.json: there is no such profile'),
                            (('mount', self.sim.profile), f'write `esofs mount {self.sim.profile} MOUNTPOINT`')):
            done = run(harness.programs['esofs'], *words, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(told, done.stderr)

    def test_a_mistyped_command_is_refused_with_the_nearest(self):
        for words in (('staus',), ('umount', self.mount.path), ('unmonut', self.mount.path, '-o', 'ro')):
            done = run(harness.programs['esofs'], *words, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr, f"'{words[0]}'.*did you mean '(status|unmount)'")
            self.assertNotIn('archive', done.stderr)

    def test_the_help_shows_commands_and_options(self):
        shown = run(harness.programs['esofs'], 'mount', '--help').stdout
        self.assertIn('Usage: esofs mount [OPTIONS] [ARCHIVE] MOUNTPOINT\n', shown)
        self.assertNotIn('{', run(harness.programs['esofs'], 'login', '--help').stdout)

    def test_directories_of_a_mount_may_not_lie_below_it(self):
        for option in ('cache_dir', 'config_dir', 'state_dir', 'log'):
            place = tempfile.mkdtemp(dir=self.home.path)
            link = place + '-link'
            os.symlink(place, link)
            for below in (place, link):
                done = run(harness.programs['esofs'], 'mount', self.sim.profile, place, '-o',
                           f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}',
                           '-o', f'{option}={below}/kept', check=False)
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr, f"option '{option}': .* is below the mountpoint {place}")
                self.assertFalse(os.path.ismount(place))

    def test_directories_of_a_mount_may_not_be_files(self):
        file = os.path.join(self.home.path, 'file')
        with open(file, 'w', encoding='utf-8'):
            pass
        for option in ('cache_dir', 'config_dir', 'state_dir'):
            for place in (file, file + '/below', file + '/far/below'):
                told = self.mount_error('-o', f'log=syslog,{option}={place}')
                self.assertIn(file, told)
                self.assertIn('Not a directory', told)

    def test_a_tilde_in_a_path_is_the_home_directory(self):
        home = os.path.join(self.home.path, 'me')
        os.makedirs(os.path.join(home, 'k'))
        with open(os.path.join(home, 'k/config.json'), 'w', encoding='utf-8') as file:
            json.dump({'cache_dir': '~/c'}, file)
        environment = {**os.environ, 'HOME': home}
        shown = run(harness.programs['esofs'], 'cache', '-o', 'cache_size=1G,config_dir=~/k', env=environment).stdout
        self.assertIn(f'{home}/c\n', shown)
        environment.pop('HOME')
        self.assertNotIn('/root/' if os.getuid() else '~', run(harness.programs['esofs'], 'cache', env=environment).stdout)

    def test_a_mount_by_mount_8_has_nosuid_and_nodev(self):
        place = tempfile.mkdtemp(dir=self.home.path)
        harness.guardian.tell(f'+mount {place}')
        # mount.fuse(8) adds these two for root.
        run(harness.programs['esofs'], self.sim.profile, place, '-o',
            f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state},suid,dev')
        with open('/proc/mounts', encoding='utf-8') as file:
            self.assertIn('nosuid,nodev', next(line for line in file if f' {place} ' in line))
        run(harness.programs['esofs'], 'unmount', place)
        harness.guardian.tell(f'-mount {place}')

    def test_a_dead_mount_is_reported_with_the_command_that_helps(self):
        self.mount.kill()
        done = run(harness.programs['esofs'], 'status', self.mount.path, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'its daemon has died; run `esofs unmount {self.mount.path}`', done.stderr)

    def test_the_log_shows_mounts_and_requests_by_its_level(self):
        place = tempfile.mkdtemp(dir=self.home.path)
        harness.guardian.tell(f'+mount {place}')
        for level, told in (('debug', True), ('info', False)):
            log = os.path.join(self.home.path, level)
            run(harness.programs['esofs'], 'mount', self.sim.profile, place, '-o',
                f'cache_dir={self.home.path}/{level}-cache,config_dir={self.home.config},state_dir={self.home.state},'
                f'log={log},log_level={level}')
            os.makedirs(f'{place}/queries/q', exist_ok=True)
            with open(f'{place}/queries/q/query.adql', 'w', encoding='utf-8') as file:
                file.write('SELECT TOP 3 * FROM ivoa.ObsCore')
            os.listdir(f'{place}/queries/q')
            run(harness.programs['esofs'], 'unmount', place)
            lines = harness.read(log).decode()
            self.assertRegex(lines, rf'(?m) info mounted .* on {place}$')
            self.assertRegex(lines, rf'(?m) info unmounted {place}$')
            request = rf'(?m) debug POST {self.sim.url}/tap_obs/sync: HTTP 200 after \d+ ms: \d+ bytes, opendir by python3[.\d]*\[\d+\]$'
            (self.assertRegex if told else self.assertNotRegex)(lines, request)
        harness.guardian.tell(f'-mount {place}')

    @unittest.skipIf(os.geteuid() != 0, 'only root can become another user')
    def test_a_mount_of_another_user_is_reported_as_such(self):
        folder = tempfile.mkdtemp(prefix='esofs-other-', dir='/tmp')
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        program = shutil.copy(harness.programs['esofs'], folder)

        def as_nobody(*words):
            return run('setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'env', f'HOME={folder}', program,
                       *words, check=False, cwd='/')
        shown = as_nobody('status')
        self.assertIn(f"{self.mount.path}\n  another user's mount\n", shown.stdout)
        self.assertNotIn(self.mount.path, shown.stderr)
        done = as_nobody('unmount', self.mount.path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'{self.mount.path}: another user has mounted it', done.stderr)
        self.assertTrue(os.path.ismount(self.mount.path))

    def test_watching_a_mount_ends_with_it(self):
        watching = subprocess.Popen([harness.programs['esofs'], 'status', '--watch', self.mount.path],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        harness.guardian.tell(f'+pid {watching.pid}')
        first = watching.stdout.readline()
        self.assertRegex(first, f'^[-0-9]{{10}}T[0-9:]{{8}}Z {self.mount.path}: the rates follow with the next look; .*; errors 0\n$')
        self.assertIn(': 0 B/s received, ', watching.stdout.readline())
        self.mount.unmount()
        self.assertIn('no esofs is mounted there', watching.communicate(timeout=harness.PATIENCE)[1])
        self.assertEqual(watching.returncode, 3)
        harness.guardian.tell(f'-pid {watching.pid}')

    def test_watching_shows_who_reads_what_and_which_queries_run(self):
        folder = self.mount.save('q', "SELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2016-06-21T08:15:12%'")
        name = [name for name in os.listdir(folder) if name.endswith('.fits')][0]
        self.sim.fault(path='/dataPortal/file', stall_after=100)
        self.sim.fault(path='/tap_obs', stall_after=100)
        self.mount.save('r', 'SELECT TOP 7 * FROM ivoa.ObsCore')
        ones = [subprocess.Popen(words, stdout=subprocess.DEVNULL)
                for words in (['cat', f'{folder}/{name}'], ['ls', self.mount / 'queries/r'])]
        for one in ones:
            harness.guardian.tell(f'+pid {one.pid}')
        reader, writer = os.openpty()
        watching = subprocess.Popen([harness.programs['esofs'], 'status', '--watch', self.mount.path], stdout=writer)
        harness.guardian.tell(f'+pid {watching.pid}')
        os.close(writer)
        shown_name = name[-20:]
        wanted = (rf'cat\[{ones[0].pid}\]  .*{shown_name}', rf'ls\[{ones[1].pid}\]  /queries/r  since ',
                  r'running   /queries/r  since 20[-0-9T:]*Z, 0 rows so far', r'rates .*/s received, .*/s served')
        shown = ''
        while not all(re.search(text, shown) for text in wanted):
            shown += os.read(reader, 4096).decode()
        self.assertNotIn('\033[2J', shown, 'the screen does not flicker')
        watching.kill()
        watching.wait(harness.PATIENCE)
        self.sim.clear()
        self.sim.release()
        for one in (*ones, watching):
            self.assertIsNotNone(one.wait(harness.PATIENCE))
            harness.guardian.tell(f'-pid {one.pid}')
        os.close(reader)

    def test_the_form_of_fstab_works(self):
        place = tempfile.mkdtemp(dir=self.home.path)
        harness.guardian.tell(f'+mount {place}')
        run(harness.programs['esofs'], self.sim.profile, place, '-o',
            f'rw,nosuid,nodev,_netdev,cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}')
        self.assertTrue(os.path.ismount(place))
        with open('/proc/mounts', encoding='utf-8') as file:
            line = next(line for line in file if f' {place} ' in line)
        self.assertIn('fuse.esofs', line)
        self.assertIn('nosuid,nodev', line)
        run(harness.programs['esofs'], 'unmount', place)
        self.assertFalse(os.path.ismount(place))
        harness.guardian.tell(f'-mount {place}')

    def test_mount_returns_when_the_tree_can_be_read(self):
        self.assertEqual(sorted(os.listdir(self.mount.path)), ['.esofs', 'README.txt', 'browse', 'datasets', 'jobs', 'queries', 'tables'])

    def test_status_describes_the_mount(self):
        text = run(harness.programs['esofs'], 'status', self.mount.path).stdout
        self.assertIn(self.mount.path, text)
        self.assertIn(f'pid {self.mount.pid}', text)
        document = json.loads(run(harness.programs['esofs'], 'status', '--json', self.mount.path).stdout)
        self.assertEqual([(mount['mountpoint'], mount['state'], mount['pid']) for mount in document],
                         [(self.mount.path, 'mounted', self.mount.pid)])
        self.assertIn(self.mount.path, run(harness.programs['esofs'], 'status').stdout)

    def test_status_as_json_is_one_array_also_with_a_dead_mount(self):
        other = self.mounted()
        dead = self.mounted()
        dead.kill()
        done = run(harness.programs['esofs'], 'status', '--json', check=False)
        self.assertEqual(done.returncode, 1)
        states = {mount['mountpoint']: mount['state'] for mount in json.loads(done.stdout)}
        self.assertEqual([states[mount.path] for mount in (self.mount, other, dead)], ['mounted', 'mounted', 'dead'])
        for mount in (other, dead, self.mount):
            run('fusermount3', '-u', '-z', mount.path)
        left = run(harness.programs['esofs'], 'status', '--json', check=False).stdout
        self.assertNotIn(self.mount.path, [mount['mountpoint'] for mount in json.loads(left)])

    def test_what_commands_print_as_json_can_be_read(self):
        options = ('-o', f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}')
        folder, names = self.warmed_query()
        warmed = json.loads(self.esofs('warm', '--json', folder).stdout)
        self.assertEqual((warmed['files'], warmed['failed']), (len(names), []))
        cache = json.loads(self.esofs('cache', '--json', *options).stdout)
        self.assertEqual(cache['cache_dir'], self.home.cache)
        self.assertGreater(cache['content']['bytes'], 0)
        doctor = json.loads(self.esofs('doctor', '--json', self.sim.profile, *options).stdout)
        self.assertEqual((doctor['problems'], {check['verdict'] for check in doctor['checks']} - {'ok', 'note'}), (0, set()))
        archives = json.loads(self.esofs('archives', '--json', '-o', f'config_dir={self.home.config}').stdout)
        self.assertEqual([(archive['name'], archive['profile']) for archive in archives], [('eso', 'built in')])

    def test_what_cannot_be_printed_is_an_error(self):
        for words in (('status',), ('status', '--json'), ('archives', '--json'), ('cache', '--json'), ('--help',),
                      ('doctor', '--json', self.sim.profile), ('why', self.mount.path)):
            with open('/dev/full', 'w', encoding='utf-8') as full:
                done = subprocess.run([harness.programs['esofs'], *words], stdout=full, stderr=subprocess.PIPE, text=True,
                                      check=False, timeout=60)
            self.assertIn('esofs: standard output: ', done.stderr, words)
            self.assertNotEqual(done.returncode, 0, words)

    def test_a_reader_that_has_seen_enough_is_no_error(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([harness.programs['esofs'], 'archives'], stdout=writer, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=60)
        os.close(writer)
        self.assertEqual(done.stderr, '')

    def test_names_that_are_not_utf8_leave_json_readable(self):
        bad = os.fsencode(os.path.join(self.mount.path, 'datasets')) + b'/ba\xffd'
        done = subprocess.run([harness.programs['esofs'], 'why', '--json', self.mount.path, bad], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, timeout=60)
        there, missing = json.loads(done.stdout)
        self.assertIsNone(there['errno'])
        self.assertEqual(missing['errno'], 'ENOENT')
        self.assertTrue(missing['asked'].endswith('/ba\ufffdd'))

    def test_exit_codes_are_the_same_everywhere(self):
        away = self.home.path
        for words, code in ((('status', away), 3), (('unmount', away), 3), (('warm', away), 3), (('why', away), 3),
                            (('mount', 'esoo', away), 2), (('login', 'esoo', '--user', 'x'), 2), (('doctor', 'esoo'), 2),
                            (('mount', '/no/profile.json', away), 2), (('mount', '-o', 'nonsense', away), 2), (('doctor', '-o', 'nonsense'), 2),
                            (('mount', self.sim.profile, away, '-o', 'token_file=/nope'), 2),
                            (('mount', self.sim.profile, away, '-o', 'credentials=/nope'), 2),
                            (('mount', self.sim.profile, away, '-o', 'cacert=/nope'), 2),
                            (('mount', self.sim.profile, away, '-o', 'log=/a/b/c.log'), 2), (('doctor', self.sim.profile, '-o', 'offline,token_file=/nope'), 2),
                            (('warm', self.mount / 'queries/none'), 1), (('why', self.mount / 'queries'), 0), (('cache', '-x'), 2)):
            self.assertEqual(self.esofs(*words).returncode, code, words)
        self.assertRegex(self.esofs('--help').stdout, r'Exit codes:\n +0 +done\n +1 ')

    def test_status_counts_what_failed(self):
        dp_id = 'ADP.2026-02-02T02:02:02.222'
        self.assert_errno(errno.EACCES, open, self.mount / f'datasets/{dp_id}/{dp_id}.fits', 'rb')
        self.assertRegex(run(harness.programs['esofs'], 'status', self.mount.path).stdout, r'errors +1 \(')

    def test_status_and_unmount_of_no_mount_say_so(self):
        for command in ('status', 'unmount'):
            done = run(harness.programs['esofs'], command, self.home.path, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(self.home.path, done.stderr)

    def test_unmount_if_idle_refuses_while_a_file_is_open(self):
        with open(self.mount / 'README.txt', encoding='utf-8'):
            done = run(harness.programs['esofs'], 'unmount', '--if-idle', self.mount.path, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn('in use', done.stderr)
            self.assertTrue(os.path.ismount(self.mount.path))

    def esofs(self, *words):
        return run(harness.programs['esofs'], *words, check=False)

    def warmed_query(self):
        """A query of small public files, read into the cache."""
        folder = self.mount.save('small', "SELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2016-06-21T08:15:12%'")
        done = self.esofs('warm', folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [name for name in os.listdir(folder) if name.endswith('.fits')]
        self.assertGreater(len(names), 3)
        self.assertRegex(done.stdout, f'^read {len(names)} files, [0-9.]+ MiB\n$')
        return folder, names

    def test_warmed_files_are_read_without_a_network(self):
        folder, names = self.warmed_query()
        self.sim.reset()
        wanted = {name: harness.sha(self.sim.file(name.removesuffix('.fits'))) for name in names}
        self.mount.unmount()
        self.mount = self.mounted('offline')
        self.sim.reset()
        for name in names:
            self.assertEqual(harness.sha(harness.read(self.mount / f'queries/small/{name}')), wanted[name])
        self.assertEqual(self.sim.requests(), [])
        self.assertIn('small', folder)

    def test_warmed_sizes_are_exact_for_programs_that_trust_them(self):
        folder = self.mount.save('small', "SELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2016-06-21T08:15:12%'")
        names = [name for name in os.listdir(folder) if name.endswith('.fits')]
        truth = {name: self.sim.file(name.removesuffix('.fits')) for name in names}
        done = self.esofs('warm', '--sizes', folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, f'^sizes of {len(names)} files, ')
        for name in names:
            self.assertEqual(os.stat(os.path.join(folder, name)).st_size, len(truth[name]))
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode='w') as archive:
            for name in names:
                archive.add(os.path.join(folder, name), arcname=name)
        written.seek(0)
        with tarfile.open(fileobj=written) as archive:
            for name in names:
                self.assertEqual(harness.sha(archive.extractfile(name).read()), harness.sha(truth[name]))

    def test_warm_names_files_that_it_cannot_read_and_continues(self):
        folder = self.mount.save('mixed', "SELECT * FROM ivoa.ObsCore WHERE dp_id IN "
                                          "('ADP.2026-02-02T02:02:02.222', 'ADP.2016-06-21T08:15:12.100')")
        done = self.esofs('warm', '-j', '1', folder)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, '^read 1 files')
        self.assertRegex(done.stderr, r'ADP\.2026-02-02T02:02:02\.222\.fits: Permission denied: .*log')
        missing = os.path.join(folder, 'ADP.2016-06-21T08:15:12.999.fits')
        done = self.esofs('warm', missing, os.path.join(folder, 'ADP.2016-06-21T08:15:12.100.fits'))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, '^read 1 files')
        self.assertIn(missing, done.stderr)
        for place in (self.home.path, '/no/such/place'):
            done = self.esofs('warm', place)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(place.rpartition('/')[0], done.stderr)

    def test_warm_continues_after_a_query_that_fails(self):
        self.mount.save('col1', 'SELECT targetname FROM ivoa.ObsCore')
        for name in ('a', 'z'):
            self.mount.save(name, f"SELECT * FROM ivoa.ObsCore WHERE dp_id='ADP.2014-11-12T16:17:07.630' AND '{name}'='{name}'")
        for words in (('--headers', '-r'), ('-r',)):
            done = self.esofs('warm', *words, self.mount / 'queries')
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, '^(headers of|read) 2 files, ')
            self.assertRegex(done.stderr, 'queries/col1: Invalid argument: .*targetname')
            self.assertIn('1 path could not be read', done.stderr)
        self.assertIn('read 0 files, 0 B; -r reads the directories below\n', self.esofs('warm', self.mount / 'queries').stdout)

    def test_warm_shows_on_a_terminal_how_far_it_is(self):
        folder = self.mount.save('slow', "SELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2016-06-21T08:15:12%'")
        self.sim.fault(path='/dataPortal/file', stall_after=100)
        reader, writer = os.openpty()
        warming = subprocess.Popen([harness.programs['esofs'], 'warm', folder], stdout=writer, stderr=writer)
        harness.guardian.tell(f'+pid {warming.pid}')
        os.close(writer)
        shown = b''
        while not re.search(rb'\[#* *\] \d+/\d+ files  .*/s', shown):
            shown += os.read(reader, 4096)
        os.kill(warming.pid, signal.SIGINT)
        with contextlib.suppress(OSError):  # EIO: the other end has gone
            while more := os.read(reader, 4096):
                shown += more
        self.assertRegex(shown.decode(), r'interrupted: \d+/\d+ files')
        self.sim.clear()
        self.sim.release()
        self.assertEqual(warming.wait(harness.PATIENCE), -signal.SIGINT)
        harness.guardian.tell(f'-pid {warming.pid}')
        os.close(reader)
        self.assertEqual(self.esofs('warm', folder).stderr, '', 'no bar into a pipe')

    def test_the_cache_is_shown_and_cleared_under_a_running_mount(self):
        folder, names = self.warmed_query()
        where = ('-o', f'cache_dir={self.home.cache}')
        shown = self.esofs('cache', *where)
        self.assertRegex(shown.stdout, r'file content +[1-9][0-9.]* MiB of 20\.0 GiB in [1-9]')
        cleared = self.esofs('cache', '--clear', *where)
        self.assertRegex(cleared.stdout, '^freed [1-9]')
        self.assertRegex(self.esofs('cache', *where).stdout, 'file content +0 B .* in 0 segments')
        wanted = harness.sha(self.sim.file(names[0].removesuffix('.fits')))
        harness.drop_caches(f'{folder}/{names[0]}')
        self.assertEqual(harness.sha(harness.read(f'{folder}/{names[0]}')), wanted)

    def test_the_doctor_reports_problems_only_if_there_are_some(self):
        options = ('-o', f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}')
        well = self.esofs('doctor', self.sim.profile, *options)
        self.assertEqual(well.returncode, 0, well.stdout)
        self.assertIn('TAP obs answers', well.stdout)
        self.assertIn(f'{self.mount.path} is mounted', well.stdout)
        self.assertNotIn('PROBLEM', well.stdout)
        nobody = os.path.join(self.home.path, 'away.json')
        with open(nobody, 'w', encoding='utf-8') as file:
            json.dump({'extends': 'eso', 'base_url': 'http://127.0.0.1:9'}, file)
        ill = self.esofs('doctor', nobody, *options, '-o', 'attempts=1,cache_reserve=900T')
        self.assertEqual(ill.returncode, 1)
        self.assertRegex(ill.stdout, r'(?m)^PROBLEM  TAP obs: .*127\.0\.0\.1:9')
        self.assertRegex(ill.stdout, r'(?m)^PROBLEM  the disk of the cache')
        self.assertRegex(self.esofs('doctor', 'esoo').stdout, "(?m)^PROBLEM .*esoo")
        for place in (nobody, nobody + '/below'):
            self.assertRegex(self.esofs('doctor', nobody, *options, '-o', f'offline,config_dir={place}').stdout,
                             f'(?m)^PROBLEM  {place} cannot be written: {nobody}: Not a directory$')
        self.assertRegex(self.esofs('doctor', nobody, *options, '-o', 'offline,cache_dir=/proc/x').stdout, r'(?m)^PROBLEM  /proc/x cannot be ')
        self.assertRegex(self.esofs('doctor', '-o', 'cache_sise=1').stdout, "(?m)^PROBLEM .*did you mean 'cache_size'")

    def test_the_foreground_ends_at_sigterm_and_leaves_nothing(self):
        place = tempfile.mkdtemp(dir=self.home.path)
        harness.guardian.tell(f'+mount {place}')
        daemon = subprocess.Popen([harness.programs['esofs'], 'mount', '-f', self.sim.profile, place, '-o',
                                   f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}'],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        harness.guardian.tell(f'+pid {daemon.pid}')
        harness.until(lambda: os.path.ismount(place), 'the mount')
        daemon.terminate()
        self.assertEqual(daemon.wait(harness.PATIENCE), 0)
        self.assertFalse(os.path.ismount(place))
        harness.guardian.tell(f'-mount {place}')
        harness.guardian.tell(f'-pid {daemon.pid}')


if __name__ == '__main__':
    harness.main()
