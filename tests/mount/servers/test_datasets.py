"""Datasets of other archives, known only from listings: their names, their links, packages of files, and cutouts.
"""
import bz2
import errno
import os

import archive_server
import harness
from archive_server import DATALINK, PIXELS, fits, gzipped, links, obscore, service
from harness import read

LINKS_SERVICE = 'ivo://ivoa.net/std/DataLink#links-1.0'
SODA_ASYNC = 'ivo://ivoa.net/std/SODA#async-1.0'
PREVIEW = b'\xff\xd8\xff\xe0' + PIXELS
PACKAGE = bytes(257) + b'ustar\x0000' + PIXELS * 100


def deliver(request, name):
    """A file by its name: compressed, a picture, a text, a package, or FITS."""
    plain = fits(name.split('.fits')[0])
    if name.endswith('.gz'):
        request.file(gzipped(plain), 'application/gzip')
    elif name.endswith('.bz2'):
        request.file(bz2.compress(plain), 'application/octet-stream')
    elif name.endswith('.jpg'):
        request.file(PREVIEW, 'image/jpeg')
    elif name.endswith('.txt'):
        request.file(b'1 2 3\n' * 100, 'text/plain')
    elif name.endswith('.tar'):
        request.file(PACKAGE, 'application/octet-stream')
    else:
        request.file(plain, 'application/octet-stream')


FILES = [('/f/(.*)', deliver)]


class Names(archive_server.ArchiveTest):
    def test_a_row_without_a_format_is_named_after_its_url(self):
        _, mount, folder = self.mounted_tables(obscore([
            ('ivo://a/one', '/f/one.jpg', None), ('ivo://a/two', '/f/two.txt', None), ('ivo://a/three', '/f/three', None),
            ('ivo://a/four', '/f/four.fits.gz', None), ('ivo://a/five', '/f/five.tar', None),
            ('ivo://a/six', '/get?file=six.txt', None), ('ivo://a?x/seven.jpg', '/f/seven.jpg', None)]),
            [*FILES, ('/get', lambda request: deliver(request, request.form['FILE']))])
        self.assertEqual(self.files(folder), ['five.tar', 'four.fits', 'one.jpg', 'seven.jpg', 'six.txt', 'three.fits', 'two.txt'])
        self.assert_bytes(f'{folder}/one.jpg', PREVIEW)
        self.assert_bytes(f'{folder}/six.txt', b'1 2 3\n' * 100)
        self.assert_bytes(f'{folder}/four.fits', fits('four'))
        self.assert_bytes(f'{folder}/five.tar', PACKAGE)
        self.assertEqual(sorted(os.listdir(mount / 'datasets/one')), ['metadata.json', 'one.jpg'])
        self.assert_bytes(mount / 'datasets/seven/seven.jpg', PREVIEW)

    def test_every_dataset_has_a_directory_whatever_its_id(self):
        ids = ['ivo://a/with space', 'ADS/JAO.ALMA#2017.1.00079.S', 'ivo://a/p(q)[1]', 'ivo://a/100%', 'ivo://a/ünï中',
               'ivo://a/' + 'L' * 300, 'ivo://a/case', 'ivo://a/CASE', 'ivo://a/same', 'ivo://b/same', 'ivo://a/_dash&amp;']
        _, mount, folder = self.mounted_tables(
            obscore([(name, f'/f/{number}', 'application/fits') for number, name in enumerate(ids)]), FILES)
        names = self.files(folder)
        self.assertEqual(len(names), len(ids))
        for name in names:
            with self.subTest(name):
                own = mount / f'datasets/{name.removesuffix(".fits")}/{name}'
                data = read(f'{folder}/{name}')
                self.assertIn(name, os.listdir(os.path.dirname(own)))
                self.assert_bytes(own, data)
                self.assertEqual(os.stat(own).st_ino, os.stat(f'{folder}/{name}').st_ino)
                did = os.getxattr(f'{folder}/{name}', 'user.eso.obs_publisher_did').decode()
                self.assertEqual(harness.sha(data), harness.sha(fits(str(ids.index(did)))))
        self.assertEqual({f'{name}.fits' for name in os.listdir(mount / 'datasets')}, set(names))

    def test_a_dataset_that_browse_has_shown_has_its_directory_too(self):
        server = self.serve([*archive_server.tap(obscore([('ivo://a/found', '/f/found', 'image/fits')])), *FILES])
        mount = self.mounted(server.url + '/tap')
        self.assertFalse(os.path.exists(mount / 'datasets/found'))
        cone = mount / 'browse/cone/10_20_1/obscore'
        self.assertEqual(self.files(cone), ['found.fits'])
        harness.until(lambda: os.path.exists(mount / 'datasets/found'), 'the directory')
        self.assert_bytes(mount / 'datasets/found/found.fits', fits('found'))
        mount.unmount()
        again = self.mounted(server.url + '/tap', 'offline=yes')
        self.assertEqual(os.listdir(again / 'datasets'), ['found'])
        self.assert_bytes(again / 'datasets/found/found.fits', fits('found'))

    def test_a_numeric_id_names_its_dataset(self):
        columns = [('obs_publisher_did', 'datatype="long"'), 'access_url']
        _, _, folder = self.mounted_tables(
            {'ivoa.obscore': (columns, lambda request: [(9007199254740993, request.base + '/f/a')])}, FILES)
        self.assertEqual(self.files(folder), ['9007199254740993.fits'])

    def test_observations_before_1970_have_a_time_of_1980(self):
        _, _, folder = self.mounted_tables(
            obscore([('plate', '/f/plate', 'image/fits', '20000.5'), ('undated', '/f/undated', 'image/fits', None)]), FILES)
        self.assertEqual(os.stat(f'{folder}/plate.fits').st_mtime, 315_619_200)
        self.assertEqual(os.stat(f'{folder}/undated.fits').st_mtime, 946_684_800)

    def test_bzip2_is_unpacked_and_also_there_as_delivered(self):
        _, mount, folder = self.mounted_tables(obscore([('frame', '/f/frame.fits.bz2', 'application/x-bzip2')]), FILES)
        self.assert_bytes(f'{folder}/frame.fits', fits('frame'))
        self.assertIn('frame.fits.bz2', os.listdir(mount / 'datasets/frame'))
        self.assert_bytes(mount / 'datasets/frame/frame.fits.bz2', bz2.compress(fits('frame')))


class Links(archive_server.ArchiveTest):
    @staticmethod
    def answer(request):
        name = request.form['ID']
        request.answer(links([(name, f'{request.base}/f/{name}.fits', '', '', '#this', 'image/fits'),
                              (name, f'{request.base}/f/{name}.jpg', '', '', '#preview', 'image/jpeg')]), 200, 'text/xml')

    def test_a_url_of_unknown_type_may_be_datalink(self):
        server, mount, folder = self.mounted_tables(
            obscore([('ivo://a/linked', '/links?ID=linked', None), ('ivo://a/plain', '/f/plain', None)]),
            [*FILES, ('/links', self.answer)])
        self.assertEqual(self.files(folder), ['linked.fits', 'plain.fits'])
        self.assertEqual(sorted(os.listdir(mount / 'datasets/linked')),
                         ['header.txt', 'linked.fits', 'links.json', 'links.vot', 'metadata.json', 'preview'])
        self.assertEqual(sorted(os.listdir(mount / 'datasets/plain')), ['header.txt', 'metadata.json', 'plain.fits'])
        self.assert_bytes(mount / 'datasets/linked/preview/linked.jpg', PREVIEW)
        self.assert_bytes(f'{folder}/linked.fits', fits('linked'))
        self.assertIn(b'#preview', read(mount / 'datasets/linked/links.vot'))
        self.assertEqual(len(server.requests('/links')), 1)

    def test_links_that_come_gzipped_are_read(self):
        def packed(request):
            request.answer(gzipped(links([('x', request.base + '/f/x.fits', '', '', '#this', 'image/fits')])), 200, 'text/xml',
                           Content_Encoding='gzip')
        _, _, folder = self.mounted_tables(
            obscore([('ivo://a/x', '/links', DATALINK), ('ivo://a/y', '/links?y', None)]), [*FILES, ('/links', packed)])
        self.assert_bytes(f'{folder}/x.fits', fits('x'))
        self.assert_bytes(f'{folder}/y.fits', fits('x'))


class Packages(archive_server.ArchiveTest):
    """As at ALMA: a package of files, and a service that offers each file in it."""

    def package(self, request):
        name = request.form['ID']
        row = (name, '', 'inside', '', '#this', DATALINK)
        rows = [(name, f'{request.base}/f/{name}.tar', '', '', '#this', 'application/x-tar')]
        behind = ''
        if name == 'open':
            rows.append(row)
            behind = service('inside', LINKS_SERVICE, request.base + '/inside?ID=open.tar')
        rows.append((name, f'{request.base}/f/{name}.txt', '', '', '#documentation', 'text/plain'))
        request.answer(links(rows, behind), 200, DATALINK)

    def inside(self, request):
        rows = [('open.tar', f'{request.base}/f/{name}', '', '', '#this', 'application/octet-stream')
                for name in ('mask.tar', 'cube.fits', 'pb.fits.gz')]
        request.answer(links(rows), 200, DATALINK)

    def setUp(self):
        super().setUp()
        _, self.mount, self.folder = self.mounted_tables(
            obscore([('ADS/ALMA#open', '/links?ID=open', DATALINK), ('ADS/ALMA#shut', '/links?ID=shut', DATALINK)]),
            [*FILES, ('/links', self.package), ('/inside', self.inside)])
        self.assertEqual(self.files(self.folder), ['ALMA#open.fits', 'ALMA#shut.fits'])

    def test_the_files_of_a_package_are_there_one_by_one(self):
        self.assert_bytes(f'{self.folder}/ALMA#open.fits', fits('cube'))
        own = self.mount / 'datasets/ALMA#open'
        self.assertIn('this', os.listdir(own))
        self.assertEqual(sorted(os.listdir(f'{own}/this')), ['cube.fits', 'mask.tar', 'open.tar', 'pb.fits'])
        self.assert_bytes(f'{own}/this/cube.fits', fits('cube'))
        self.assert_bytes(f'{own}/this/pb.fits', fits('pb'))
        self.assert_bytes(f'{own}/this/open.tar', PACKAGE)
        self.assertEqual(os.listdir(f'{own}/documentation'), ['open.txt'])

    def test_a_package_alone_is_listed_as_a_package(self):
        self.assert_errno(errno.EIO, read, f'{self.folder}/ALMA#shut.fits')
        self.assertIn('as a package, which is no FITS file: it is the .tar file', self.mount.errors())
        own = self.mount / 'datasets/ALMA#shut'
        self.assertEqual(sorted(os.listdir(own)),
                         ['ALMA#shut.tar', 'documentation', 'links.json', 'links.vot', 'metadata.json'])
        self.assert_bytes(f'{own}/ALMA#shut.tar', PACKAGE)


class Cutouts(archive_server.ArchiveTest):
    def test_the_fits_file_among_a_jobs_results_is_the_cutout(self):
        polls = []

        def answer(request):
            inputs = ('<PARAM name="ID" datatype="char" arraysize="*" value="" ref="token"/>'
                      '<PARAM name="POS" datatype="char" arraysize="*" xtype="circle"/>')
            columns = ['ID', 'access_url', 'service_def', 'error_message', 'semantics', 'content_type',
                       ('token', 'ID="token" datatype="char" arraysize="*"')]
            rows = [('c', request.base + '/f/c.fits', '', '', '#this', 'application/fits', ''),
                    ('c', '', 'cut', '', '#cutout', 'application/fits', 'to+ken/=')]
            request.answer(archive_server.votable(columns, rows, service('cut', SODA_ASYNC, request.base + '/soda/async', inputs)),
                           200, DATALINK)

        def job(request, _=None):
            if request.command == 'DELETE':
                request.answer(b'', 303, Location='/soda/async')
                return
            if request.command == 'POST':
                request.answer(b'', 303, Location=request.base + '/soda/async/1')
                return
            polls.append(request.path)
            done = len(polls) > 1
            results = ''.join(f'<uws:result id="{name}" xlink:href="{request.base}/cut/{name}"/>' for name in
                              ('c.fits.checksum', 'c.fits')) if done else ''
            request.answer('<?xml version="1.0"?><uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" '
                           'xmlns:xlink="http://www.w3.org/1999/xlink"><uws:jobId>\n <![CDATA[1]]>\n</uws:jobId><uws:phase>'
                           f'{"COMPLETED" if done else "EXECUTING"}</uws:phase><uws:results>{results}</uws:results></uws:job>',
                           200, 'text/xml')

        def cut(request, name):
            request.answer(b'123 456' if name.endswith('checksum') else fits('cut out'), 200)

        server, mount, folder = self.mounted_tables(
            obscore([('c', '/links', DATALINK)]),
            [*FILES, ('/links', answer), ('/soda/async', job), ('/soda/async/(1.*)', job), ('/cut/(.*)', cut)])
        self.files(folder)
        self.assert_bytes(mount / 'datasets/c/cutout/circle_10_20_1arcmin.fits', fits('cut out'))
        [made] = [form for method, path, _, form in server.log if (method, path) == ('POST', '/soda/async')]
        self.assertEqual(made['ID'], 'to+ken/=')
        self.assertTrue(made['POS'].startswith('CIRCLE 10 20 '))


if __name__ == '__main__':
    harness.main()
