"""Small archives with habits that ESO's does not have, for scripts that mount them by their TAP URL alone.

A server is a list of routes: patterns of paths, and functions that answer a request. Each test adds what is odd about its archive.
"""
import gzip
import http.server
import os
import re
import threading
import unittest
import urllib.parse

import harness

BLOCK = 2880
PIXELS = bytes(i * 7 % 251 for i in range(251))
DATALINK = 'application/x-votable+xml;content=datalink'
VOTABLE = 'application/x-votable+xml'
MADE = {'query.adql', 'status.txt', 'table', 'cutout'}


def fits(mark, size=200_000):
    """A FITS file that differs for each name."""
    cards = ['SIMPLE  =                    T', 'BITPIX  =                    8', 'NAXIS   =                    1',
             f'NAXIS1  = {size:20}', f'OBJECT  = {mark[:60]!r}', 'END']
    head = ''.join(card.ljust(80) for card in cards).ljust(BLOCK)
    data = (PIXELS * (size // len(PIXELS) + 1))[:size]
    return head.encode() + data + bytes(-size % BLOCK)


def escaped(value):
    return str(value).replace('&', '&amp;').replace('<', '&lt;').replace('"', '&quot;')


def votable(columns, rows, behind='', encoding='UTF-8', declared=None):
    """columns: names, or (name, attributes of its FIELD). behind: what follows the results, such as services."""
    fields = ''.join(f'<FIELD name="{escaped(name)}" {attributes}/>' for name, attributes in
                     (c if isinstance(c, tuple) else (c, 'datatype="char" arraysize="*"') for c in columns))
    data = ''.join('<TR>' + ''.join(f'<TD>{"" if value is None else escaped(value)}</TD>' for value in row) + '</TR>'
                   for row in rows)
    text = (f'<?xml version="1.0" encoding="{declared or encoding}"?><VOTABLE version="1.3" '
            'xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
            f'<INFO name="QUERY_STATUS" value="OK"/><TABLE>{fields}<DATA><TABLEDATA>{data}</TABLEDATA></DATA></TABLE>'
            f'</RESOURCE>{behind}</VOTABLE>')
    return text.encode(encoding)


def error_votable(text):
    return ('<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE '
            f'type="results"><INFO name="QUERY_STATUS" value="ERROR">{escaped(text)}</INFO></RESOURCE></VOTABLE>').encode()


def links(rows, behind=''):
    """A DataLink answer; rows: (ID, access_url, service_def, error_message, semantics, content_type)."""
    columns = ['ID', 'access_url', 'service_def', 'error_message', 'semantics', 'content_type']
    return votable(columns, rows, behind)


def service(name, standard, url, inputs=''):
    """A service descriptor."""
    return (f'<RESOURCE type="meta" ID="{name}" utype="adhoc:service"><PARAM name="standardID" datatype="char" arraysize="*" '
            f'value="{standard}"/><PARAM name="accessURL" datatype="char" arraysize="*" value="{escaped(url)}"/>'
            f'<GROUP name="inputParams">{inputs}</GROUP></RESOURCE>')


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *arguments):
        pass

    @property
    def base(self):
        return 'http://' + self.headers['Host']

    def answer(self, body=b'', status=200, content_type=None, **headers):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in ([('Content-Type', content_type)] if content_type else []) + list(headers.items()):
            self.send_header(name.replace('_', '-'), value)
        if status != 204:
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def file(self, data, content_type='application/fits', **headers):
        """Answers with the whole file, or with the range that was asked for."""
        asked = self.headers.get('Range')
        if not asked:
            self.answer(data, 200, content_type, **headers)
            return
        first, _, last = asked.removeprefix('bytes=').partition('-')
        first, last = (int(first), int(last or len(data))) if first else (len(data) - int(last), len(data))
        last = min(last, len(data) - 1)
        self.answer(data[first:last + 1], 206, content_type, Content_Range=f'bytes {first}-{last}/{len(data)}', **headers)

    def do_GET(self):
        length = int(self.headers.get('Content-Length') or 0)
        self.body = self.rfile.read(length) if length else b''  # pylint: disable=attribute-defined-outside-init
        path, _, query = self.path.partition('?')
        parameters = urllib.parse.parse_qsl(query, keep_blank_values=True)
        parameters += urllib.parse.parse_qsl(self.body.decode('latin-1'), keep_blank_values=True)
        self.form = {name.upper(): value for name, value in parameters}  # pylint: disable=attribute-defined-outside-init
        self.server.log.append((self.command, self.path, dict(self.headers), self.form))
        for pattern, handle in self.server.routes:
            match = re.fullmatch(pattern, path)
            if match:
                handle(self, *match.groups())
                return
        self.answer('<html><head><title>404 Nothing here</title></head></html>', 404, 'text/html')

    do_POST = do_DELETE = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, routes):
        super().__init__(('127.0.0.1', 0), Request)
        self.routes, self.log = list(routes), []
        self.url = f'http://127.0.0.1:{self.server_address[1]}'
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def handle_error(self, request, client_address):
        """Ignores clients that close the connection when they have read enough."""

    def requests(self, containing=''):
        return [request for request in list(self.log) if containing in request[1]]

    def close(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


def tap(tables, base='/tap'):
    """Routes of a synchronous service. tables: names in lower case → (columns, rows, or what makes them for a request)."""
    def sync(request):
        adql = request.form.get('QUERY')
        if adql is None:
            request.answer(error_votable('the parameter QUERY is missing'), 400, VOTABLE)
            return
        name = re.search(r'\bFROM\s+((?:"[^"]*"|[\w.])+)', adql, re.IGNORECASE).group(1).lower()
        if name not in tables:
            request.answer(error_votable(f'there is no table {name}'), 400, VOTABLE)
            return
        columns, rows = tables[name]
        request.answer(votable(columns, rows(request) if callable(rows) else rows), 200, VOTABLE)
    return [(base + '/sync', sync)]


def obscore(rows):
    """ObsCore of some rows (id, path of access_url, format, …): a table for tap()."""
    def made(request):
        return [(row[0], request.base + row[1] if row[1].startswith('/') else row[1], *row[2:]) for row in rows]
    columns = ['obs_publisher_did', 'access_url', 'access_format', 't_min'][:len(rows[0])]
    return {'ivoa.obscore': (columns, made)}


class ArchiveTest(unittest.TestCase):
    """A home for each test, and mounts that end with it."""

    def setUp(self):
        self.home = harness.Home()
        self.addCleanup(self.home.close)

    def serve(self, routes):
        server = Server(routes)
        self.addCleanup(server.close)
        return server

    def mounted(self, url, *options):
        mount = harness.Mount(url, self.home, *options)
        self.addCleanup(self._end, mount)
        return mount

    @staticmethod
    def _end(mount):
        if os.path.ismount(mount.path):
            mount.unmount()

    def mounted_tables(self, tables, routes=(), *options):
        """Serves and mounts an archive of these tables; its server, its mount, and a directory of all of ObsCore."""
        server = self.serve([*tap(tables), *routes])
        mount = self.mounted(server.url + '/tap', *options)
        return server, mount, mount.save('all', 'SELECT * FROM ivoa.ObsCore')

    def files(self, folder):
        return sorted(set(os.listdir(folder)) - MADE)

    def assert_bytes(self, path, data):
        self.assertEqual(harness.sha(harness.read(path)), harness.sha(data), path)
        self.assertEqual(os.path.getsize(path), len(data), path)

    def assert_errno(self, expected, operation, *arguments):
        with self.assertRaises(OSError) as caught:
            operation(*arguments)
        self.assertEqual(os.strerror(caught.exception.errno), os.strerror(expected))


def gzipped(text):
    return gzip.compress(text if isinstance(text, bytes) else text.encode())
