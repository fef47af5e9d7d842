"""Links of DataLink below datasets/<dp_id>/: their requests, names and bytes."""
import errno
import json
import os
import subprocess

import harness
from harness import read, run

CUBE = 'ADP.2018-06-21T20:32:57.736'  # 3 GB, two extensions
MOSAIC_OF_MANY = 'ADP.2021-07-16T10:20:56.477'  # sixteen progenitors, in a list of their own
RAW = 'MUSE.2018-06-05T01:06:59.418'
MENAGERIE = 'ADP.2022-03-03T03:03:03.003'  # every kind of link; tests/sim/linked.h
MOSAIC = 'ADP.2022-04-04T04:04:04.004'
CATALOGUE = 'ADP.2022-05-05T05:05:05.005'
HOSTILE = 'ADP.2022-06-06T06:06:06.006'
ENDLESS = 'ADP.2066-06-06T06:06:06.00'  # and a digit
PATHS = ('preview', 'auxiliary', 'progenitors', 'derived', 'documentation')


def next_id(dp_id, number):
    """The id of file `number` after the product's own."""
    return dp_id[:-3] + f'{int(dp_id[-3:]) + number:03}'


class LinksTest(harness.MountTest):
    def dataset(self, dp_id, *names):
        return os.path.join(self.mount / f'datasets/{dp_id}', *names)

    def asked(self, path='/datalink/links'):
        return len(self.sim.requests(path))

    def served(self, path):
        return self.sim.get(path)


class Directories(LinksTest):
    def test_a_dataset_shows_all_its_links_by_one_request(self):
        names = os.listdir(self.dataset(CUBE))
        for name in ('preview', 'auxiliary', 'progenitors', 'documentation', 'links.json', 'links.vot', 'header.txt',
                     f'{CUBE}.fits'):
            self.assertIn(name, names)
        self.assertNotIn('derived', names)
        self.assertNotIn('night_log.txt', names)
        self.assertEqual(self.asked(), 1)

    def test_the_file_is_listed_once_whatever_its_producer_called_it(self):
        dp_id = 'ADP.2016-06-21T08:15:12.100'
        for look in range(2):
            names = os.listdir(self.dataset(dp_id))
            self.assertEqual([name for name in names if name.endswith('.fits')], [f'{dp_id}.fits'], f'look {look}')
            read(os.path.join(self.dataset(dp_id), f'{dp_id}.fits'))

    def test_find_downloads_no_file_and_asks_nothing_twice(self):
        found = run('find', self.dataset(CUBE), '-type', 'f').stdout.splitlines()
        inside = {os.path.relpath(path, self.dataset(CUBE)) for path in found}
        for number, ending in ((1, 'fits'), (2, 'log'), (3, 'png'), (4, 'png')):
            self.assertIn(f'auxiliary/{next_id(CUBE, number)}.{ending}', inside)
        self.assertIn(f'progenitors/{RAW}.fits', inside)
        self.assertIn(f'preview/{CUBE}.pdf', inside)
        self.assertIn(f'preview/{CUBE}.html', inside)
        self.assertIn(f'documentation/{CUBE}.pdf', inside)
        self.assertEqual(self.asked(), 1)
        self.assertEqual(self.asked('/dataPortal/file'), 0)
        self.assertEqual(self.asked('/tap_obs'), 0)
        run('find', self.dataset(CUBE), '-size', '+1k')
        self.assertEqual(self.asked(), 1)

    def test_a_long_list_behind_a_link_costs_one_more_request(self):
        self.assertIn('progenitors', os.listdir(self.dataset(MOSAIC_OF_MANY)))
        self.assertEqual(self.asked(), 1)
        names = os.listdir(self.dataset(MOSAIC_OF_MANY, 'progenitors'))
        self.assertEqual(len(names), 16)
        self.assertTrue(all(name.startswith('MUSE.') and name.endswith('.fits') for name in names), names)
        self.assertEqual(self.asked('INCLUDE=progenitor'), 1)
        run('find', self.dataset(MOSAIC_OF_MANY))
        self.assertEqual(self.asked(), 2)

    def test_a_path_can_be_read_that_was_never_listed(self):
        path = self.dataset(CUBE, 'auxiliary', f'{next_id(CUBE, 2)}.log')
        self.assertEqual(read(path), self.served(f'/dataPortal/file/{next_id(CUBE, 2)}'))
        self.assertEqual(self.asked(), 1)
        self.assert_errno(errno.ENOENT, os.stat, self.dataset(CUBE, 'auxiliary', 'nothing.png'))
        self.assert_errno(errno.ENOENT, os.listdir, self.dataset(CUBE, 'derived'))
        self.assertEqual(self.asked(), 1)

    def test_names_that_tools_probe_cost_no_request(self):
        os.listdir(self.dataset(CUBE))
        asked = len(self.sim.requests())
        for name in ('login.cl', 'NAXIS1', f'{CUBE}.fits.fits', f'{CUBE}.fits[1]', 'uparmimhead.par', 'preview.fits',
                     'unheard-of', 'auxiliary/x.fits', 'progenitors/NAXIS1'):
            self.assertFalse(os.path.exists(self.dataset(CUBE, name)), name)
        self.assertEqual(len(self.sim.requests()), asked)

    def test_links_survive_a_remount(self):
        before = run('find', self.dataset(MOSAIC_OF_MANY)).stdout.replace(self.mount.path, '')
        self.mount.unmount()
        self.sim.reset()
        self.mount = self.mounted()
        self.assertEqual(run('find', self.dataset(MOSAIC_OF_MANY)).stdout.replace(self.mount.path, ''), before)
        self.assertEqual(self.sim.requests(), [])

    def test_provenance_can_be_walked_up_and_down(self):
        self.assertEqual(os.listdir(self.dataset(CATALOGUE, 'progenitors')), [f'{MOSAIC}.fits'])
        cubes = os.listdir(self.dataset(MOSAIC, 'progenitors'))
        self.assertEqual(len(cubes), 3)
        cube = cubes[0][:-len('.fits')]
        raws = os.listdir(self.dataset(cube, 'progenitors'))
        self.assertTrue(all(name.startswith('MUSE.') for name in raws), raws)
        raw = raws[0][:-len('.fits')]
        self.assertIn(cubes[0], os.listdir(self.dataset(raw, 'derived')))
        self.assertEqual(os.listdir(self.dataset(MOSAIC, 'derived')), [f'{CATALOGUE}.fits'])


class Bytes(LinksTest):
    def test_copies_are_the_served_bytes_and_cost_no_datalink_each(self):
        folder = os.path.join(self.home.path, 'copied')
        os.makedirs(folder)
        run('cp', '-r', self.dataset(CUBE, 'preview'), self.dataset(CUBE, 'documentation'), folder)
        for number in (2, 3, 4):
            name = next(name for name in os.listdir(self.dataset(CUBE, 'auxiliary'))
                        if name.startswith(next_id(CUBE, number)))
            run('cp', self.dataset(CUBE, 'auxiliary', name), folder)
            self.assertEqual(read(os.path.join(folder, name)),
                             self.served(f'/dataPortal/file/{next_id(CUBE, number)}'))
        self.assertEqual(read(os.path.join(folder, 'preview', f'{CUBE}.pdf')),
                         self.served(f'/previews/v1/files/{CUBE}/preview?format=DOWNLOAD'))
        self.assertEqual(read(os.path.join(folder, 'preview', f'{CUBE}.html')), self.served(f'/dataset/{CUBE}'))
        self.assertTrue(read(os.path.join(folder, 'documentation', f'{CUBE}.pdf')).startswith(b'%PDF'))
        asked = [request['target'] for request in self.sim.requests('/datalink/links')
                 if 'eso_download' not in request['target']]
        self.assertEqual(len(asked), 1)

    def test_a_progenitor_is_the_file_of_its_own_directory(self):
        progenitor = self.dataset(CUBE, 'progenitors', f'{RAW}.fits')
        own = self.dataset(RAW, f'{RAW}.fits')
        self.assertEqual(os.stat(progenitor).st_ino, os.stat(own).st_ino)
        first = read(progenitor)
        fetched = self.asked('/dataPortal/file')
        self.assertEqual(read(own), first)
        self.assertEqual(self.asked('/dataPortal/file'), fetched, 'one cache')
        self.assertEqual(os.stat(own).st_size, len(first))

    def test_a_login_page_is_not_taken_for_a_preview(self):
        os.listdir(self.dataset(CUBE, 'preview'))
        self.sim.fault(path='/previews', login_page=True)
        self.assert_errno(errno.EIO, read, self.dataset(CUBE, 'preview', f'{CUBE}.pdf'))

    def test_the_night_log_can_be_read(self):
        self.assertIn('night_log.txt', os.listdir(self.dataset(RAW)))
        self.assertEqual(read(self.dataset(RAW, 'night_log.txt')), self.served(f'/dataPortal/file/{RAW}.NL'))
        self.assertEqual(self.asked(), 1)

    def test_the_night_log_can_be_read_before_any_listing(self):
        self.assertIn(b'NIGHT LOG', read(self.dataset(RAW, 'night_log.txt')))
        self.assertEqual(self.asked(), 0)


class Headers(LinksTest):
    def test_header_txt_of_3_gb_downloads_only_the_headers(self):
        text = read(self.dataset(CUBE, 'header.txt')).decode('ascii')
        extensions = text.count('\nXTENSION')
        self.assertEqual(extensions, 2)
        moved = sum(request['body_bytes'] for request in self.sim.requests('/dataPortal/file'))
        self.assertLessEqual(moved, (2 + 2 * extensions) * 64 * 1024)
        asked = len(self.sim.requests())
        self.assertEqual(read(self.dataset(CUBE, 'header.txt')).decode('ascii'), text)
        self.assertEqual(len(self.sim.requests()), asked)
        self.assertEqual(os.stat(self.dataset(CUBE, 'header.txt')).st_size, len(text))

    def test_header_txt_is_every_card_of_every_hdu(self):
        script = ('import sys; from astropy.io import fits\n'
                  'for hdu in fits.open(sys.argv[1], disable_image_compression=True):\n'
                  '    text = hdu.header.tostring(endcard=True, padding=False)\n'
                  '    print("\\n".join(text[i:i + 80].rstrip() for i in range(0, len(text), 80)))\n    print()')
        compressed = self.sim.delivered_as('.fits.Z')[0]
        for dp_id in ('ADP.2016-01-18T05:40:12.512', RAW, compressed, 'ADP.2016-02-19T05:40:12.512'):
            wanted = run('/usr/bin/python3', '-c', script, self.dataset(dp_id, f'{dp_id}.fits')).stdout
            shown = read(self.dataset(dp_id, 'header.txt')).decode('ascii')
            self.assertEqual(shown.rstrip('\n'), wanted.rstrip('\n'), dp_id)

    def test_a_header_that_cannot_be_read_says_why(self):
        self.sim.fault(path='/dataPortal/file', login_page=True)
        self.assert_errno(errno.EIO, read, self.dataset(CUBE, 'header.txt'))
        self.assertIn('login page', self.mount.errors())


class Menagerie(LinksTest):
    def test_every_semantics_has_its_place(self):
        names = set(os.listdir(self.dataset(MENAGERIE)))
        self.assertLessEqual({'preview', 'auxiliary', 'progenitors', 'documentation', 'counterpart', 'light-curve',
                              'package', 'wavelength-map'}, names)
        self.assertEqual(sorted(os.listdir(self.dataset(MENAGERIE, 'preview'))),
                         [f'{MENAGERIE}.html', f'{MENAGERIE}.pdf', 'quicklook.png', 'thumb.png'])
        self.assertEqual(os.listdir(self.dataset(MENAGERIE, 'light-curve')), [f'{next_id(MENAGERIE, 6)}.csv'])
        self.assertEqual(os.listdir(self.dataset(MENAGERIE, 'wavelength-map')), [f'{next_id(MENAGERIE, 7)}.txt'])
        self.assertEqual(os.listdir(self.dataset(MENAGERIE, 'progenitors')), [f'{RAW}.fits'])
        self.assertEqual(read(self.dataset(MENAGERIE, 'light-curve', f'{next_id(MENAGERIE, 6)}.csv'))[:8], b'mjd,mag\n')
        self.assertEqual(self.asked(), 1)

    def test_a_link_that_is_a_datalink_is_its_dataset(self):
        own = self.dataset(RAW, f'{RAW}.fits')
        self.assertEqual(read(self.dataset(MENAGERIE, 'progenitors', f'{RAW}.fits')), read(own))
        self.assertEqual(os.stat(self.dataset(MENAGERIE, 'progenitors', f'{RAW}.fits')).st_ino, os.stat(own).st_ino)

    def test_one_query_adds_what_datalink_leaves_open(self):
        names = sorted(os.listdir(self.dataset(MENAGERIE, 'auxiliary')))
        wanted = [next_id(MENAGERIE, number) + ending
                  for number, ending in ((1, '.png'), (2, '.pdf'), (3, '.txt'), (4, '.log'), (5, '.fits'))]
        self.assertLessEqual(set(wanted), set(names))
        queries = [request for request in self.sim.requests('/tap_obs') if 'product_files' in
                   request['body'] + request['target']]
        self.assertEqual(len(queries), 1)
        for name in wanted:
            self.assertEqual(read(self.dataset(MENAGERIE, 'auxiliary', name)),
                             self.served('/dataPortal/file/' + name.rsplit('.', 1)[0]))
        self.assertEqual(self.asked(), 1)

    def test_error_rows_are_reported(self):
        os.listdir(self.dataset(MENAGERIE, 'auxiliary'))
        self.assertIn('the weight map of this image was lost', self.mount.errors())
        self.assert_errno(errno.EACCES, os.listdir, self.dataset(MENAGERIE, 'package'))
        self.assertIn('no permission to read the package', self.mount.errors())

    def test_links_json_has_links_and_services(self):
        os.listdir(self.dataset(CUBE))
        links = json.loads(read(self.dataset(CUBE, 'links.json')))
        self.assertEqual(links['links'][0]['semantics'], '#this')
        self.assertEqual(links['links'][0]['content_length'], os.stat(self.dataset(CUBE, f'{CUBE}.fits')).st_size)
        self.assertEqual(links['services'][0]['id'], f'{CUBE}_soda')
        self.assertIn('CIRCLE', [given['name'] for given in links['services'][0]['inputs']])
        previews = [link for link in links['links'] if link['semantics'] == '#preview']
        self.assertEqual(len(previews), 2)
        self.assertNotIn('content_length', previews[0], 'a placeholder says nothing')
        self.assertEqual(self.asked(), 1)

    def test_ancillary_files_have_attributes(self):
        path = self.dataset(MENAGERIE, 'auxiliary', f'{next_id(MENAGERIE, 5)}.fits')
        for name, value in (('eso.origfile', b'w.MENAGERIE.fits'), ('eso.category', b'ANCILLARY.WEIGHTMAP'),
                            ('eso.semantics', b'#weight')):
            self.assertEqual(os.getxattr(path, f'user.{name}'), value)
        self.assertIn(b'/dataPortal/file/', os.getxattr(path, 'user.esofs.url'))


class OriginalNames(LinksTest):
    mount_options = ('names=original',)

    def test_files_have_the_names_of_their_authors(self):
        names = os.listdir(self.dataset(MENAGERIE, 'auxiliary'))
        for name in ('r.MENAGERIE.png', 'r.MENAGERIE.pdf', 'w.MENAGERIE.fits', 'r.MENAGERIE_same'):
            self.assertIn(name, names)
        self.assertEqual(sum(name.endswith('.MENAGERIE_same') for name in names), 2, 'two files of one name')
        self.assertEqual(os.stat(self.dataset(MENAGERIE, 'auxiliary', 'r.MENAGERIE.png')).st_ino,
                         os.stat(self.dataset(MENAGERIE, 'auxiliary', f'{next_id(MENAGERIE, 1)}.png')).st_ino)

    def test_hostile_names_stay_in_their_directory(self):
        check_hostile(self)


def check_hostile(test):
    """Every name of the hostile dataset can be used and leads nowhere else."""
    top = test.dataset(HOSTILE)
    entries = 0
    for folder, _, names in os.walk(top):
        test.assertTrue(os.path.realpath(folder).startswith(os.path.realpath(top)))
        raw = os.listdir(os.fsencode(folder))
        test.assertEqual(len(raw), len(set(raw)))
        for name in raw:
            entries += 1
            test.assertNotIn(b'/', name)
            test.assertNotIn(name, (b'.', b'..'))
            test.assertLessEqual(len(name), 255)
            test.assertFalse(any(byte < 32 or byte == 127 for byte in name), name)
            os.lstat(os.path.join(os.fsencode(folder), name))
    test.assertGreater(entries, 20)


class HostileAnswers(LinksTest):
    def test_names_stay_in_their_directory(self):
        check_hostile(self)
        self.assertIn(b'metadata_json', os.listdir(os.fsencode(self.dataset(HOSTILE))))

    def test_links_elsewhere_are_refused_or_fail(self):
        names = os.listdir(self.dataset(HOSTILE, 'auxiliary'))
        files = {os.getxattr(self.dataset(HOSTILE, 'auxiliary', name), 'user.eso.origfile'): name for name in names
                 if 'escaped' not in name}
        for original, expected in ((b'passwd.txt', errno.EACCES), (b'ftp.png', errno.EACCES),
                                   (b'script.png', errno.EACCES), (b'elsewhere.png', errno.EHOSTUNREACH)):
            self.assert_errno(expected, read, self.dataset(HOSTILE, 'auxiliary', files[original]))
        self.assertIn('http and https only', self.mount.errors())

    def refused(self, digit, *codes):
        """Lists an endless dataset; the mount answers others meanwhile."""
        path = self.dataset(ENDLESS + digit)
        with subprocess.Popen(['ls', path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as listing:
            self.assertIn(b'esofs', read(self.mount / 'README.txt'))
            self.assertIn(f'{CUBE}.fits', os.listdir(self.dataset(CUBE)))
            said = listing.communicate(timeout=harness.PATIENCE)[1]
        self.assertNotEqual(listing.returncode, 0)
        self.assertTrue(any(os.strerror(code) in said for code in codes), said)

    def test_a_million_rows_are_refused(self):
        self.refused('1', errno.EFBIG)

    def test_a_text_of_four_gigabytes_is_refused_after_a_part(self):
        self.refused('2', errno.EFBIG)
        moved = sum(request['body_bytes'] for request in self.sim.requests('ADP.2066'))
        self.assertLess(moved, 512 << 20)

    def test_entities_and_deep_nesting_are_refused(self):
        self.refused('3', errno.EIO)
        self.refused('4', errno.EIO)

    def test_an_answer_of_errors_only_is_reported(self):
        self.refused('5', errno.EIO)
        self.assertIn('the database is on fire', self.mount.errors())

    def test_memory_stays_small(self):
        for digit in '1234':
            self.refused(digit, errno.EFBIG, errno.EIO)
        with open(f'/proc/{self.mount.pid}/status', encoding='utf-8') as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith('VmHWM'))
        self.assertLess(peak, 600 << 10, 'kB')


if __name__ == '__main__':
    harness.main()
