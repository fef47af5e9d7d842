"""Archives that fail now and then, or that give a client few connections: all bytes come, later."""
import errno
import itertools
import os
import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import harness
import hiccups
from archive_server import DATALINK, VOTABLE, fits, links, obscore
from harness import read, until
from hiccups import SMALL, begun, whole

LARGE = fits('large', 8_000_000)
QUICK = ('stall_timeout=2s', 'first_byte_timeout=5s')


class Few:
    """Lets so many requests through at once."""

    def __init__(self, limit, status, delay=0.05):
        self.free, self.status, self.delay = threading.Semaphore(limit), status, delay
        self.asked = self.refused = 0

    def serve(self, request, data):
        self.asked += 1
        if not self.free.acquire(blocking=False):
            self.refused += 1
            request.answer('<html><head><title>Too many connections</title></head></html>', self.status, 'text/html')
            return
        try:
            time.sleep(self.delay)
            request.file(data, ETag='"1"')
        finally:
            self.free.release()


class Hiccups(hiccups.HiccupTest):
    # --- ranges that fail ---

    def test_every_third_range_fails(self):
        count = itertools.count(1)

        def serve(request, _):
            if next(count) % 3 == 0:
                request.answer('oops', 500, 'text/plain')
            else:
                request.file(LARGE, ETag='"1"')
        folder = self.archive(serve)
        self.assert_bytes(f'{folder}/f0.fits', LARGE)
        self.assertLess(self.asked(), 100)

    def test_a_range_that_always_fails_is_eio_and_ends(self):
        def serve(request, _):
            asked = request.headers.get('Range', 'bytes=0-').removeprefix('bytes=')
            first = int(asked.split('-')[0])
            last = int(asked.split('-')[1] or len(LARGE))
            if first <= 4_000_000 <= last:
                request.answer('bad block', 500, 'text/plain')
            else:
                request.file(LARGE, ETag='"1"')
        folder = self.archive(serve)
        self.assert_errno(errno.EIO, read, f'{folder}/f0.fits')
        self.assertLess(self.asked(), 120)

    # --- few connections ---

    def assert_all_come(self, limit, programs, status):
        few = Few(limit, status)
        data = {f'f{i}': fits(f'f{i}', 5_000_000) for i in range(6)}
        folder = self.archive(lambda request, name: few.serve(request, data[name]), count=6)
        with ThreadPoolExecutor(programs) as pool:
            got = list(pool.map(lambda name: harness.sha(read(f'{folder}/{name}.fits')), data))
        self.assertEqual(got, [harness.sha(value) for value in data.values()])
        self.assertGreater(few.refused, 0)
        self.assertLess(few.refused, few.asked / 2)

    def test_one_reader_and_two_connections(self):
        for status in (429, 503, 403):
            with self.subTest(status):
                self.assert_all_come(2, 1, status)

    def test_four_readers_and_five_connections(self):
        for status in (429, 403):
            with self.subTest(status):
                self.assert_all_come(5, 4, status)

    def test_a_refusal_is_eacces_at_once_while_others_are_read(self):
        gate = threading.Event()
        self.addCleanup(gate.set)

        def serve(request, name):
            if name == 'f1':
                request.answer('not yours', 403, 'text/plain')
                return
            part = begun(request, LARGE, 1_000)
            gate.wait(harness.PATIENCE)
            request.wfile.write(part[1_000:])
        folder = self.archive(serve, count=2)
        with ThreadPoolExecutor(1) as pool:
            reader = pool.submit(read, f'{folder}/f0.fits')
            until(lambda: self.server.requests('/f/f0'), 'the first request')
            self.assert_errno(errno.EACCES, read, f'{folder}/f1.fits')
            self.assertFalse(reader.done())
            self.assertLessEqual(len(self.server.requests('/f/f1')), 3)
            gate.set()
            self.assertEqual(harness.sha(reader.result()), harness.sha(LARGE))

    # --- first answers ---

    def test_a_first_answer_that_breaks_off_once_is_asked_for_again(self):
        for ranges in (True, False):
            for sent in (0, 60, 2_000):
                with self.subTest(ranges=ranges, sent=sent):
                    count = itertools.count()

                    def serve(request, _):
                        if next(count) == 0:
                            begun(request, SMALL, sent, ranges)
                            request.close_connection = True
                        elif ranges:
                            request.file(SMALL)
                        else:
                            whole(request, SMALL)
                    folder = self.archive(serve)
                    self.assert_bytes(f'{folder}/f0.fits', SMALL)
                    self.assertEqual(harness.sha(read(f'{folder}/f0.fits')), harness.sha(SMALL))
                    self.assertFalse(harness.ended(self.mount.pid))

    def test_a_first_answer_that_stalls_once_is_asked_for_again(self):
        for ranges in (True, False):
            for sent in (0, 60, 2_000, 100_000):
                with self.subTest(ranges=ranges, sent=sent):
                    count, gate = itertools.count(), threading.Event()
                    self.addCleanup(gate.set)

                    def serve(request, _):
                        if next(count) == 0:
                            begun(request, SMALL, sent, ranges, '"1"')
                            gate.wait(harness.PATIENCE)
                            request.close_connection = True
                        elif ranges:
                            request.file(SMALL, ETag='"1"')
                        else:
                            whole(request, SMALL, ETag='"1"')
                    folder = self.archive(serve, *QUICK)
                    try:
                        self.assert_bytes(f'{folder}/f0.fits', SMALL)
                    finally:
                        gate.set()
                    self.assertFalse(harness.ended(self.mount.pid))

    @staticmethod
    def failing_once(document, gate):
        """Answers with a document; the first answer breaks off, or stalls until the gate is open."""
        count = itertools.count()

        def answer(request):
            text = document(request)
            if next(count) > 0:
                request.answer(text, 200, DATALINK)
                return
            request.send_response(200)
            request.send_header('Content-Type', DATALINK)
            request.send_header('Content-Length', str(len(text)))
            request.end_headers()
            request.wfile.write(text[:60])
            request.wfile.flush()
            if gate:
                gate.wait(harness.PATIENCE)
            request.close_connection = True
        return answer

    def test_a_datalink_answer_that_fails_once_is_asked_for_again(self):
        for stalls in (False, True):
            with self.subTest(stalls=stalls):
                gate = threading.Event()
                self.addCleanup(gate.set)
                self.linked(self.failing_once(self.document, gate if stalls else None), *QUICK)
                try:
                    self.assertEqual(harness.sha(read(self.mount / 'datasets/f0/f0.fits')), harness.sha(SMALL))
                    self.assertIn('links.vot', os.listdir(self.mount / 'datasets/f0'))
                finally:
                    gate.set()

    def test_a_calselector_answer_that_fails_once_is_asked_for_again(self):
        def document(request):
            return links([('ivo://a/bias', request.base + '/f/bias', '', '', '#calibration', 'application/fits')])

        def described(request):
            eso = 'http://archive.eso.org/rdf/datalink/eso#calSelector_raw2raw'
            request.answer(links([('ivo://a/f0', request.base + '/f/f0', '', '', '#this', 'application/fits'),
                                  ('ivo://a/f0', request.base + '/cal', '', '', eso, VOTABLE)]), 200, DATALINK)
        for stalls in (False, True):
            with self.subTest(stalls=stalls):
                gate = threading.Event()
                self.addCleanup(gate.set)
                self.linked(described, *QUICK, routes=[('/cal', self.failing_once(document, gate if stalls else None))])
                try:
                    self.assertIn('calibrations', os.listdir(self.mount / 'datasets/f0'))
                    self.assertIn('status.txt', os.listdir(self.mount / 'datasets/f0/calibrations/raw'))
                    self.assertEqual(len(self.server.requests('/cal')), 2)
                finally:
                    gate.set()

    # --- whole answers ---

    def test_a_whole_answer_that_stalls_is_continued_by_its_version(self):
        for tag in ('"1"', None):
            with self.subTest(tag):
                count, gate = itertools.count(), threading.Event()
                self.addCleanup(gate.set)

                def serve(request, _):
                    headers = {'ETag': tag} if tag else {}
                    if next(count) > 0:
                        whole(request, LARGE, **headers)
                        return
                    request.send_response(200)
                    for name, value in {**headers, 'Content-Length': str(len(LARGE))}.items():
                        request.send_header(name, value)
                    request.end_headers()
                    request.wfile.write(LARGE[:1_000_000])
                    request.wfile.flush()
                    gate.wait(harness.PATIENCE)
                    request.close_connection = True
                path = self.archive(serve, *QUICK) + '/f0.fits'
                try:
                    if tag:
                        self.assert_bytes(path, LARGE)
                    else:
                        self.assert_errno(errno.ETIMEDOUT, read, path)
                        self.assert_bytes(path, LARGE)
                finally:
                    gate.set()
                self.assertFalse(harness.ended(self.mount.pid))

    # --- file descriptors ---

    def test_no_descriptors_are_named_as_such_and_not_remembered(self):
        others = [self.serve([('/f/(.*)', lambda request, name: request.file(fits(name)))]) for _ in range(3)]
        rows = [(f'ivo://a/f{i}', f'{other.url}/f/f{i}', 'application/fits') for i, other in enumerate(others)]
        self.server, self.mount, folder = self.mounted_tables(obscore(rows))
        self.files(folder)
        self.assert_bytes(f'{folder}/f0.fits', fits('f0'))
        before = resource.prlimit(self.mount.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.mount.pid, resource.RLIMIT_NOFILE, (3, before[1]))
        try:
            harness.drop_caches(f'{folder}/f0.fits')
            self.assertEqual(harness.sha(read(f'{folder}/f0.fits')), harness.sha(fits('f0')))
            for i in (1, 2):
                self.assert_errno(errno.EMFILE, read, f'{folder}/f{i}.fits')
        finally:
            resource.prlimit(self.mount.pid, resource.RLIMIT_NOFILE, before)
        self.assertIn('Too many open files', self.mount.errors())
        for i in range(3):
            self.assert_bytes(f'{folder}/f{i}.fits', fits(f'f{i}'))


if __name__ == '__main__':
    harness.main()
