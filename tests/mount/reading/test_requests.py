"""How many requests each command of README costs on a mount that knows nothing; run again, it makes none.

`tap`: queries. `links`: DataLink. `files`: ranges or whole files. `other`: cutouts, calibrations, names of objects.
"""
import collections
import os
import shutil

import harness
from harness import run

CUBE = 'ADP.2018-06-21T20:32:57.736'       # 3 GB, three HDUs
SPECTRUM = 'ADP.2014-09-16T11:04:45.123'   # small
MUSE = 'MUSE.2018-06-05T01:06:59.418'      # delivered as .fits.fz
HARPS = 'HARPS.2006-07-05T03:52:40.071'    # delivered as .fits.Z
SPEC = 'circle_11.888_-25.289_1arcsec'
SMALL_CUBE = 'ADP.2016-06-21T08:15:12.100'
FILES = 20                                 # of the query `many`, 44 kB each

KINDS = (('tap', '/tap_'), ('links', '/datalink/'), ('files', '/dataPortal/file/'), ('other', '/'))

ASTROPY = "/usr/bin/python3 -c 'import sys; from astropy.io import fits; {}' "

# Files one after another, or at once: how many of their links come together depends on how fast they are opened. If they are
# opened at once, their order may seem to break, and what was asked for ahead is dropped: a quarter of the files at most.
WALK = {'links': range(4, 10), 'files': FILES}
WARM = {'links': range(4, FILES + 1), 'files': range(FILES, FILES + FILES // 4 + 1)}

# (name, command of sh that runs before, command of sh, its requests). When it is run again, no command makes a request.
COMMANDS = (
    ('ls', '', 'ls $Q', {'tap': 1}),
    ('ls -l', '', 'ls -l $Q', {'tap': 1}),
    ('find -size', '', 'find $Q -size +1k', {'tap': 1}),
    ('du', '', 'du -a $Q', {'tap': 1}),
    ('result.vot', '', 'cat $Q/table/result.vot', {'tap': 1}),
    ('result.csv', '', 'cat $Q/table/result.csv', {'tap': 1}),
    ('headers.csv', '', 'cat $H/table/headers.csv', {'tap': 1, 'links': 1, 'files': 20}),
    ('headers.csv, listed', 'ls $H', 'cat $H/table/headers.csv', {'links': 1, 'files': 20}),
    ('imhead', 'ls $Q', 'imhead $F', {'links': 1, 'files': 1}),
    ('imhead of all', 'ls $Q', 'imhead $Q/*.fits', WALK),
    ('dfits | fitsort', 'ls $Q', 'dfits $F | fitsort OBJECT', {'links': 1, 'files': 1}),
    ('dfits of all', 'ls $Q', 'dfits $Q/*.fits | fitsort OBJECT', WALK),
    ('gethead', 'ls $Q', 'gethead OBJECT $F', {'links': 1, 'files': 1}),
    ('gethead of all', 'ls $Q', 'gethead OBJECT $Q/*.fits', WALK),
    ('imhead of a cube', '', 'imhead $CUBE', {'links': 1, 'files': 2}),
    ('astropy, header of a cube', '', ASTROPY.format('fits.getheader(sys.argv[1])') + '$CUBE', {'links': 1, 'files': 2}),
    ('astropy, all headers', '', ASTROPY.format('fits.info(sys.argv[1])') + '$CUBE', {'links': 1, 'files': 3}),
    ('astropy, section', '', ASTROPY.format('fits.open(sys.argv[1])[1].section[9, 9:19, 9:19]') + '$CUBE',
     {'links': 1, 'files': 3}),
    ('header.txt', '', 'cat $D/$CUBE_ID/header.txt', {'links': 1, 'files': 3}),
    ('header.txt of .Z', '', f'cat $D/{HARPS}/header.txt', {'links': 1, 'files': 1}),
    ('header.txt of .fz', '', f'cat $D/{MUSE}/header.txt', {'links': 1, 'files': 2}),
    ('head of all', 'ls $Q', 'head -q -c 2880 $Q/*.fits', WALK),
    ('cp', 'ls $Q', 'cp $F $OUT', {'links': 1, 'files': 1}),
    ('cp of all', 'ls $Q', 'cp $Q/*.fits $OUT', WALK),
    ('cp -r', 'ls $Q', 'cp -r $Q $OUT', WALK),
    ('rsync', 'ls $Q', 'rsync -a $Q/ $OUT', WALK),
    ('cp of .Z unpacked', '', f'cp $D/{HARPS}/{HARPS}.fits $OUT', {'links': 1, 'files': 1}),
    ('cp of .fz unpacked', '', f'cp $D/{MUSE}/{MUSE}.fits $OUT', {'links': 1, 'files': 2}),
    ('esofs warm', 'ls $Q', '$ESOFS warm $Q', WARM),
    ('esofs warm --headers', 'ls $Q', '$ESOFS warm --headers $Q', WARM),
    ('esofs warm --sizes', 'ls $Q', '$ESOFS warm --sizes $Q', WARM),
    ('ls of a dataset', '', f'ls $D/{SPECTRUM}', {'links': 1}),
    ('ls -lR of a dataset', '', f'ls -lR $D/{SPECTRUM}', {'links': 1}),
    ('cp of a dataset\'s file', '', f'cp $D/{SPECTRUM}/{SPECTRUM}.fits $OUT', {'links': 1, 'files': 2}),
    ('metadata.json', '', f'cat $D/{SPECTRUM}/metadata.json', {'tap': 1}),
    ('links.vot', '', f'cat $D/{SPECTRUM}/links.vot', {'links': 1}),
    ('getfattr of a listing', 'ls $Q', 'getfattr -n user.eso.target_name $F', {}),
    ('calibrations', '', f'ls $D/{MUSE}/calibrations/raw', {'other': 1}),
    ('calibrations, associations.xml', '', f'cat $D/{MUSE}/calibrations/raw/associations.xml', {'other': 2}),
    ('cutout', '', f'cp $D/{SMALL_CUBE}/cutout/{SPEC}.fits $OUT', {'links': 1, 'other': 1}),
    ('cutout, imhead', '', f'imhead $D/{SMALL_CUBE}/cutout/{SPEC}.fits', {'links': 1, 'other': 1}),
    ('cutouts of a query', '', f'cp $C/cutout/{SPEC}/*.fits $OUT', {'tap': 1, 'links': 1, 'other': 1}),
    ('browse/cone', '', 'ls $M/browse/cone/11.888_-25.2888_0.5deg/phase3', {'tap': 1}),
    ('browse/object', '', 'ls $M/browse/object/NGC_253/phase3', {'tap': 1, 'other': 1}),
    ('browse/night', '', 'ls $M/browse/night/MUSE/2018-06-04', {'tap': 1}),
    ('tables, columns.csv', '', 'cat $M/tables/obs/ivoa/ObsCore/columns.csv', {'tap': 2}),
    ('tables, sample.csv', '', 'cat $M/tables/obs/ivoa/ObsCore/sample.csv', {'tap': 2}),
    ('tables, cone', '', 'cat $M/tables/obs/ivoa/ObsCore/cone/11.888_-25.2888_30arcsec.csv', {'tap': 3}),
    ('ls of the mount', '', 'ls -l $M $M/browse $M/datasets $M/queries', {}),
    ('esofs status', '', '$ESOFS status $M', {}),
)


class Requests(harness.MountTest):
    simulator_arguments = ('--rows', '100')

    def setUp(self):
        pass  # each command has a mount of its own

    def environment(self, mount, home):
        out = os.path.join(home.path, 'out')
        os.makedirs(out, exist_ok=True)
        first = 'ADP.2023-01-01T00:00:07.000'
        return {**os.environ, 'M': mount.path, 'D': mount / 'datasets', 'Q': mount / 'queries/many',
                'H': mount / 'queries/headers', 'C': mount / 'queries/cubes', 'F': mount / f'queries/many/{first}.fits',
                'CUBE_ID': CUBE, 'CUBE': mount / f'datasets/{CUBE}/{CUBE}.fits', 'OUT': out,
                'ESOFS': harness.programs['esofs'], 'LC_ALL': 'C.UTF-8'}

    def asked(self):
        """The number of requests of each kind since the last look."""
        counts = collections.Counter(next(kind for kind, place in KINDS if request['target'].startswith(place))
                                     for request in self.simulator.requests())
        self.simulator.reset()
        return dict(counts)

    def costs(self, before, command):
        """The requests of a command on a mount of its own, and of the same command again."""
        home = harness.Home()
        self.addCleanup(home.close)
        mount = harness.Mount(self.simulator.profile, home)
        try:
            many = f"SELECT TOP {FILES} * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023-01-01%'"
            mount.save('many', many)
            mount.save('headers', f'-- headers: OBJECT, NAXIS\n{many}')
            mount.save('cubes', f"SELECT * FROM ivoa.ObsCore WHERE dp_id = '{SMALL_CUBE}'")
            environment = self.environment(mount, home)
            if before:
                run('sh', '-c', before, env=environment)
                mount.settle()
            self.simulator.reset()
            costs = []
            for _ in range(2):
                run('sh', '-ec', command, env=environment, text=False)
                mount.settle()
                costs.append(self.asked())
            return costs
        finally:
            mount.unmount()

    def test_each_command(self):
        for name, before, command, expected in COMMANDS:
            if shutil.which(command.split()[0]) is None and not command.startswith('$'):
                continue
            with self.subTest(name):
                cold, again = self.costs(before, command)
                for kind, count in expected.items():
                    if isinstance(count, range) and cold.get(kind) in count:
                        cold[kind] = count
                self.assertEqual(cold, expected)
                self.assertEqual(again, {})


if __name__ == '__main__':
    harness.main()
