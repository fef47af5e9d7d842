"""Programs that are interrupted while an archive hangs, and come back: they do not wait for the answer that hangs."""
import itertools
import os
import signal
import subprocess
import threading
import time

import harness
import hiccups
from archive_server import DATALINK, fits
from harness import read, until
from hiccups import SMALL, begun, whole

LARGE = fits('large', 8_000_000)
CHUNKS = 16 * 65_536  # bytes that are kept as they come


class Returns(hiccups.HiccupTest):
    def interrupted(self, *words):
        """Runs a program, presses Ctrl-C when the archive hangs, and waits for its end."""
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        harness.guardian.tell(f'+pid {process.pid}')
        time.sleep(2.5)  # the archive has been silent for longer than a moment
        process.send_signal(signal.SIGINT)
        process.wait(harness.PATIENCE)
        harness.guardian.tell(f'-pid {process.pid}')

    def quick(self, operation, *arguments):
        """The result of what must not wait for a hung answer, whose limit is a minute."""
        begun_at = time.monotonic()
        result = operation(*arguments)
        self.assertLess(time.monotonic() - begun_at, 20)
        return result

    def test_an_open_after_ctrl_c_does_not_join_the_hung_one(self):
        for ranges, sent in ((True, None), (True, 100), (False, None)):
            with self.subTest(ranges=ranges, sent=sent):
                count, gate = itertools.count(), threading.Event()
                self.addCleanup(gate.set)

                def serve(request, _):
                    if next(count) == 0:
                        if sent is not None:
                            begun(request, SMALL, sent, ranges)
                        gate.wait(harness.PATIENCE)
                        request.close_connection = True
                    elif ranges:
                        request.file(SMALL)
                    else:
                        whole(request, SMALL)
                folder = self.archive(serve)
                try:
                    self.interrupted('cat', f'{folder}/f0.fits')
                    self.assertEqual(harness.sha(self.quick(read, f'{folder}/f0.fits')), harness.sha(SMALL))
                finally:
                    gate.set()

    def test_a_datalink_question_after_ctrl_c_does_not_join_the_hung_one(self):
        for opens in (False, True):
            with self.subTest(opens=opens):
                count, gate = itertools.count(), threading.Event()
                self.addCleanup(gate.set)

                def answer(request):
                    if next(count) == 0:
                        gate.wait(harness.PATIENCE)
                        request.close_connection = True
                    else:
                        request.answer(self.document(request), 200, DATALINK)
                folder = self.linked(answer)
                path = f'{folder}/f0.fits' if opens else self.mount / 'datasets/f0/links.vot'
                try:
                    self.interrupted('cat', path)
                    data = self.quick(read, path)
                    self.assertTrue(data == SMALL if opens else b'#this' in data)
                finally:
                    gate.set()

    # --- programs that come back at once ---

    def hanging(self, first_part, later):
        """Serves a request whose first answer stalls after first_part(request), and the others by later(request)."""
        count, gate = itertools.count(), threading.Event()
        self.addCleanup(gate.set)

        def serve(request, *_):
            if next(count) > 0:
                later(request)
                return
            first_part(request)
            gate.wait(harness.PATIENCE)
            request.close_connection = True
        return serve, gate

    def reader(self, path, offset=0):
        """A program that reads from an offset on, and what ends it as Ctrl-C does."""
        process = subprocess.Popen(['tail', '-c', f'+{offset + 1}', path], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        harness.guardian.tell(f'+pid {process.pid}')

        def end():
            process.send_signal(signal.SIGINT)
            process.wait(harness.PATIENCE)
            harness.guardian.tell(f'-pid {process.pid}')

        def waits_for_pages():
            with open(f'/proc/{process.pid}/stat', encoding='utf-8') as file:
                return file.read().rpartition(')')[2].split()[0] == 'D'
        end.waits_for_pages = waits_for_pages
        self.addCleanup(end)
        return end

    def test_a_read_that_comes_back_does_not_join_a_hung_answer(self):
        for tag, waits in itertools.product(('"1"', None), (False, True)):
            with self.subTest(tag=tag, waits=waits):
                headers = {'ETag': tag} if tag else {}
                serve, gate = self.hanging(lambda request: begun(request, LARGE, CHUNKS, False, tag),
                                           lambda request: whole(request, LARGE, **headers))
                path = self.archive(serve) + '/f0.fits'
                end = self.reader(path)
                until(lambda: os.getxattr(path, 'user.esofs.cached_bytes') == b'%d' % CHUNKS, 'all bytes before the stall')
                if waits:
                    until(end.waits_for_pages, 'a read that hangs')
                end()
                self.assertEqual(harness.sha(self.quick(read, path)), harness.sha(LARGE))
                gate.set()
                self.assert_bytes(path, LARGE)
                self.assertEqual(self.asked(), 2)

    def test_a_second_program_does_not_join_a_hung_whole_answer(self):
        for tag in ('"1"', None):
            with self.subTest(tag):
                headers = {'ETag': tag} if tag else {}
                serve, gate = self.hanging(lambda request: begun(request, LARGE, 1_000_000, False, tag),
                                           lambda request: whole(request, LARGE, **headers))
                path = self.archive(serve) + '/f0.fits'
                with open(path, 'rb') as first:
                    start = first.read(4_000)
                    time.sleep(2.5)
                    self.assertEqual(harness.sha(self.quick(read, path)), harness.sha(LARGE))
                    self.assertEqual(first.read(4_000), LARGE[len(start):len(start) + 4_000])
                gate.set()
                self.assert_bytes(path, LARGE)

    def test_a_read_that_comes_back_at_once_does_not_join_a_hung_range(self):
        for place in (1_000_000, len(LARGE) - 10_000):  # the last bytes are asked for with the head
            with self.subTest(place):
                count, gate = itertools.count(), threading.Event()
                self.addCleanup(gate.set)

                def serve(request, _):
                    first = int(request.headers.get('Range', 'bytes=0-').removeprefix('bytes=').split('-')[0])
                    if first > 100_000 and next(count) == 0:
                        begun(request, LARGE, 100, True, '"1"')
                        gate.wait(harness.PATIENCE)
                        request.close_connection = True
                    else:
                        request.file(LARGE, ETag='"1"')
                path = self.archive(serve) + '/f0.fits'
                end = self.reader(path, place)
                until(lambda: len(self.server.requests('/f/')) >= 2, 'the request')
                end()
                with open(path, 'rb') as file:
                    file.seek(place)
                    self.assertEqual(self.quick(file.read, 5_000), LARGE[place:place + 5_000])
                gate.set()

    def test_an_open_that_comes_back_at_once_does_not_join_the_hung_one(self):
        for sent in (None, 100):
            with self.subTest(sent):
                serve, gate = self.hanging(lambda request: sent is None or begun(request, SMALL, sent),
                                           lambda request: request.file(SMALL))
                path = self.archive(serve) + '/f0.fits'
                end = self.reader(path)
                until(self.asked, 'the request')
                end()
                self.assertEqual(harness.sha(self.quick(read, path)), harness.sha(SMALL))
                gate.set()

    def test_an_open_that_comes_back_does_not_wait_for_hung_links(self):
        answer, gate = self.hanging(lambda request: None,
                                    lambda request: request.answer(self.document(request), 200, DATALINK))
        path = self.linked(answer) + '/f0.fits'
        end = self.reader(path)
        until(lambda: self.server.requests('/links'), 'the request')
        end()
        self.assertEqual(harness.sha(self.quick(read, path)), harness.sha(SMALL))
        gate.set()


if __name__ == '__main__':
    harness.main()
