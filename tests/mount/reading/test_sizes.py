"""Programs that look at the size of a file before they open it: what they write of files that were never opened.

By default such a size is an estimate, which is never below the truth: an archive is padded, or the program fails. With
-o sizes=exact, and after `esofs warm --sizes`, every archive holds the true bytes. Files that an overlayfs of Linux uses have
exact sizes anyway.
"""
import errno
import os
import shutil
import subprocess
import tempfile
import unittest

import harness
from harness import run

QUERY = "SELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2016-06-21T08:15:12%' AND access_estsize < 2000"

# Each runs in the directory of the query, makes an archive $OUT/t and unpacks it in $OUT/files.
PROGRAMS = {
    'bsdtar': 'bsdtar cf $OUT/t *.fits; r=$?; tar xf $OUT/t -C $OUT/files; exit $r',
    'cpio': 'ls *.fits | cpio -o --quiet -H newc >$OUT/t; r=$?; cd $OUT/files; cpio -i --quiet <$OUT/t; exit $r',
    'cpio -p': 'ls *.fits | cpio -p --quiet $OUT/files',
    'pax': 'pax -w -f $OUT/t *.fits; r=$?; cd $OUT/files; pax -r -f $OUT/t; exit $r',
    'busybox': 'busybox tar cf $OUT/t *.fits; r=$?; tar xf $OUT/t -C $OUT/files; exit $r',
    'genisoimage': 'genisoimage -quiet -R -o $OUT/t *.fits || exit 1;'
                   ' for f in *.fits; do isoinfo -R -x /$f -i $OUT/t >$OUT/files/$f; done',
    'python3': 'python3 -c "import glob, tarfile\n'
               'with tarfile.open(\'$OUT/t\', \'w\') as t:\n'
               '    for f in sorted(glob.glob(\'*.fits\')): t.add(f)"; r=$?; tar xf $OUT/t -C $OUT/files; exit $r',
}

# scripts/setup installs all of them.
INSTALLED = {name: script for name, script in PROGRAMS.items()
             if shutil.which(name.split()[0]) is not None or os.environ.get('CI') == 'true'}

OVERLAY = """
mkdir $OUT/upper $OUT/work $OUT/merged
mount -t overlay esofs-test -o lowerdir=.,upperdir=$OUT/upper,workdir=$OUT/work{options} $OUT/merged || exit 1
trap 'cd /; umount $OUT/merged' EXIT
cd $OUT/merged
"""


class Sizes(harness.MountTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ids = [row['dp_id'] for row in cls.simulator.query(QUERY)]
        cls.truth = {dp_id + '.fits': cls.simulator.file(dp_id) for dp_id in ids}
        assert len(ids) > 3

    def fresh(self, *options):
        """The directory of the query on a new mount, where no file was ever opened, and all were listed."""
        if os.path.ismount(self.mount.path):
            self.mount.unmount()
        self.home.close()
        self.mount = self.mounted(*options)
        folder = self.mount.save('q', QUERY)
        self.assertEqual(sorted(name for name in os.listdir(folder) if name.endswith('.fits')), sorted(self.truth))
        return folder

    def made_by(self, script, folder):
        """The status of the program, and the files that it has written, by name."""
        out = tempfile.mkdtemp(prefix='esofs-sizes-')
        self.addCleanup(shutil.rmtree, out, ignore_errors=True)
        os.mkdir(os.path.join(out, 'files'))
        done = subprocess.run(['bash', '-c', script], cwd=folder, env={**os.environ, 'OUT': out}, capture_output=True,
                              timeout=harness.PATIENCE, check=False)
        files = os.path.join(out, 'files')
        return done, {name: harness.read(os.path.join(files, name)) for name in os.listdir(files) if name in self.truth}

    def assert_true_bytes(self, name, done, made):
        self.assertEqual(done.returncode, 0, (name, done.stderr))
        self.assertEqual(sorted(made), sorted(self.truth), name)
        for file, wanted in self.truth.items():
            self.assertEqual(harness.sha(made[file]), harness.sha(wanted), (name, file, len(made[file]), len(wanted)))

    def test_estimates_pad_an_archive_or_are_reported_and_never_cut_it(self):
        for name, script in INSTALLED.items():
            with self.subTest(name):
                done, made = self.made_by(script, self.fresh())
                if done.returncode != 0:
                    continue  # it has said so
                self.assertEqual(sorted(made), sorted(self.truth))
                for file, wanted in self.truth.items():
                    self.assertGreater(len(made[file]), len(wanted), 'it is not misled any more')
                    self.assertEqual(made[file], wanted.ljust(len(made[file]), b'\0'), file)

    def test_exact_sizes_make_right_archives(self):
        for name, script in INSTALLED.items():
            with self.subTest(name):
                self.assert_true_bytes(name, *self.made_by(script, self.fresh('sizes=exact')))

    def test_sizes_that_were_warmed_make_right_archives(self):
        for name, script in INSTALLED.items():
            with self.subTest(name):
                folder = self.fresh()
                run(harness.programs['esofs'], 'warm', '--sizes', folder)
                self.assert_true_bytes(name, *self.made_by(script, folder))

    def assert_sizes_of_texts(self, folder):
        """What stat shows of files that esofs makes, before they are opened, is what they hold."""
        names = [name for name in sorted(os.listdir(folder)) if os.path.isfile(os.path.join(folder, name))]
        sizes = {name: os.stat(os.path.join(folder, name)).st_size for name in names}
        for name in names:
            self.assertEqual(sizes[name], len(harness.read(os.path.join(folder, name))), name)

    def test_sizes_of_tables_and_texts_are_exact_too(self):
        for warms in (True, False):
            with self.subTest(warms):
                folder = self.fresh(*([] if warms else ['sizes=exact']))
                dataset = self.mount / ('datasets/' + next(iter(self.truth)).removesuffix('.fits'))
                os.listdir(dataset)
                if warms:
                    run(harness.programs['esofs'], 'warm', '--sizes', folder, dataset)
                self.assert_sizes_of_texts(os.path.join(folder, 'table'))
                self.assert_sizes_of_texts(dataset)

    # --- overlayfs ---

    def overlay(self, commands, *options, overlay=''):
        folder = self.fresh(*options)
        for name in self.truth:
            os.stat(os.path.join(folder, name))  # the kernel has the estimates
        script = OVERLAY.replace('{options}', overlay) + commands
        return self.made_by(script, folder)

    @unittest.skipIf(os.geteuid() != 0, 'overlayfs is mounted by root')
    def test_an_overlay_copies_true_bytes_by_default(self):
        for overlay in ('', ',userxattr', ',metacopy=on'):
            done, made = self.overlay('chmod u+w *.fits || exit 1; echo >>$(ls *.fits | head -1) || exit 1; truncate -s -1 $(ls *.fits | head -1);'
                                      ' cp *.fits $OUT/files', overlay=overlay)
            self.assert_true_bytes('chmod' + overlay, done, made)
        done, made = self.overlay('mkdir x; mv *.fits x || exit 1; cp x/*.fits $OUT/files')
        self.assert_true_bytes('mv', done, made)

    @unittest.skipIf(os.geteuid() != 0, 'overlayfs is mounted by root')
    def test_programs_in_an_overlay_see_exact_sizes_by_default(self):
        done, made = self.overlay('bsdtar cf $OUT/t *.fits; r=$?; tar xf $OUT/t -C $OUT/files; exit $r')
        self.assert_true_bytes('bsdtar', done, made)

    # --- what stat shows ---

    def assert_exact(self, folder):
        for name, wanted in self.truth.items():
            self.assertEqual(os.stat(os.path.join(folder, name)).st_size, len(wanted))

    def break_table(self):
        """The archive's table of sizes."""
        self.sim.fault(path='/tap_obs', fail_next=-1, status=500)

    def test_one_query_tells_the_sizes_of_a_listing(self):
        folder = self.fresh('sizes=exact')
        self.sim.reset()
        self.assert_exact(folder)
        self.assertEqual(self.sim.requests('/dataPortal/file/'), [])
        self.assertEqual(len(self.sim.requests('/tap_obs')), 1)

    def test_without_the_table_each_file_is_asked_for_once(self):
        folder = self.fresh('sizes=exact')
        self.break_table()
        self.sim.reset()
        self.assert_exact(folder)
        asked = len(self.sim.requests('/dataPortal/file/'))
        self.assertLessEqual(asked, 2 * len(self.truth), 'head and tail')
        self.assert_exact(folder)
        self.mount.unmount()
        self.mount = self.mounted('sizes=exact')
        self.assert_exact(self.mount / 'queries/q')
        self.assertEqual(len(self.sim.requests('/dataPortal/file/')), asked)

    def test_stat_fails_while_the_archive_does_not_answer(self):
        folder = self.fresh('sizes=exact')
        self.break_table()
        self.sim.fault(path='/dataPortal/file/', delay=3600000)
        name = sorted(self.truth)[0]
        self.assert_errno(errno.EAGAIN, os.stat, os.path.join(folder, name))
        self.assertIn('has not said yet how large it is', self.mount.errors())
        self.assertIn(name, os.listdir(folder))
        self.sim.clear()
        self.assertEqual(os.stat(os.path.join(folder, name)).st_size, len(self.truth[name]))

    def test_a_file_whose_size_does_not_come_is_left_out_and_named(self):
        late = sorted(self.truth)[1]
        for name in {'bsdtar', 'cpio'} & INSTALLED.keys():
            with self.subTest(name):
                folder = self.fresh('sizes=exact')
                self.break_table()
                self.sim.fault(path='/dataPortal/file/' + late.removesuffix('.fits'), delay=3600000)
                done, made = self.made_by(PROGRAMS[name], folder)
                self.assertEqual(done.returncode, 1 if name == 'bsdtar' else 0, 'cpio ends well if it cannot stat a file')
                self.assertIn(late.encode(), done.stderr)
                self.assertEqual({file: harness.sha(data) for file, data in made.items()},
                                 {file: harness.sha(data) for file, data in self.truth.items() if file != late})
                self.sim.clear()

    def test_a_header_that_the_archive_corrects_is_noticed_in_open(self):
        dp_id = 'ADP.2016-02-19T05:40:12.512'
        self.fresh('sizes=exact')
        folder = self.mount.save('corrected', f"SELECT * FROM ivoa.ObsCore WHERE dp_id = '{dp_id}'")
        os.listdir(folder)
        path = os.path.join(folder, dp_id + '.fits')
        wanted = self.sim.file(dp_id)
        self.assertNotEqual(os.stat(path).st_size, len(wanted), 'as the table says')
        self.assert_errno(errno.EAGAIN, open, path, 'rb')
        self.assertEqual(os.stat(path).st_size, len(wanted))
        self.assertEqual(harness.sha(harness.read(path)), harness.sha(wanted))

    def test_files_that_the_archive_refuses_can_be_listed(self):
        self.fresh('sizes=exact')
        folder = self.mount.save('private', "SELECT * FROM ivoa.ObsCore WHERE dp_id = 'ADP.2026-02-02T02:02:02.222'")
        path = os.path.join(folder, 'ADP.2026-02-02T02:02:02.222.fits')
        self.assertGreater(os.stat(path).st_size, 0)
        self.assert_errno(errno.EACCES, harness.read, path)

    def test_nothing_is_asked_offline(self):
        self.fresh()
        self.mount.unmount()
        self.mount = self.mounted('sizes=exact,offline')
        self.sim.reset()
        for name in self.truth:
            self.assertGreater(os.stat(self.mount / f'queries/q/{name}').st_size, len(self.truth[name]))
        self.assertEqual(self.sim.requests(), [])


if __name__ == '__main__':
    harness.main()
