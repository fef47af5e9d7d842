"""Whole means whole: answers that end too early or come in short parts, packages under FITS names, and names that have an extension."""
import bz2
import errno
import gzip
import io
import os
import tarfile

import archive_server
import harness
from archive_server import BLOCK, DATALINK, fits, links, obscore, service, votable
from harness import read

BIG = fits('big', 3_000_000)
PICTURE = b'\x89PNG\r\n\x1a\n' + bytes(5000) + b'\0\0\0\0IEND\xaeB`\x82'


def unannounced(request, data, content_type='application/fits'):
    """A whole answer without a length, which ends as it should, however much of the file it holds."""
    request.send_response(200)
    request.send_header('Content-Type', content_type)
    request.send_header('Transfer-Encoding', 'chunked')
    request.end_headers()
    for at in range(0, len(data), 65536):
        part = data[at:at + 65536]
        request.wfile.write(b'%x\r\n' % len(part) + part + b'\r\n')
    request.wfile.write(b'0\r\n\r\n')


def tar(packed=''):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w:' + packed) as archive:
        member = tarfile.TarInfo('a')
        member.size = 5
        archive.addfile(member, io.BytesIO(b'12345'))
    return out.getvalue()


def lzw(data):
    """As compress(1) of old wrote it: without block mode. Every code is a byte, and codes have 9 bits."""
    bits = sum(byte << 9 * at for at, byte in enumerate(data))
    return b'\x1f\x9d\x09' + bits.to_bytes((9 * len(data) + 7) // 8, 'little')


def tiles_of_64_bits():
    """A tile-compressed image whose header says that its pixels were integers of 64 bits."""
    import numpy
    from astropy.io import fits as astropy_fits
    out = io.BytesIO()
    hdu = astropy_fits.CompImageHDU(numpy.arange(10_000, dtype='i2').reshape(100, 100), compression_type='RICE_1')
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), hdu]).writeto(out)
    card = b'ZBITPIX =                   '
    return out.getvalue().replace(card + b'16', card + b'64')


def cards(*lines):
    return ''.join(line.ljust(80) for line in (*lines, 'END')).ljust(BLOCK).encode()


def table_with_heap():
    """A table whose last bytes are its heap."""
    head = cards("XTENSION= 'BINTABLE'", 'BITPIX  =                    8', 'NAXIS   =                    2', 'NAXIS1  =                    8',
                 'NAXIS2  =                    1', 'PCOUNT  =               100000', 'GCOUNT  =                    1',
                 'TFIELDS =                    1', "TFORM1  = '1PB(100000)'")
    data = (100000).to_bytes(4, 'big') + bytes(4) + b'\x07' * 100000
    return fits('first', 1000) + head + data + bytes(-len(data) % BLOCK)


class Whole(archive_server.ArchiveTest):
    def mounted_file(self, handle):
        self.server, self.mount, folder = self.mounted_tables(obscore([('ivo://a/one', '/f/one', 'application/fits')]), [('/f/.*', handle)])
        self.assertEqual(self.files(folder), ['one.fits'])
        return folder + '/one.fits'

    def test_an_answer_that_ends_too_early_is_asked_for_again(self):
        for whole, cut in ((BIG, 1_000_000), (table_with_heap(), len(table_with_heap()) - 2 * BLOCK)):
            with self.subTest(len(whole)):
                path = self.mounted_file(lambda r: unannounced(r, whole[:cut] if len(r.server.requests('/f/')) == 1 else whole))  # pylint: disable=cell-var-from-loop
                self.assert_bytes(path, whole)
                self.mount.unmount()
                self.home.close()
                self.home = harness.Home()

    def test_one_that_always_ends_too_early_is_eio_and_not_kept(self):
        path = self.mounted_file(lambda r: unannounced(r, BIG[:1_000_000]))
        self.assert_errno(errno.EIO, read, path)
        self.server.routes.insert(0, ('/f/.*', lambda r: unannounced(r, BIG)))
        harness.until(lambda: self.readable(path), 'the whole file')
        self.assert_bytes(path, BIG)

    @staticmethod
    def readable(path):
        try:
            return bool(read(path))
        except OSError:
            return False

    def test_the_fill_of_the_last_block_may_be_missing(self):
        bare = BIG[:BLOCK + 3_000_000]
        self.assert_bytes(self.mounted_file(lambda r: unannounced(r, bare)), bare)

    def test_an_announced_length_is_held_to(self):
        columns = ['ID', 'access_url', 'service_def', 'error_message', 'semantics', 'content_type', ('content_length', 'datatype="long" unit="byte"')]

        def answer_links(request):
            rows = [('one', request.base + '/f/one', None, None, '#this', 'application/fits', len(BIG)),
                    ('one', request.base + '/s/side.tar', None, None, '#auxiliary', 'application/x-tar', 12345678),
                    ('one', request.base + '/s/side.png', None, None, '#preview', 'image/png', len(PICTURE))]
            request.answer(votable(columns, rows), 200, DATALINK)
        bodies = {'side.tar': b'x' * 1000, 'side.png': PICTURE[:2000]}
        server, mount, folder = self.mounted_tables(
            obscore([('ivo://a/one', '/dl', DATALINK)]),
            [('/dl', answer_links), ('/f/.*', lambda r: unannounced(r, BIG[:1_000_000])),
             ('/s/(.*)', lambda r, name: unannounced(r, bodies[name], 'application/octet-stream'))])
        self.files(folder)
        self.assert_errno(errno.EIO, read, folder + '/one.fits')
        self.assert_errno(errno.EIO, read, mount / 'datasets/one/auxiliary/side.tar')
        self.assertIn('1000 bytes came, and the file is announced with 12345678', mount.errors())
        preview = [os.path.join(root, name) for root, _, names in os.walk(mount / 'datasets/one') for name in names if name.endswith('.png')]
        self.assert_errno(errno.EIO, read, preview[0])
        self.assertEqual(len(server.requests('/s/side.tar')), 3)

    def test_a_cutout_that_ends_too_early_is_cut_again(self):
        cut = fits('cut', 600_000)
        inputs = ('<PARAM name="ID" datatype="char" arraysize="*" ref="idcol" value=""/>'
                  '<PARAM name="CIRCLE" datatype="double" arraysize="3" unit="deg" xtype="circle" value=""/>')

        def answer_links(request):
            columns = [('ID', 'ID="idcol" datatype="char" arraysize="*"'), 'access_url', 'service_def', 'error_message', 'semantics', 'content_type']
            rows = [('ivo://a/one', request.base + '/f/one', None, None, '#this', 'application/fits'),
                    ('ivo://a/one', None, 'soda', None, '#cutout', 'application/fits')]
            request.answer(votable(columns, rows, service('soda', 'ivo://ivoa.net/std/SODA#sync-1.0', request.base + '/soda', inputs)), 200, DATALINK)
        server, mount, folder = self.mounted_tables(
            obscore([('ivo://a/one', '/dl', DATALINK)]),
            [('/dl', answer_links), ('/soda', lambda r: unannounced(r, cut[:250_000] if len(r.server.requests('/soda')) == 1 else cut))])
        self.files(folder)
        self.assert_bytes(mount / 'datasets/one/cutout/circle_10_-20_1arcmin.fits', cut)
        self.assertEqual(len(server.requests('/soda')), 2)

    def test_parts_that_are_shorter_than_asked_are_put_together(self):
        def short(request):
            first, _, last = request.headers['Range'].removeprefix('bytes=').partition('-')
            first, last = (int(first), int(last)) if first else (len(BIG) - int(last), len(BIG) - 1)
            last = min(last, len(BIG) - 1, first + 65535)
            request.answer(BIG[first:last + 1], 206, 'application/fits', Content_Range=f'bytes {first}-{last}/{len(BIG)}', ETag='"1"')
        self.assert_bytes(self.mounted_file(short), BIG)

    def test_404_in_the_middle_of_a_file_is_eio(self):
        def moved(request):
            if len(request.server.requests('/f/')) <= 2:
                request.file(BIG, ETag='"1"')
            else:
                request.answer('gone', 404, 'text/plain')
        path = self.mounted_file(moved)
        with open(path, 'rb') as file:
            self.assert_errno(errno.EIO, os.pread, file.fileno(), 1000, 1_500_000)
        self.assertIn('gone', self.mount.errors())


class Packed(archive_server.ArchiveTest):
    def mounted_as(self, name, data):
        _, mount, folder = self.mounted_tables(obscore([('ivo://a/one', '/f/' + name, 'application/fits')]),
                                               [('/f/.*', lambda r: r.file(data, 'application/octet-stream'))])
        self.files(folder)
        return mount, folder + '/one.fits'

    def test_lzw_without_block_mode_is_unpacked(self):
        plain = fits('old', 20_000)
        self.assert_bytes(self.mounted_as('one.fits.Z', lzw(plain))[1], plain)

    def test_lzw_without_the_fill_of_the_last_block_is_unpacked(self):
        plain = fits('bare', 20_000)[:BLOCK + 20_000]
        self.assert_bytes(self.mounted_as('one.fits.Z', lzw(plain))[1], plain)

    def test_streams_of_several_members_are_unpacked_whole(self):
        plain = fits('members', 500_000)
        parts = [plain[at:at + 100_000] for at in range(0, len(plain), 100_000)]
        for name, pack in (('one.fits.gz', gzip.compress), ('one.fits.bz2', bz2.compress)):
            with self.subTest(name):
                mount, path = self.mounted_as(name, b''.join(pack(part) for part in parts))
                self.assert_bytes(path, plain)
                mount.unmount()
                self.home.close()
                self.home = harness.Home()

    def test_tiles_of_64_bits_are_refused_with_the_reason(self):
        mount, path = self.mounted_as('one.fits.fz', tiles_of_64_bits())
        self.assert_errno(errno.EIO, read, path)
        self.assertIn('ZBITPIX = 64', mount.errors())


class Packages(archive_server.ArchiveTest):
    def test_a_package_under_a_fits_name_is_there_under_its_own(self):
        zipped = b'PK\x03\x04' + bytes(5000)
        for body, kind, sent, own in ((tar(), 'application/x-tar', 'one.tar', 'one.tar'), (zipped, 'application/zip', 'one', 'one.zip'),
                                      (tar('gz'), 'application/octet-stream', 'one.tar.gz', 'one.tar.gz')):
            with self.subTest(own):
                handle = lambda r: r.file(body, kind, Content_Disposition=f'attachment; filename="{sent}"')  # pylint: disable=cell-var-from-loop
                _, mount, folder = self.mounted_tables(obscore([('ivo://a/one', '/f/one', 'application/fits')]), [('/f/one', handle)])
                self.files(folder)
                self.assert_errno(errno.EIO, read, folder + '/one.fits')
                self.assertIn('package', mount.errors())
                self.assertIn(own, os.listdir(mount / 'datasets/one'))
                self.assert_bytes(mount / f'datasets/one/{own}', body)
                mount.unmount()
                self.home.close()
                self.home = harness.Home()


class Names(archive_server.ArchiveTest):
    def test_an_id_that_is_a_file_name_gets_no_second_extension(self):
        rows = [('image_2.fits', '/f/image_2.fits', 'application/fits'), ('ivo://a/cube.fits', '/f/c', 'application/octet-stream'),
                ('preview.png', '/p/preview.png', 'image/png'), ('frame@night.fits', '/f/ab', 'application/fits'), ('nameless', '/f/n', 'application/octet-stream')]
        files = [('/f/(.*)', lambda r, name: r.file(fits(name))), ('/p/.*', lambda r: r.file(PICTURE, 'image/png'))]
        _, _, folder = self.mounted_tables(obscore(rows), files)
        names = self.files(folder)
        at = [name for name in names if '@' in name]
        self.assertEqual(sorted(set(names) - set(at)), ['cube.fits', 'image_2.fits', 'nameless.fits', 'preview.png'])
        self.assertRegex(at[0], '^[^.]*@night.fits$')
        self.assert_bytes(folder + '/image_2.fits', fits('image_2.fits'))
        self.assert_bytes(folder + '/preview.png', PICTURE)
        self.assert_bytes(f'{folder}/{at[0]}', fits('ab'))


if __name__ == '__main__':
    harness.main()
