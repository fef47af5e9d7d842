"""Archives whose answers fail, stall or break off, for the scripts of this folder."""
import archive_server
from archive_server import DATALINK, fits, links, obscore

SMALL = fits('small', 300_000)


def begun(request, data, sent, ranges=True, tag=None):
    """The head of an answer, and the first bytes of its body."""
    asked = request.headers.get('Range') if ranges else None
    part = data
    if asked:
        first, last = (int(number) for number in asked.removeprefix('bytes=').split('-'))
        last = min(last, len(data) - 1)
        part = data[first:last + 1]
        request.send_response(206)
        request.send_header('Content-Range', f'bytes {first}-{last}/{len(data)}')
    else:
        request.send_response(200)
    if tag:
        request.send_header('ETag', tag)
    request.send_header('Content-Type', 'application/fits')
    request.send_header('Content-Length', str(len(part)))
    request.end_headers()
    request.wfile.write(part[:sent])
    request.wfile.flush()
    return part


def whole(request, data, **headers):
    """An answer that ignores Range."""
    request.answer(data, 200, 'application/fits', **headers)


class HiccupTest(archive_server.ArchiveTest):
    def archive(self, handle, *options, count=1, routes=()):
        """The folder of an archive's files f0.fits, f1.fits …, which handle(request, name) serves."""
        rows = [(f'ivo://a/f{i}', f'/f/f{i}', 'application/fits') for i in range(count)]
        self.server, self.mount, folder = self.mounted_tables(obscore(rows), [('/f/(.*)', handle), *routes], *options)
        self.files(folder)
        return folder

    def asked(self):
        return len(self.server.requests('/f/'))

    def linked(self, answer_links, *options, routes=()):
        """An archive whose files are behind DataLink answers; the path of the one file."""
        rows = [('ivo://a/f0', '/links', DATALINK)]
        self.server, self.mount, folder = self.mounted_tables(
            obscore(rows), [('/links', answer_links), ('/f/.*', lambda request: request.file(SMALL)), *routes], *options)
        self.files(folder)
        return folder

    @staticmethod
    def document(request):
        return links([('ivo://a/f0', request.base + '/f/f0', '', '', '#this', 'application/fits')])
