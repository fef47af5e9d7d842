#!/usr/bin/python3
"""Judges the archive simulator with other people's tools: STILTS taplint and datalinklint, and pyvo.

Usage: conformance.py --binary build/dev/tests/sim/esofs-archive-sim
The linter's messages that are allowed are listed below: the archive's own recorded form causes them.
"""
import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BINARY = None

OBSERVATIONS_ALLOWED = {
    "E-TMS-TSLN": "the archive's TAP_SCHEMA lists no foreign keys between its own tables (VOSI tables, June 2026)",
    "W-OBS-NSOP": "the archive says 'uncalibrated' in o_calib_status",
    "F-LOC-NOTP": "the archive has no ivoa.obsplan",
    "F-UPL-NOUP": "the archive takes no uploads",
}
CATALOGUES_ALLOWED = {
    "E-TMS-TSLN": OBSERVATIONS_ALLOWED["E-TMS-TSLN"],
    "E-TMS-TSCT": "tap_cat writes SQL datatypes in capitals in TAP_SCHEMA.columns (CHAR, REAL, INTEGER …)",
    "F-LOC-NOTP": OBSERVATIONS_ALLOWED["F-LOC-NOTP"],
    "F-UPL-NOUP": OBSERVATIONS_ALLOWED["F-UPL-NOUP"],
}
# The archive's SODA descriptor has the dp_id, with its colons, in RESOURCE/@ID, where XML wants an NCName. For
# messages of its XML parser, STILTS makes the code out of the text, so the text is matched here.
DATALINK_ALLOWED = ("is not a valid value for 'NCName'", "of attribute 'ID' on element 'RESOURCE' is not valid")

REDUCED = "ADP.2018-06-21T20:32:57.736"
RAW = "MUSE.2018-06-05T01:06:59.418"
# Datasets with service descriptors. CASDA is left out: it repeats POS with xtypes that the linter refuses.
OTHER_FORMS = ["ADP.2022-03-01T10:00:00.080", "ADP.2022-03-01T10:00:00.120", "ADP.2022-03-01T10:00:00.140"]


def messages(tool, *arguments):
    """The errors, failures and warnings of a STILTS linter, one a line."""
    done = subprocess.run(["stilts", tool, *arguments], capture_output=True, text=True, timeout=300, check=False)
    if not re.search(r"^(Totals|#)|^[EISWF]-", done.stdout, re.M):
        raise AssertionError("stilts said nothing of use: " + done.stdout + done.stderr)
    return [line for line in done.stdout.splitlines() if re.match(r"[EFW]-", line)]


class Conformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = subprocess.Popen([BINARY, "--parent-death"], stdout=subprocess.PIPE, text=True)
        cls.url = cls.simulator.stdout.readline().strip()

    @classmethod
    def tearDownClass(cls):
        cls.simulator.terminate()
        cls.simulator.wait(timeout=30)
        cls.simulator.stdout.close()

    def check_taplint(self, service, allowed):
        found = messages("taplint", "tapurl=" + self.url + service)
        # "E-TMS-TSCT-12 …" and the summary of repeats, "E-TMS-TSCT-x …", both have the code E-TMS-TSCT.
        wrong = [line for line in found if "-".join(line.split()[0].split("-")[:3]) not in allowed]
        self.assertEqual(wrong, [])

    def test_taplint_finds_no_fault_in_tap_obs(self):
        self.check_taplint("/tap_obs", OBSERVATIONS_ALLOWED)

    def test_taplint_finds_no_fault_in_tap_cat(self):
        self.check_taplint("/tap_cat", CATALOGUES_ALLOWED)

    def test_datalinklint_finds_no_fault_in_links(self):
        for dataset in (REDUCED, RAW, *OTHER_FORMS):
            found = messages("datalinklint", "votable=" + self.url + "/datalink/links?ID=ivo://eso.org/ID?" + dataset)
            wrong = [line for line in found if not any(text in line for text in DATALINK_ALLOWED)]
            self.assertEqual(wrong, [], dataset)

    def test_pyvo_queries_synchronously(self):
        service = pyvo.dal.TAPService(self.url + "/tap_obs")
        found = service.search("SELECT TOP 3 dp_id, s_ra, s_region FROM ivoa.ObsCore WHERE dataproduct_type='CUBE'")
        self.assertEqual(len(found), 3)
        self.assertTrue(found[0]["dp_id"].startswith("ADP."))
        self.assertEqual(service.maxrec, 20000)
        self.assertEqual(service.hardlimit, 15000000)

    def test_pyvo_sees_errors_and_overflow(self):
        service = pyvo.dal.TAPService(self.url + "/tap_obs")
        with self.assertRaises(pyvo.dal.DALQueryError) as caught:
            service.search("SELECT nothing FROM ivoa.ObsCore")
        self.assertIn('Unknown column "nothing"', str(caught.exception))
        found = service.run_sync("SELECT dp_id FROM ivoa.ObsCore", maxrec=2)
        self.assertEqual(len(found), 2)
        statuses = [info.value for info in found.votable.resources[0].infos if info.name == "QUERY_STATUS"]
        self.assertEqual(statuses[-1], "OVERFLOW")

    def test_pyvo_runs_a_job(self):
        service = pyvo.dal.TAPService(self.url + "/tap_obs")
        job = service.submit_job("SELECT TOP 3 dp_id FROM dbo.raw WHERE instrument='MUSE'", maxrec=10)
        self.assertEqual(job.phase, "PENDING")
        job.execution_duration = 300
        self.assertEqual(float(getattr(job.execution_duration, "sec", job.execution_duration)), 300)
        job.run().wait(phases=["COMPLETED", "ERROR", "ABORTED"], timeout=60)
        self.assertEqual(job.phase, "COMPLETED")
        self.assertEqual(len(job.fetch_result()), 3)
        job.delete()

    def test_pyvo_reads_the_tables(self):
        tables = pyvo.dal.TAPService(self.url + "/tap_obs").tables
        self.assertEqual(len(list(tables.keys())), 58)
        self.assertEqual(len(tables["ivoa.ObsCore"].columns), 55)

    def test_pyvo_follows_datalink(self):
        service = pyvo.dal.TAPService(self.url + "/tap_obs")
        found = service.search("SELECT * FROM ivoa.ObsCore WHERE dp_id='" + REDUCED + "'")
        links = pyvo.dal.adhoc.DatalinkResults.from_result_url(found[0]["access_url"])
        this = [link for link in links if link["semantics"] == "#this"]  # by name: the vocabularies are not available offline
        self.assertEqual(len(this), 1)

    def cutout(self, dataset, service, **parameters):
        """The FITS file that pyvo gets from a dataset's cutout service, found through DataLink."""
        links = pyvo.dal.adhoc.DatalinkResults.from_result_url(
            self.url + "/datalink/links?ID=ivo://eso.org/ID?" + dataset)
        if service is None:
            link = links.get_first_proc()
        else:
            link = next(each for each in links.iter_procs() if each.service_def.startswith(service))
        self.assertEqual(link["semantics"], "#cutout")
        return astropy.io.fits.open(io.BytesIO(link.process(**parameters).read()))

    def test_pyvo_follows_datalink_to_cutouts(self):
        image = self.cutout("ADP.2014-11-12T16:17:07.630", None, circle=(266.4168, -29.0078, 0.002))
        self.assertEqual(image[0].shape, (42, 42))
        cube = self.cutout("ADP.2016-06-21T08:15:12.100", None, circle=(11.8880583, -25.2888, 0.0004),
                           band=(6e-7, 6.2e-7))
        self.assertEqual([hdu.name for hdu in cube], ["PRIMARY", "DATA", "STAT"])
        self.assertEqual([hdu.shape for hdu in cube[1:]], [(2, 14, 14)] * 2)
        spectrum = self.cutout("ADP.2014-09-16T11:04:45.123", None, band=(5e-7, 5.1e-7))
        wave = spectrum[1].data["WAVE"][0]
        self.assertGreater(len(wave), 100)
        self.assertTrue(500 <= wave.min() and wave.max() <= 510)

    def test_pyvo_cuts_out_by_the_descriptors_of_other_archives(self):
        circle = (88.77, -67.78, 0.002)
        self.assertEqual(self.cutout("ADP.2022-03-01T10:00:00.080", "soda-sync", circle=circle)["ERR"].shape, (42, 42))
        self.assertEqual(self.cutout("ADP.2022-03-01T10:00:00.120", None, circle=circle)[0].shape, (42, 42))
        cube = self.cutout("ADP.2022-03-01T10:00:00.140", None, pos="CIRCLE 10.25 5.5 0.0005")
        self.assertEqual(cube["DATA"].shape, (64, 18, 18))

    def test_pyvo_searches_spectra(self):
        service = pyvo.dal.SSAService(self.url + "/ssap")
        found = service.search(pos=(26.017, -15.9375), diameter=0.2)
        same = pyvo.dal.TAPService(self.url + "/tap_obs").search(
            "SELECT dp_id FROM dbo.ssa WHERE CONTAINS(POINT('ICRS',s_ra,s_dec),CIRCLE('ICRS',26.017,-15.9375,0.1))=1")
        self.assertGreater(len(found), 0)
        self.assertEqual(sorted(row["dp_id"] for row in found), sorted(row["dp_id"] for row in same))
        self.assertTrue(found[0].getdataurl().startswith(self.url + "/dataPortal/file/"))
        self.assertIn("FK5", str(found[0]["space_frame"]))
        self.assertEqual(len(service.search(pos=(26.017, -15.9375), diameter=0.2, band=(1e-9, 2e-9))), 0)
        query = service.create_query(pos=(26.017, -15.9375))
        query["BAND"] = "red"
        with self.assertRaises(pyvo.dal.DALQueryError) as caught:
            query.execute()
        self.assertIn("BAND", str(caught.exception))

    def test_stilts_reads_every_table_form_alike(self):
        query = "SELECT dp_id, s_ra, access_estsize, em_min, last_mod_date FROM ivoa.ObsCore ORDER BY dp_id"
        forms = {"votable": "votable", "votable/base64": "votable", "votable/b2": "votable", "fits": "fits", "csv": "csv"}
        seen = {}
        for form, reader in forms.items():
            body = urllib.request.urlopen(self.url + "/tap_obs/sync", urllib.parse.urlencode(
                {"LANG": "ADQL", "FORMAT": form, "QUERY": query}).encode()).read()
            with tempfile.NamedTemporaryFile() as file:  # CSV is read twice
                file.write(body)
                file.flush()
                done = subprocess.run(["stilts", "tpipe", "in=" + file.name, "ifmt=" + reader, "ofmt=csv"],
                                      capture_output=True, timeout=120, check=True)
            # Compares numbers as numbers: 0.0 equals 0.
            seen[form] = [[cell_value(cell) for cell in line.split(",")] for line in done.stdout.decode().splitlines()]
        for form, table in seen.items():
            self.assertEqual(table, seen["votable"], form)


def cell_value(text):
    try:
        return float(text)
    except ValueError:
        return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, help="the built esofs-archive-sim")
    options, rest = parser.parse_known_args()
    BINARY = options.binary
    try:
        import io
        import urllib.parse
        import urllib.request

        import astropy.io.fits
        import pyvo
        import pyvo.dal.adhoc
    except ImportError as missing:
        print("skipped:", missing)
        sys.exit(77)
    if shutil.which("stilts") is None:
        print("skipped: no stilts")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
