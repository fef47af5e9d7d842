"""Programs that astronomers have used for decades see on the mount what they see on a disk.

Each runs over files of the mount and over copies that came past it, and must print the same, with what shows that it has
really read: a program that fails in both places alike fails the test. Then it runs once more with the query's directory as its
working directory, where it can write nothing, and must leave that as it was.
"""
import os
import shutil
import subprocess
import tempfile
import unittest

import harness
from harness import run

MAKE_FITS = r"""
import os, sys
import numpy as np
from astropy.io import fits

folder = sys.argv[1]

def write(name, *hdus):
    hdus[0].header['TELESCOP'] = 'ESO-VLT-U4'
    hdus[0].header['OBJECT'] = name.upper()
    hdus[0].header['DATE-OBS'] = '2016-06-20T09:59:32.123'
    hdus[0].header['HIERARCH ESO DPR CATG'] = 'SCIENCE'
    fits.HDUList(list(hdus)).writeto(os.path.join(folder, name + '.fits'), checksum=True)

y, x = np.mgrid[0:300, 0:400]
sky = np.random.default_rng(1).normal(100, 1, (300, 400))
for at in ((50, 60), (120, 200), (222, 333)):
    sky += 5000 * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 8)
write('image', fits.PrimaryHDU(sky.astype('f4')))
write('mef', fits.PrimaryHDU(), *(fits.ImageHDU((sky * k).astype('f4'), name=name)
                                  for k, name in ((1, 'SCI'), (2, 'ERR'))))
wave = np.linspace(480, 930, 4096)
write('spectrum', fits.PrimaryHDU(np.sin(wave / 50).astype('f4')))
write('table', fits.PrimaryHDU(), fits.BinTableHDU.from_columns(
    [fits.Column('NUMBER', 'J', array=np.arange(2000)), fits.Column('MAG', 'E', array=np.arange(2000) / 100)], name='SOURCES'))
write('cube', fits.PrimaryHDU((np.arange(40 * 50 * 60) % 30011).astype('i2').reshape(40, 50, 60)))
"""


def packages(*names):
    """Skips a test if a program that it needs is not installed, except with CI=true, where scripts/setup has installed it."""
    missing = [name for name in names if shutil.which(name) is None]
    return unittest.skipIf(missing and os.environ.get('CI') != 'true', f'not installed: {" ".join(missing)}')


class Tools(harness.MountTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='esofs-test-')
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        run('/usr/bin/python3', '-c', MAKE_FITS, cls.folder)
        cls.simulator_arguments = ('--fits', cls.folder)
        super().setUpClass()
        rows = cls.simulator.query("SELECT dp_id, target_name FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2000-01-01T%'")
        cls.names = {row['target_name']: row['dp_id'] + '.fits' for row in rows}
        cls.copies = os.path.join(cls.folder, 'copies')
        os.mkdir(cls.copies)
        for name in cls.names.values():
            with open(os.path.join(cls.copies, name), 'wb') as file:
                file.write(cls.simulator.file(name.removesuffix('.fits')))
        cls.packed = cls.simulator.delivered_as('.fits.Z')[0]
        packed = os.path.join(cls.copies, cls.packed + '.fits.Z')
        with open(packed, 'wb') as file:
            file.write(cls.simulator.file(cls.packed))
        run('gunzip', packed)

    def setUp(self):
        super().setUp()
        self.files = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2000-01-01T%'")
        self.listed = sorted(os.listdir(self.files))
        self.assertEqual(self.listed[:len(self.names)], sorted(self.names.values()))

    def tearDown(self):
        self.assertEqual(sorted(os.listdir(self.files)), self.listed)
        super().tearDown()

    def shown(self, folder, words, stdin, place=None):
        """What a program prints over a folder. place: its working directory; None: one of its own."""
        scratch = tempfile.mkdtemp(prefix='esofs-test-')
        try:
            words = [word.replace('@', folder + '/') for word in words]
            given = stdin.replace('@', folder + '/') if stdin is not None else None
            environment = dict(os.environ, USER='astronomer', HOME=scratch, LC_ALL='C',
                               GDL_PATH='+/usr/share/gnudatalanguage/astrolib:+/usr/share/gnudatalanguage/lib')
            environment.pop('DISPLAY', None)
            if given is not None:
                script = os.path.join(scratch, 'script')
                with open(script, 'w', encoding='ascii') as file:
                    file.write(given)
                words = [word.replace('SCRIPT', script) for word in words]
            # IRAF continues when it is asked to end.
            done = subprocess.run(['timeout', '-k', '5', str(harness.PATIENCE), *words], cwd=place or scratch, env=environment,
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False)
            text = (done.stdout + done.stderr).decode('latin-1')
            return text.replace(folder, 'FOLDER').replace(scratch, 'SCRATCH')
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def assert_same(self, *words, script=None, expected=(), files=None, varying=None):
        """varying: lines holding this text differ from run to run."""
        def lines(folder):
            return [line for line in self.shown(folder, words, script).splitlines() if not varying or varying not in line]
        on_mount, on_disk = lines(files or self.files), lines(self.copies)
        self.assertEqual(on_mount, on_disk)
        for text in expected:
            self.assertIn(text, '\n'.join(on_mount))
        self.shown(files or self.files, words, script, place=self.files)

    def name(self, what):
        return self.names[what.upper()]

    # --- IRAF ---

    @packages('irafcl')
    def test_iraf_reads_headers_statistics_and_pixels(self):
        image, mef = self.name('image'), self.name('mef')
        self.assert_same('irafcl', '-f', 'SCRIPT', varying='Created', expected=['IMAGE', '120000', '[400,300][real]', 'TELESCOP'], script=f"""
imheader @{image} l+
imstatistics @{image}
imstatistics @{image}[10:60,20:70]
imstatistics @{mef}[SCI]
imstatistics @{mef}[2]
listpixels @{image}[100:103,100:101]
logout
""")

    @packages('irafcl')
    def test_iraf_copies_sections_into_files_of_its_own(self):
        self.assert_same('irafcl', '-f', 'SCRIPT', expected=['part.fits[30,20][real]', '600'], script=f"""
imcopy @{self.name('image')}[1:30,1:20] part.fits verbose+
imheader part.fits
imstatistics part.fits
logout
""")

    @packages('irafcl')
    def test_iraf_finds_images_by_a_pattern(self):
        self.assert_same('irafcl', '-f', 'SCRIPT', expected=['IMAGE', 'CUBE', 'SPECTRUM'], script="""
imheader @ADP.2000-01-01T00:00:00.00*.fits[0]
logout
""")

    @packages('irafcl')
    def test_iraf_gets_an_error_if_it_writes(self):
        image = self.name('image')
        folder = self.mount / f'datasets/{image.removesuffix(".fits")}'
        shown = self.shown(folder, ['irafcl', '-f', 'SCRIPT'], f"""
hedit @{image} OBJECT changed update+ verify- show-
imdelete @{image} verify-
imheader @{image}
logout
""")
        self.assertRegex(shown, '(?i)no write permission')
        self.assertRegex(shown, r'\[400,300\]\[real\]: IMAGE')
        self.assertEqual(harness.read(os.path.join(folder, image)), harness.read(os.path.join(self.copies, image)))

    @packages('irafcl')
    def test_iraf_can_neither_edit_nor_delete_where_it_works(self):
        image = self.name('image')
        shown = self.shown(self.files, ['irafcl', '-f', 'SCRIPT'], f"""
hedit {image} OBJECT changed update+ verify- show-
imdelete {image} verify-
imheader {image}
imcopy {image}[1:30,1:20] part.fits verbose-
logout
""", place=self.files)
        for sentence in ('No write permission', 'Cannot delete file', 'Cannot preallocate space for file'):
            self.assertIn(sentence, shown)
        self.assertRegex(shown, r'\[400,300\]\[real\]: IMAGE')
        self.assertEqual(harness.read(os.path.join(self.files, image)), harness.read(os.path.join(self.copies, image)))

    @packages('irafcl')
    def test_iraf_reads_a_raw_frame_that_the_archive_keeps_compressed(self):
        self.assert_same('irafcl', '-f', 'SCRIPT', expected=['NPIX', '[0]'], varying='Created', files=self.mount / f'datasets/{self.packed}', script=f"""
imheader @{self.packed}.fits[0] l+
imstatistics @{self.packed}.fits[0]
logout
""")

    # --- IDL, by GDL ---

    @packages('gdl')
    def test_idl_reads_images_tables_and_headers(self):
        self.assert_same('gdl', '-quiet', 'SCRIPT', varying='GTK', expected=['2         400         300', 'SCI', '2000'], script=f"""
a = readfits('@{self.name('image')}', h, /silent)
print, size(a), total(a, /double)
print, sxpar(h, 'OBJECT')
h = headfits('@{self.name('mef')}', exten=1)
print, sxpar(h, 'EXTNAME')
t = mrdfits('@{self.name('table')}', 1, h, /silent)
print, n_elements(t), total(t.mag)
fits_open, '@{self.name('mef')}', fcb
print, fcb.nextend, fcb.extname
fits_read, fcb, d, hd, exten_no=2
print, total(d, /double)
fits_close, fcb
s = readfits('@{self.name('cube')}', h, nslice=7, /silent)
print, size(s), total(s)
exit
""")

    @packages('gdl')
    def test_idl_reads_a_raw_frame_that_the_archive_keeps_compressed(self):
        self.assert_same('gdl', '-quiet', 'SCRIPT', varying='GTK', expected=['BITPIX'],
                         files=self.mount / f'datasets/{self.packed}', script=f"""
h = headfits('@{self.packed}.fits')
print, h
exit
""")

    # --- MIDAS ---

    @packages('inmidas')
    def test_midas_reads_an_image(self):
        job = f'indisk/fits @{self.name("image")} frame; statistics/image frame; bye'
        self.assert_same('inmidas', '00', '-noh', '-nop', '-m', '.', '-j', job, expected=['converted to', '# of pixels used = 120000'])

    # --- others ---

    @packages('fitsverify')
    def test_fitsverify_finds_nothing_wrong(self):
        for what in ('image', 'mef', 'table', 'spectrum', 'cube'):
            self.assert_same('fitsverify', '-q', f'@{self.name(what)}', expected=['verification OK'])

    @packages('gethead', 'imhead', 'getpix', 'getfits')
    def test_wcstools_read_keywords_pixels_and_sections(self):
        image = f'@{self.name("image")}'
        self.assert_same('imhead', image, expected=['ESO-VLT-U4'])
        self.assert_same('gethead', image, 'NAXIS1', 'OBJECT', expected=['400 IMAGE'])
        self.assert_same('getpix', image, '100-103', '100', expected=['10'])

    @packages('dfits', 'fitsort')
    def test_dfits_lists_hierarch_keywords(self):
        self.assert_same('sh', '-c', f'cd @ && dfits {self.name("image")} {self.name("mef")} | fitsort OBJECT dpr.catg',
                         expected=['SCIENCE', 'IMAGE', 'MEF'])

    @packages('source-extractor')
    def test_source_extractor_detects_the_same_objects(self):
        share = '/usr/share/source-extractor/'
        command = (f'printf "NUMBER\\nX_IMAGE\\nY_IMAGE\\nFLUX_AUTO\\n" >wanted; source-extractor @{self.name("image")} '
                   f'-c {share}default.sex -PARAMETERS_NAME wanted -FILTER_NAME {share}default.conv '
                   f'-STARNNW_NAME {share}default.nnw -CATALOG_NAME found -VERBOSE_TYPE QUIET; cat found')
        self.assert_same('sh', '-c', command, expected=['         3 '])

    @packages('stilts')
    def test_stilts_reads_a_table(self):
        self.assert_same('stilts', 'tpipe', f'in=@{self.name("table")}#1', 'cmd=stats', 'ofmt=csv',
                         expected=['NUMBER,999.5'])


if __name__ == '__main__':
    harness.main()
