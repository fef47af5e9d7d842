"""Cutouts, read through the mount, have the pixels, coordinates, planes, samples and rows of their parent."""
import os
import warnings

import harness
import numpy
from astropy.coordinates import angular_separation
from astropy.io import fits
from astropy.wcs import WCS

IMAGE = 'ADP.2014-11-12T16:17:07.630'
MEF = 'ADP.2016-01-18T05:40:12.512'
CUBE = 'ADP.2016-06-21T08:15:12.100'
WHITE_LIGHT = 'ADP.2016-06-21T08:15:12.101'
GIANT = 'ADP.2025-07-06T07:52:11.871'  # 364 GB
SPECTRUM = 'ADP.2014-09-16T11:04:45.123'
SOURCES = 'ADP.2014-11-13T09:00:00.307'
TILE = 'ADP.2017-05-05T10:10:10.010'
ROTATED = 'ADP.2022-03-01T10:00:00.000'  # across right ascension 0
WEIGHTS = 'ADP.2022-03-01T10:00:00.001'
CURVED = 'ADP.2022-03-01T10:00:00.020'
POLAR = 'ADP.2022-03-01T10:00:00.040'
VACUUM_CUBE = 'ADP.2022-03-01T10:00:00.060'


def images(file):
    return [hdu for hdu in file if hdu.is_image and hdu.data is not None]


def separation(ra1, dec1, ra2, dec2):
    return numpy.degrees(angular_separation(*map(numpy.radians, (ra1, dec1, ra2, dec2))))


class CutoutPixels(harness.MountTest):
    def setUp(self):
        super().setUp()
        warnings.simplefilter('ignore')  # astropy warns that it completes dates

    def open(self, path):
        file = fits.open(path, checksum=True)
        self.addCleanup(file.close)
        return file

    def parent(self, dp_id):
        return self.open(self.mount / f'datasets/{dp_id}/{dp_id}.fits')

    def cutout(self, dp_id, spec, product=None):
        folder = f'{product}/cutout/{dp_id}' if product else f'{dp_id}/cutout'
        return self.open(self.mount / f'datasets/{folder}/{spec}.fits')

    def compare_image(self, part, whole):
        """Compares the part with the whole, pixel by pixel; returns which pixels of the whole it has."""
        part_wcs, whole_wcs = WCS(part.header), WCS(whole.header)
        pixels = [axis.ravel() for axis in numpy.indices(part.data.shape)[::-1]]
        there = whole_wcs.wcs_world2pix(*part_wcs.wcs_pix2world(*pixels, 0), 0)
        index = [numpy.rint(axis).astype(int) for axis in there]
        for exact, rounded in zip(there, index):
            numpy.testing.assert_allclose(exact, rounded, atol=1e-5)
        for axis, size in zip(index, whole.data.shape[::-1]):
            self.assertTrue(((axis >= 0) & (axis < size)).all())
        numpy.testing.assert_array_equal(part.data.ravel(), whole.data[tuple(index[::-1])])
        kept = numpy.zeros(whole.data.shape, bool)
        kept[tuple(index[::-1])] = True
        self.assertEqual(kept.sum(), part.data.size)
        return kept

    def compare_all(self, dp_id, spec, circle=None, product=None):
        part, whole = self.cutout(dp_id, spec, product), self.parent(dp_id)
        self.assertEqual([hdu.name for hdu in part], [hdu.name for hdu in whole])
        shapes = {hdu.data.shape for hdu in images(part)}
        self.assertEqual(len(shapes), 1, 'planes are cut alike')
        self.assertTrue(images(part))
        kept = [self.compare_image(a, b) for a, b in zip(images(part), images(whole))]
        self.assertFalse(kept[0].all(), 'something was left out')
        if circle:
            self.assert_all_inside(images(whole)[0], kept[0], *circle)
        return kept[0], images(whole)[0]

    def assert_all_inside(self, whole, kept, ra, dec, radius):
        wcs = WCS(whole.header).celestial
        y, x = numpy.indices(whole.data.shape[-2:])
        inside = separation(*wcs.wcs_pix2world(x.ravel(), y.ravel(), 0), ra, dec) < radius * 0.99999
        inside = inside.reshape(whole.data.shape[-2:])
        self.assertTrue(inside.any())
        self.assertTrue((kept | ~inside).all(), 'every pixel of the circle is there')

    def test_of_an_image(self):
        self.compare_all(IMAGE, 'circle_266.4150_-29.0061_10.8arcsec', (266.4150, -29.0061, 0.003))

    def test_of_an_image_across_right_ascension_zero(self):
        self.compare_all(ROTATED, 'circle_0.001_-30.1005_0.0015', (0.001, -30.1005, 0.0015))

    def test_of_an_ancillary_weight_map(self):
        self.compare_all(WEIGHTS, 'circle_0.001_-30.1005_0.0015', (0.001, -30.1005, 0.0015), ROTATED)

    def test_of_an_ancillary_white_light_image(self):
        self.compare_all(WHITE_LIGHT, 'circle_11.8880583_-25.2888_1.44arcsec', (11.8880583, -25.2888, 0.0004), CUBE)

    def test_of_an_image_with_a_curved_projection(self):
        self.compare_all(CURVED, 'circle_150.5_60.4_6arcmin', (150.5, 60.4, 0.1))

    def test_of_error_and_quality_planes(self):
        self.compare_all(MEF, 'circle_266.4165_-29.0075_1.8arcsec', (266.4165, -29.0075, 0.0005))
        self.compare_all(POLAR, 'circle_213.0_89.19_0.03', (213.0, 89.19, 0.03))

    def test_of_a_cube(self):
        self.compare_all(CUBE, 'circle_11.8880583_-25.2888_1.44arcsec', (11.8880583, -25.2888, 0.0004))
        self.compare_all(VACUUM_CUBE, 'circle_350.7003_-12.5001_0.0005', (350.7003, -12.5001, 0.0005))

    def test_a_band_of_a_cube_is_its_planes_inside(self):
        for dp_id in (CUBE, VACUUM_CUBE):
            kept, whole = self.compare_all(dp_id, 'band_550.1nm_649.9nm')
            wcs = WCS(whole.header)
            if wcs.wcs.ctype[2] == 'AWAV':  # in air; BAND is in vacuum
                wcs.wcs.sptr('WAVE-A2W')
            planes = numpy.arange(whole.data.shape[0])
            wave = wcs.wcs_pix2world(numpy.zeros_like(planes), numpy.zeros_like(planes), planes, 0)[2]
            wanted = (wave >= 550.1e-9) & (wave <= 649.9e-9)
            self.assertTrue(wanted.any())
            numpy.testing.assert_array_equal(kept.all(axis=(1, 2)), wanted)
            numpy.testing.assert_array_equal(kept.any(axis=(1, 2)), wanted)

    def test_position_and_band_together(self):
        kept, whole = self.compare_all(CUBE, 'circle_11.8880583_-25.2888_1.44arcsec__band_550nm_600nm')
        self.assertFalse(kept.any(axis=(1, 2)).all())
        self.assertFalse(kept.any(axis=(0, 1)).all())

    def test_a_few_arcseconds_of_a_giant(self):
        part = self.cutout(GIANT, 'circle_11.8880583_-25.2888_1arcsec__band_652nm_652.5nm')
        moved = sum(request['body_bytes'] for request in self.sim.requests())
        self.assertLess(moved, 1 << 20)
        whole = self.mount / f'datasets/{GIANT}/{GIANT}.fits'
        with open(whole, 'rb') as file:
            head = file.read(200000)
        start = head.find(b'END     ', head.find(b'XTENSION')) // 2880 * 2880 + 2880
        header = fits.Header.fromstring(head[head.find(b'XTENSION'):start].decode('ascii'))
        data = part['DATA']
        shift = [round(header[f'CRPIX{i}'] - data.header[f'CRPIX{i}']) for i in (1, 2, 3)]
        nx, ny = header['NAXIS1'], header['NAXIS2']
        self.assertEqual([data.header[f'CRVAL{i}'] for i in (1, 2, 3)], [header[f'CRVAL{i}'] for i in (1, 2, 3)])
        with open(whole, 'rb') as file:
            for z in range(data.data.shape[0]):
                for y in range(data.data.shape[1]):
                    file.seek(start + 4 * (shift[0] + nx * (y + shift[1] + ny * (z + shift[2]))))
                    row = numpy.frombuffer(file.read(4 * data.data.shape[2]), '>f4')
                    numpy.testing.assert_array_equal(row, data.data[z, y])

    def test_a_polygon_of_an_image(self):
        kept, whole = self.compare_all('ADP.2022-03-01T10:00:00.120', 'polygon_88.768_-67.782_88.772_-67.782_88.77_-67.778')
        self.assert_all_inside(whole, kept, 88.77, -67.7806, 0.0003)
        self.assertLess(kept.sum(), kept.size / 4)

    def test_a_band_of_a_spectrum_is_its_samples_inside(self):
        part, whole = self.cutout(SPECTRUM, 'band_500.05nm_510.1nm'), self.parent(SPECTRUM)
        wave = whole[1].data['WAVE'][0]
        wanted = (wave >= 500.05) & (wave <= 510.1)
        self.assertTrue(10 < wanted.sum() < len(wave))
        self.assertEqual(len(part[1].data), 1)
        for name in ('WAVE', 'FLUX', 'ERR'):
            numpy.testing.assert_array_equal(part[1].data[name][0], whole[1].data[name][0][wanted])

    def test_a_circle_of_a_table_is_its_rows_inside(self):
        for dp_id in (SOURCES, TILE):
            part, whole = self.cutout(dp_id, 'circle_266.4168_-29.0078_6arcmin'), self.parent(dp_id)
            table = whole[1].data
            inside = separation(table['RA2000'], table['DEC2000'], 266.4168, -29.0078) <= 0.1
            self.assertTrue(10 < inside.sum() < len(table))
            for name in table.names:
                numpy.testing.assert_array_equal(part[1].data[name], table[name][inside])

    def test_other_archives_cut_the_same(self):
        """By sync with fixed parameters, by a job, and by POS only."""
        circle = 'circle_88.77_-67.78_0.002'
        self.compare_all('ADP.2022-03-01T10:00:00.080', circle, (88.77, -67.78, 0.002))
        self.compare_all('ADP.2022-03-01T10:00:00.100', 'circle_60.5_-20.25_0.0005', (60.5, -20.25, 0.0005))
        self.compare_all('ADP.2022-03-01T10:00:00.140', 'circle_10.25_5.5_0.0005', (10.25, 5.5, 0.0005))

    def test_a_second_look_is_the_same_cutout(self):
        path = self.mount / f'datasets/{IMAGE}/cutout/circle_266.4150_-29.0061_10.8arcsec.fits'
        first = harness.read(path)
        self.assertEqual(os.stat(path).st_size, len(first))
        harness.drop_caches(path)
        self.assertEqual(harness.read(path), first, 'another request would have given another DATE')
        self.assertEqual(len(self.sim.requests('/soda/')), 1)


if __name__ == '__main__':
    harness.main()
