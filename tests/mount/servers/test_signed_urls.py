"""An archive whose URLs are secrets: they are signed, or hold tokens. esofs uses them, but shows them in no names,
attributes, errors, status files or logs. Only the archive's own tables keep them, unchanged.
"""
import os
import unittest
import urllib.parse

import harness
from harness import read, run, sha
from test_habits import Handler, ServedTest, fits, votable

SECRET = 'S3CR3T'
DATALINK = 'application/x-votable+xml;content=datalink'
# Parameters that hold signatures and sessions.
SIGNED = {
    'amazon': 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2FS3CR3T&X-Amz-Expires=60&X-Amz-Security-Token=S3CR3T&X-Amz-Signature=S3CR3T',
    'amazon2': 'AWSAccessKeyId=AKIA&Expires=1&Signature=S3CR3T',
    'google': 'X-Goog-Credential=S3CR3T&X-Goog-Signature=S3CR3T',
    'azure': 'sv=2020-08-04&se=2030-01-01&sr=b&sp=r&sig=S3CR3T',
    'cloudfront': 'Policy=public&Signature=S3CR3T&Key-Pair-Id=K1',
    'akamai': 'hdnts=exp=1~acl=*~hmac=S3CR3T',
    'nginx': 'md5=S3CR3T&expires=1',
    'token': 'id=5&token=S3CR3T',
    'key': 'subscription-key=S3CR3T',
    'cas': 'ticket=ST-S3CR3T',
    'upper': 'ACCESS_TOKEN=S3CR3T',
    'escaped': 'to%6ben=S3CR3T',
}


class Archive(Handler):
    def do_POST(self):
        form = self.rfile.read(int(self.headers['Content-Length'])).decode()
        self.do_query(form)

    def do_query(self, _form):
        base = 'http://' + self.headers['Host']
        rows = [(f'ivo://x/{name}', f'{base}/file/{name}.fits?{query}', 'application/fits') for name, query in SIGNED.items()]
        rows += [('ivo://x/two', f'{base}/pick?key=first', 'application/fits'),
                 ('ivo://x/path', f'{base}/file/path.fits;jsessionid=S3CR3T', 'application/fits'),
                 ('', f'{base}/pick?token=S3CR3T1', 'application/fits'), ('', f'{base}/pick?token=S3CR3T2', 'application/fits'),
                 ('ivo://x/user', f'http://me:S3CR3T@{self.headers["Host"]}/file/user.fits', 'application/fits'),
                 ('ivo://x/refused', f'{base}/refused/x?token=S3CR3T', 'application/fits'),
                 ('ivo://x/page', f'{base}/page/x?token=S3CR3T', 'application/fits'),
                 ('ivo://x/moved', f'{base}/moved/x.fits', 'application/fits'),
                 ('ivo://x/gone', f'{base}/gone/x?X-Amz-Signature=S3CR3T', 'application/fits'),
                 ('ivo://x/links', f'{base}/links?ID=1&token=S3CR3T', DATALINK)]
        self.answer(votable(['obs_publisher_did', 'access_url', 'access_format'], rows), Content_Type='application/x-votable+xml')

    def do_GET(self):
        place = urllib.parse.urlsplit(self.path)
        base = 'http://' + self.headers['Host']
        if place.path.startswith('/file/'):
            self.answer(fits(place.path))
        elif place.path == '/pick':
            self.answer(fits(place.query))
        elif place.path == '/refused/x':
            self.answer(b'no', 403)
        elif place.path == '/page/x':
            self.answer(b'<html></html>', Content_Type='text/html')
        elif place.path == '/moved/x.fits':
            self.answer(b'', 302, Location=f'{base}/refused/x?X-Amz-Signature=S3CR3T')
        elif place.path == '/links':
            columns = ['ID', 'access_url', 'service_def', 'error_message', 'semantics', 'content_type']
            rows = [['1', f'{base}/file/linked.fits?token=S3CR3T', '', '', '#this', 'application/fits'],
                    ['1', f'{base}/pick?sig=S3CR3Ta', '', '', '#preview', 'image/png'],
                    ['1', f'{base}/pick?sig=S3CR3Tb', '', '', '#preview', 'image/png'],
                    ['1', f'ftp://me:S3CR3T@{self.headers["Host"]}/x', '', '', '#auxiliary', 'image/png'],
                    ['1', f'{base}/refused/x?token=S3CR3T', '', '', '#auxiliary', 'image/png']]
            self.answer(votable(columns, rows), Content_Type=DATALINK)
        else:
            self.answer(b'not here', 404)


class SignedUrls(ServedTest):
    handler = Archive
    mount_options = ('log_level=trace', 'attempts=2')

    def setUp(self):
        super().setUp()
        self.folder = self.mount.save('all', 'SELECT * FROM ivoa.ObsCore')
        self.names = os.listdir(self.folder)

    def files(self, folder):
        return [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(('.fits', '.png'))]

    def test_signed_urls_open_their_files(self):
        for name in SIGNED:
            self.assertEqual(sha(read(f'{self.folder}/{name}.fits')), sha(fits(f'/file/{name}.fits')), name)

    def test_urls_that_differ_only_in_the_secret_are_two_files(self):
        datas = []
        for path in self.files(self.folder):
            try:
                datas.append(read(path))
            except OSError:
                continue
        for query in ('key=first', 'token=S3CR3T1', 'token=S3CR3T2'):
            self.assertEqual(datas.count(fits(query)), 1, query)

    def test_signed_urls_are_not_shown(self):
        shown = {'names': ' '.join(self.names).encode()}
        for path in self.files(self.folder) + self.side_files():
            try:
                read(path)
            except OSError as error:
                shown['error ' + path] = str(error).encode()
            for attribute in ('url', 'version', 'error', 'size_state'):
                try:
                    shown[f'{attribute} {path}'] = os.getxattr(path, 'user.esofs.' + attribute)
                except OSError:
                    pass
        for name in os.listdir(self.mount / '.esofs'):
            shown[name] = read(self.mount / f'.esofs/{name}')
        shown['status.txt'] = read(self.folder + '/status.txt')
        shown['status'] = run(harness.programs['esofs'], 'status', '--json', self.mount.path).stdout.encode()
        for name in os.listdir(self.home.state):
            if os.path.isfile(os.path.join(self.home.state, name)):
                shown['log ' + name] = read(os.path.join(self.home.state, name))
        self.assertIn('403', self.mount.errors())
        self.assertTrue([name for name in shown if name.startswith('url ')])
        self.assertTrue([name for name in shown if name.startswith('version ')])
        found = [place for place, text in shown.items() if SECRET.encode() in text]
        self.assertEqual(found, [], [shown[place] for place in found[:3]])

    def side_files(self):
        paths = []
        for folder in ('preview', 'auxiliary'):
            place = self.mount / f'datasets/links/{folder}'
            if os.path.isdir(place):
                paths += self.files(place)
        return paths

    def test_side_files_are_distinguished_too(self):
        previews = [read(path) for path in self.side_files() if '/preview/' in path]
        self.assertEqual(sorted(sha(data) for data in previews), sorted(sha(fits(q)) for q in ('sig=S3CR3Ta', 'sig=S3CR3Tb')))

    def test_signed_urls_are_remembered_across_mounts(self):
        before = {path: sha(read(path)) for path in self.files(self.folder) if os.path.basename(path).removesuffix('.fits') in SIGNED}
        self.mount = self.remounted()
        for path, digest in before.items():
            again = path.replace(self.folder, self.mount / 'queries/all')
            self.assertEqual(sha(read(again)), digest)

    def remounted(self):
        self.mount.unmount()
        return self.mounted()


class Archives(harness.MountTest):
    def test_an_archive_is_not_named_by_a_url_with_a_password(self):
        self.mount.unmount()
        os.makedirs(self.mount.path)
        done = run(harness.programs['esofs'], 'mount', self.sim.url.replace('://', '://me:S3CR3T@') + '/tap_obs', self.mount.path,
                   '-o', f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}', check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('credentials', done.stderr)
        self.assertNotIn('S3CR3T', done.stderr)


if __name__ == '__main__':
    unittest.TestCase.maxDiff = None
    harness.main()
