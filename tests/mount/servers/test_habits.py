"""An archive of which only the TAP URL is known, on a server with the habits of many: a form answered by 303, packed
answers, VOTable 1.1, no capabilities, links and files behind redirects, no Range, no length, wrong labels.
"""
import gzip
import http.server
import os
import threading
import urllib.parse

import harness

CARDS = ['SIMPLE  =                    T', 'BITPIX  =                    8', 'NAXIS   =                    1',
         'NAXIS1  =               200000', 'END']
PIXELS = bytes(i * 7 % 251 for i in range(200_000))
BLOCK = 2880


def fits(mark):
    """A FITS file that differs for each name."""
    head = ''.join(card.ljust(80) for card in CARDS[:-1] + [f'OBJECT  = {mark!r}', 'END']).ljust(BLOCK)
    return head.encode() + PIXELS + bytes(-len(PIXELS) % BLOCK)


def votable(columns, rows):
    def cell(value):
        return str(value).replace('&', '&amp;').replace('<', '&lt;')
    fields = ''.join(f'<FIELD name="{name}" datatype="char" arraysize="*"/>' for name in columns)
    data = ''.join('<TR>' + ''.join(f'<TD>{cell(value)}</TD>' for value in row) + '</TR>' for row in rows)
    return ('<?xml version="1.0"?><VOTABLE version="1.1" xmlns="http://www.ivoa.net/xml/VOTable/v1.1">'
            f'<RESOURCE type="results"><INFO name="QUERY_STATUS" value="OK"/><TABLE>{fields}<DATA><TABLEDATA>{data}'
            '</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>').encode()


DATALINK = 'application/x-votable+xml;content=datalink'
# id, path, format
OBSCORE = [
    ('ivo://cadc.nrc.ca/HST?o1/u5ka5301r', '/links?ID=u5ka5301r', DATALINK),
    ('ivo://cadc.nrc.ca/HST?o1/u5ka5301r', '/plain/preview.jpg', 'image/jpeg'),
    ('ivo://cadc.nrc.ca/HST?o1/u5ka5301r', '/plain/second.fits', 'image/fits'),
    ('ivo://odd/one?a b&c/../odd', '/plain/odd.fits', 'application/fits'),
    ('', '/plain/nameless.fits', 'application/fits'),
    ('ivo://iue/moved', '/moved/moved.fits', 'application/fits'),
    ('ivo://x/endless', '/endless/endless.fits', 'application/fits'),
    ('ivo://x/packed', '/packed/packed.fits', 'application/fits'),
    ('ivo://x/coded', '/coded/coded.fits', 'application/fits'),
    ('ivo://x/labelled', '/plain/labelled.fits', DATALINK),
    ('ivo://x/nowhere', '', ''),
    ('ivo://x/gone', '/gone/gone.fits', 'application/fits'),
]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *arguments):
        pass

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        form = self.rfile.read(int(self.headers['Content-Length'])).decode()
        if urllib.parse.urlparse(self.path).path == '/tap/sync':
            self.answer(b'', 303, Location='/tap/answer?' + form)
        else:
            self.answer(b'no such service', 404)

    def do_GET(self):
        kind, name = (urllib.parse.urlparse(self.path).path.strip('/').split('/') + [''])[:2]
        base = 'http://' + self.headers['Host']
        if (kind, name) == ('tap', 'answer'):
            rows = [(did, base + path if path else '', form) for did, path, form in OBSCORE]
            table = votable(['obs_publisher_did', 'access_url', 'access_format'], rows)
            self.answer(gzip.compress(table), Content_Type='text/xml', Content_Encoding='gzip')
        elif kind == 'links':
            columns = ['ID', 'access_url', 'service_def', 'error_message', 'semantics', 'content_type']
            self.answer(votable(columns, [['x', base + '/ranges/linked.fits', '', '', '#this', 'application/fits']]),
                        Content_Type=DATALINK)
        elif kind == 'moved':
            self.answer(b'', 302, Location='../plain/' + name)
        elif kind == 'endless':
            self.protocol_version = 'HTTP/1.0'
            self.send_response(200)
            self.end_headers()
            self.wfile.write(fits(name))
            self.close_connection = True
        elif kind == 'packed':
            self.answer(gzip.compress(fits(name)), Content_Encoding='x-gzip', Content_Type='application/fits')
        elif kind in ('ranges', 'coded') and 'Range' in self.headers:
            data = gzip.compress(fits(name), 0, mtime=0) if kind == 'coded' else fits(name)
            first, _, last = self.headers['Range'].removeprefix('bytes=').partition('-')
            first, last = (int(first), int(last)) if first else (len(data) - int(last), len(data) - 1)
            last = min(last, len(data) - 1)
            encoding = {'Content_Encoding': 'x-gzip'} if kind == 'coded' else {}  # as Apache labels stored gzip files
            self.answer(data[first:last + 1], 206, Content_Range=f'bytes {first}-{last}/{len(data)}', **encoding)
        elif kind == 'plain':
            self.answer(b'\xff\xd8\xff\xe0' + b'x' * 1000 if name.endswith('.jpg') else fits(name))
        else:
            self.answer(b'not here', 404)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Ignores clients that close the connection when they have read enough."""


class ServedTest(harness.MountTest):
    """Mounts the TAP service of a server that answers by `handler`."""
    handler = Handler

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(('127.0.0.1', 0), cls.handler)
        thread = threading.Thread(target=cls.server.serve_forever)
        thread.start()
        cls.addClassCleanup(thread.join)
        cls.addClassCleanup(cls.server.shutdown)

    def mounted(self, *options, archive=None):
        return super().mounted(*options, archive=archive or f'http://127.0.0.1:{self.server.server_address[1]}/tap')


class OtherServers(ServedTest):
    def test_each_file_is_listed_once_and_gives_its_own_bytes(self):
        folder = self.mount.save('all', 'SELECT * FROM ivoa.ObsCore')
        made = {'query.adql', 'status.txt', 'table'}
        expected = {'u5ka5301r.fits': 'linked.fits', 'second.fits': 'second.fits', 'odd.fits': 'odd.fits',
                    'nameless.fits': 'nameless.fits', 'moved.fits': 'moved.fits', 'endless.fits': 'endless.fits',
                    'packed.fits': 'packed.fits', 'coded.fits': 'coded.fits', 'labelled.fits': 'labelled.fits'}
        self.assertEqual(set(os.listdir(folder)) - made, set(expected) | {'u5ka5301r.jpg', 'gone.fits'})
        for _ in range(2):  # from the archive, and from the cache
            for name, file in expected.items():
                with self.subTest(name):
                    self.assertEqual(harness.sha(harness.read(f'{folder}/{name}')), harness.sha(fits(file)))
                    self.assertEqual(os.path.getsize(f'{folder}/{name}'), len(fits(file)))
            self.assertEqual(harness.read(f'{folder}/u5ka5301r.jpg')[:4], b'\xff\xd8\xff\xe0')

    def test_a_missing_file_is_enoent_and_reported(self):
        folder = self.mount.save('all', 'SELECT * FROM ivoa.ObsCore')
        os.listdir(folder)
        with self.assertRaises(FileNotFoundError):
            harness.read(f'{folder}/gone.fits')
        self.assertIn('/gone/gone.fits', self.mount.errors())
        status = harness.read(f'{folder}/status.txt').decode()
        self.assertIn(f'rows: {len(OBSCORE)}', status)
        self.assertIn(f'datasets: {len(OBSCORE) - 1}', status)


if __name__ == '__main__':
    harness.main()
