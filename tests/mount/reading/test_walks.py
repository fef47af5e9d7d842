"""What programs cost that go through the files of a listing: requests and bytes, and never more than was useful."""
import os
import random

import harness
from harness import run

FILES = 50


class Walks(harness.MountTest):
    simulator_arguments = ('--rows', '400')

    def setUp(self):
        super().setUp()
        self.query = self.mount.save('many', "SELECT TOP 200 * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023-01-01%'")
        self.names = sorted(name for name in os.listdir(self.query) if name.endswith('.fits'))
        self.sim.reset()

    def paths(self, names):
        return [os.path.join(self.query, name) for name in names]

    def asked(self):
        """DataLink answers, requests for files, and how many files these are of."""
        links = self.sim.requests('/datalink/')
        files = self.sim.requests('/dataPortal/file/')
        return len(links), len(files), len({request['target'] for request in files})

    def ahead(self):
        return self.mount.status()['files_ahead']

    def assert_useful(self, opened):
        """What was asked for ahead and not opened is at most a fifth of all files."""
        self.mount.settle()
        links, requests, files = self.asked()
        self.assertLessEqual(files - opened, files / 5)
        self.assertLess(links, files / 2 if files > FILES / 2 else files, 'one DataLink answer for many files')
        self.assertLessEqual(requests, 2 * files, 'head and tail of each')
        ahead = self.ahead()
        self.assertLessEqual(files - opened, ahead['asked'] - ahead['used'])
        self.assertLessEqual(ahead['asked'] - ahead['used'], ahead['opened'] / 4)
        return files

    def test_headers_by_one_process_for_each_file(self):
        for path in self.paths(self.names[:FILES]):
            run('head', '-c', '2880', path)
        self.assert_useful(FILES)
        self.assertGreater(self.ahead()['used'], FILES / 2)

    def test_headers_by_one_program(self):
        run('head', '-q', '-c', '2880', *self.paths(self.names[:FILES]))
        self.assert_useful(FILES)
        self.assertGreater(self.ahead()['used'], FILES / 2)

    def test_four_processes_at_once(self):
        run('xargs', '-P', '4', '-n', '1', 'head', '-c', '2880',
            input='\n'.join(self.paths(self.names[:FILES])))
        self.assert_useful(FILES)
        self.assertGreater(self.ahead()['used'], FILES / 2)

    def test_every_third(self):
        run('head', '-q', '-c', '2880', *self.paths(self.names[::3]))
        self.assert_useful(len(self.names[::3]))
        self.assertGreater(self.ahead()['used'], len(self.names[::3]) / 2)

    def test_a_random_order_asks_for_nothing_ahead(self):
        names = random.Random(1).sample(self.names, FILES)
        run('head', '-q', '-c', '2880', *self.paths(names))
        self.mount.settle()
        self.assertEqual(self.asked()[2], FILES)
        self.assertEqual(self.ahead()['asked'], 0)

    def test_copies(self):
        copies = os.path.join(self.home.path, 'copies')
        os.mkdir(copies)
        run('cp', *self.paths(self.names[:FILES]), copies)
        self.assert_useful(FILES)
        for name in self.names[:FILES]:
            self.assertEqual(harness.read(os.path.join(copies, name)), self.sim.file(name.removesuffix('.fits')))

    def test_the_second_walk_asks_for_nothing(self):
        paths = self.paths(self.names)
        run('head', '-q', '-c', '2880', *paths)
        self.mount.settle()
        self.sim.reset()
        run('head', '-q', '-c', '2880', *paths)
        self.mount.settle()
        self.assertEqual(self.asked(), (0, 0, 0))

    def test_nothing_ahead_without_prefetch(self):
        self.mount.unmount()
        self.mount = self.mounted('prefetch=0')
        run('head', '-q', '-c', '2880', *self.paths_of(self.mount))
        self.mount.settle()
        self.assertEqual(self.asked()[2], FILES)

    def paths_of(self, mount):
        return [mount / f'queries/many/{name}' for name in self.names[:FILES]]


if __name__ == '__main__':
    harness.main()
