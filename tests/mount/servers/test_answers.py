"""What odd answers say: limits, error documents, cells, forms of VOTable, jobs, and two services for one cutout."""
import errno
import json
import os
import re

import archive_server
import harness
from archive_server import DATALINK, VOTABLE, error_votable, fits, obscore, service, tap, votable
from harness import read

FILES = [('/f/(.*)', lambda request, name: request.file(fits(name)))]
ONE = (['obs_publisher_did', 'access_url'], lambda request: [('ivo://a/one', request.base + '/f/one')])
HEAD = ('<?xml version="1.0"?><VOTABLE version="1.{}" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
        '<INFO name="QUERY_STATUS" value="OK"/><TABLE>{}<DATA><TABLEDATA>')
END = '</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>'
SODA = 'ivo://ivoa.net/std/SODA#sync-1.0'


def overflow(document, told='<INFO name="QUERY_STATUS" value="OVERFLOW"/>'):
    return document.replace(b'</TABLE></RESOURCE>', b'</TABLE>' + told.encode() + b'</RESOURCE>')


class AnswersTest(archive_server.ArchiveTest):
    def answered(self, document, status=200, content_type=VOTABLE, *options):
        """The directory of a query that is always answered so. document: of a request."""
        self.server = self.serve([('/tap/sync', lambda request: request.answer(document(request), status, content_type)), *FILES])
        self.mount = self.mounted(self.server.url + '/tap', 'attempts=2', *options)
        return self.mount.save('q', '-- mode: sync\nSELECT * FROM ivoa.ObsCore')

    def status(self, folder):
        return read(folder + '/status.txt').decode()

    def again(self):
        """A new mount of a new home, for the next case of a test."""
        self.mount.unmount()
        self.home.close()
        self.home = harness.Home()


class Limits(AnswersTest):
    def test_overflow_is_understood_however_it_is_written(self):
        told = ('<INFO name="QUERY_STATUS" value="OVERFLOW"/>', '<INFO name="query_status" value="overflow"/>',
                '<INFO value="OVERFLOW" name="QUERY_STATUS">the limit is 1</INFO>')
        for info in told:
            with self.subTest(info):
                folder = self.answered(lambda request: overflow(votable(ONE[0], ONE[1](request)), info))  # pylint: disable=cell-var-from-loop
                self.assertEqual(self.files(folder), ['one.fits'])
                self.assertRegex(self.status(folder), 'answer: truncated')
                self.again()

    def test_errors_are_understood_however_they_are_written(self):
        for info in ('<INFO name="QUERY_STATUS" value="ERROR">no such thing</INFO>', '<INFO name="query_status" value="error">no such thing</INFO>',
                     '<INFO name="QUERY_STATUS" value="Error" >no such thing</INFO>'):
            with self.subTest(info):
                folder = self.answered(lambda _: f'<VOTABLE version="1.3"><RESOURCE type="results">{info}</RESOURCE></VOTABLE>')  # pylint: disable=cell-var-from-loop
                self.assert_errno(errno.EINVAL, os.listdir, folder)
                self.assertIn('no such thing', self.status(folder))
                self.again()

    def test_an_error_behind_the_rows_is_no_complete_answer(self):
        error = '<INFO name="QUERY_STATUS" value="ERROR">the disk is full</INFO>'
        folder = self.answered(lambda request: overflow(votable(ONE[0], ONE[1](request)), error))
        self.assertRaises(OSError, os.listdir, folder)
        self.assertIn('the disk is full', self.status(folder))

    def test_rows_that_end_at_the_announced_limit_are_not_complete(self):
        limits = '<outputLimit><default unit="row">100</default><hard unit="row">100</hard></outputLimit>'
        capabilities = ('<v:capabilities xmlns:v="http://www.ivoa.net/xml/VOSICapabilities/v1.0">'
                        f'<capability standardID="ivo://ivoa.net/std/TAP">{limits}</capability></v:capabilities>')
        rows = [(f'ivo://a/{i:04}', f'/f/{i}', 'application/fits') for i in range(100)]
        _, mount, _ = self.mounted_tables(obscore(rows), [('/tap/capabilities', lambda r: r.answer(capabilities, 200, 'text/xml'))])
        folder = mount.save('q', '-- maxrec: 2000\nSELECT * FROM ivoa.ObsCore')
        self.assertEqual(len(self.files(folder)), 100)
        self.assertRegex(self.status(folder), 'answer: truncated')

    def test_a_cut_list_of_tables_is_told_and_the_rest_is_found(self):
        tables = [(f's{i // 100}', f's{i // 100}.t{i}') for i in range(500)]
        columns = [('s0.t1', f'c{i}', 'double', 'deg', {250: 'pos.eq.ra;meta.main', 251: 'pos.eq.dec;meta.main'}.get(i, '')) for i in range(300)]

        def made(request):
            """As a service that gives at most 100 columns and 200 tables."""
            adql = request.form['QUERY']
            if 'tap_schema.tables' in adql.lower():
                names, rows, most = ['schema_name', 'table_name'], tables, 200
            else:
                names, rows, most = ['table_name', 'column_name', 'datatype', 'unit', 'ucd'], columns, 100
            for name in re.findall(r"(?:table|schema)_name = '([^']*)'", adql):
                rows = [row for row in rows if name in row]
            if 'ucd LIKE' in adql:
                rows = [row for row in rows if row[-1]]
            document = votable(names, rows[:most])
            return overflow(document) if len(rows) > most else document
        self.answered(made)
        self.assertIn('s0', os.listdir(self.mount / 'tables/tap'))
        self.assertIn('columns.csv', os.listdir(self.mount / 'tables/tap/s4/t450'))
        self.assertIn('cone', os.listdir(self.mount / 'tables/tap/s0/t1'), 'the columns of the position are behind the cut')
        columns_csv = self.mount / 'tables/tap/s0/t1/columns.csv'
        self.assertEqual(len(read(columns_csv).splitlines()), 101)
        self.assertEqual(os.getxattr(columns_csv, 'user.esofs.truncated'), b'true')

    def test_no_maxrec_beyond_32_bits_is_sent(self):
        folder = self.answered(lambda request: votable(ONE[0], ONE[1](request)))
        for most in (2 ** 31, 2 ** 32 + 5):
            with open(folder + '/query.adql', 'w', encoding='utf-8') as file:
                file.write(f'-- maxrec: {most}\nSELECT * FROM ivoa.ObsCore\n')
            self.assertEqual(self.files(folder), ['one.fits'])
            self.assertRegex(self.status(folder), 'answer: complete')
            self.assertEqual(self.server.requests('/tap/sync')[-1][3]['MAXREC'], str(2 ** 31 - 1))


class Documents(AnswersTest):
    def test_of_two_documents_the_services_sentence_is_shown(self):
        folder = self.answered(lambda request: votable(ONE[0], ONE[1](request)) + error_votable('the table space is full'))
        self.assertRaises(OSError, os.listdir, folder)
        self.assertIn('the table space is full', self.status(folder))
        self.assertEqual(len(self.server.requests('/tap/sync')), 2, 'one for the mount, one for the query')

    def test_an_error_document_that_is_no_good_xml_is_shown(self):
        broken = '<VOTABLE><RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">a < b & c is wrong</INFO></RESOURCE></VOTABLE>'
        for status in (200, 400):
            with self.subTest(status):
                folder = self.answered(lambda _: broken, status)
                self.assert_errno(errno.EINVAL, os.listdir, folder)
                self.assertIn('a < b & c is wrong', self.status(folder))
                asked = [form for _, _, _, form in self.server.requests('/tap/sync') if '*' in form.get('QUERY', '')]
                self.assertEqual(len(asked), 1)
                self.again()

    def test_a_text_is_no_table(self):
        folder = self.answered(lambda _: 'ERROR: quota exceeded', 200, 'text/plain')
        self.assertRaises(OSError, os.listdir, folder)
        self.assertIn('ERROR: quota exceeded', self.status(folder))

    def test_a_text_is_no_picture_package_or_paper(self):
        kinds = {'picture': ('image/png', '.png'), 'paper': ('application/pdf', '.pdf'), 'package': ('application/x-tar', '.tar')}

        def answer_links(request):
            rows = [('one', f'{request.base}/t/{name}{end}', None, None, '#auxiliary', kind) for name, (kind, end) in kinds.items()]
            request.answer(archive_server.links([('one', request.base + '/f/one', None, None, '#this', 'application/fits'), *rows]), 200, DATALINK)
        _, mount, folder = self.mounted_tables(
            obscore([('ivo://a/one', '/dl', DATALINK)]),
            [*FILES, ('/dl', answer_links), ('/t/.*', lambda request: request.answer('ERROR: quota exceeded', 200, 'text/plain'))], 'attempts=1')
        self.files(folder)
        for name, (_, end) in kinds.items():
            with self.subTest(name):
                self.assert_errno(errno.EIO, read, mount / f'datasets/one/auxiliary/{name}{end}')
        self.assertIn('ERROR: quota exceeded', mount.errors())


class Cells(AnswersTest):
    def table(self, row):
        fields = ''.join(f'<FIELD name="{name}" datatype="char" arraysize="*"/>' for name in ('obs_publisher_did', 'access_url', 'access_format'))
        return self.answered(lambda request: HEAD.format(3, fields) + row.format(request.base) + END)

    def test_white_space_around_a_value_is_none_of_it(self):
        for row in ('<TR>\n  <TD>\n    ivo://a/one\n  </TD>\n  <TD>\n    {}/f/one\n  </TD>\n  <TD>\n    application/fits\n  </TD>\n</TR>',
                    '<TR><TD>ivo://a/one</TD><TD>\t{}/f/one\r\n</TD><TD>application/fits</TD></TR>'):
            with self.subTest(row):
                folder = self.table(row)
                self.assertEqual(self.files(folder), ['one.fits'])
                self.assert_bytes(folder + '/one.fits', fits('one'))
                self.again()

    def test_the_word_null_is_no_url(self):
        folder = self.table('<TR><TD>ivo://a/one</TD><TD>null</TD><TD>null</TD></TR><TR><TD>ivo://a/two</TD><TD>{}/f/two</TD><TD>NULL</TD></TR>')
        self.assertEqual(self.files(folder), ['two.fits'])
        self.assert_bytes(folder + '/two.fits', fits('two'))

    def test_a_text_of_votable_1_6_is_utf_8(self):
        fields = ('<FIELD name="obs_publisher_did" datatype="char" arraysize="*"/><FIELD name="access_url" datatype="char" arraysize="*"/>'
                  '<FIELD name="target_name" datatype="char" arraysize="*"/>')
        folder = self.answered(lambda request: HEAD.format(6, fields) + f'<TR><TD>ivo://a/one</TD><TD>{request.base}/f/one</TD><TD>Gößnitz Ω</TD></TR>' + END)
        self.assertEqual(self.files(folder), ['one.fits'])
        self.assertEqual(os.getxattr(folder + '/one.fits', 'user.eso.target_name').decode(), 'Gößnitz Ω')
        self.assertIn('Gößnitz Ω', read(folder + '/table/result.csv').decode())

    def test_infinities_and_subnormals_of_fits_in_votable_are_kept(self):
        values = (float('inf'), float('-inf'), 5e-324, 1e-310, 1.5)
        document = votable_with_fits('value', values)
        folder = self.answered(lambda _: document)
        os.listdir(folder)
        lines = read(folder + '/table/result.csv').decode().split()
        self.assertEqual(lines[0], 'value')
        self.assertEqual([float(line) for line in lines[1:]], list(values))
        rows = json.loads(read(folder + '/table/result.json'))
        self.assertIn('e-324', json.dumps(rows) + repr(rows))

    def test_a_table_without_its_schema_is_asked_for_with_it(self):
        tables = [('gaiadr2', 'gaia_source'), ('gaiaedr3', 'gaia_source')]

        def made(request):
            adql = request.form['QUERY'].lower()
            if 'tap_schema.tables' in adql:
                return votable(['schema_name', 'table_name'], tables)
            if 'tap_schema' in adql:
                return votable(['table_name', 'column_name', 'datatype'], [('gaia_source', 'ra', 'double')])
            found = [schema for schema, table in tables if f'{schema}.{table}' in adql]
            return votable(['a'], [(found[0],)]) if found else error_votable('unknown table')
        self.answered(made)
        for schema, table in tables:
            self.assertEqual(read(self.mount / f'tables/tap/{schema}/{table}/sample.csv').decode(), f'a\n{schema}\n')


def votable_with_fits(name, values):
    """A VOTable whose one column of doubles comes as FITS."""
    import base64
    import struct
    cards = lambda lines: ''.join(line.ljust(80) for line in lines).ljust(archive_server.BLOCK).encode()
    value = lambda key, text: f'{key:8}= {text:>20}'
    primary = cards([value('SIMPLE', 'T'), value('BITPIX', '8'), value('NAXIS', '0'), value('EXTEND', 'T'), 'END'])
    table = cards(["XTENSION= 'BINTABLE'", value('BITPIX', '8'), value('NAXIS', '2'), value('NAXIS1', '8'), value('NAXIS2', str(len(values))),
                   value('PCOUNT', '0'), value('GCOUNT', '1'), value('TFIELDS', '1'), "TFORM1  = '1D      '", f"TTYPE1  = '{name}'", 'END'])
    data = struct.pack(f'>{len(values)}d', *values)
    content = base64.b64encode(primary + table + data + bytes(-len(data) % archive_server.BLOCK)).decode()
    return ('<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
            f'<INFO name="QUERY_STATUS" value="OK"/><TABLE><FIELD name="{name}" datatype="double"/><DATA><FITS extnum="1">'
            f'<STREAM encoding="base64">{content}</STREAM></FITS></DATA></TABLE></RESOURCE></VOTABLE>')


class Jobs(AnswersTest):
    def listed(self, look, results='', attempts=3):
        """The directory of a query that is run as a job. look: (request, run, number of this look) → a phase, or None if it answers."""
        state = {'run': False, 'looks': 0}

        def document(phase):
            return ('<uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1">'
                    f'<uws:jobId>1</uws:jobId><uws:phase>{phase}</uws:phase><uws:results>{results}</uws:results></uws:job>')

        def job(request, _rest):
            if request.command == 'POST':
                state['run'] = True
                request.answer('', 303, Location='/tap/async/1')
                return
            state['looks'] += 1
            phase = look(request, state['run'], state['looks'])
            if phase:
                request.answer(document(phase), 200, 'text/xml')
        result = lambda request, *_: request.answer(votable(ONE[0], ONE[1](request)), 200, VOTABLE)
        log = lambda request, *_: request.answer('all went well', 200, 'text/plain')
        server = self.serve([('/tap/sync', lambda request: request.answer(votable(['a'], [(1,)]), 200, VOTABLE)),
                             ('/tap/async', lambda request: request.answer('', 303, Location=request.base + '/tap/async/1')),
                             ('/tap/async/1/results/(result|table)', result), ('/tap/async/1/results/log', log), ('/tap/async/1(/.*)?', job), *FILES])
        self.mount = self.mounted(server.url + '/tap', f'attempts={attempts}')
        return self.mount.save('q', '-- mode: async\nSELECT * FROM ivoa.ObsCore')

    @staticmethod
    def phase(_request, run, _looks):
        return 'COMPLETED' if run else 'PENDING'

    def test_results_by_relative_links_are_read(self):
        for link in ('results/table', '/tap/async/1/results/table'):
            with self.subTest(link):
                folder = self.listed(self.phase, f'<uws:result id="result" xlink:href="{link}"/>')
                self.assertEqual(self.files(folder), ['one.fits'])
                self.again()

    def test_of_several_results_the_votable_is_taken(self):
        folder = self.listed(self.phase, '<uws:result id="log" mime-type="text/plain" xlink:href="results/log"/>'
                             '<uws:result id="rows" mime-type="application/x-votable+xml" xlink:href="results/table"/>')
        self.assertEqual(self.files(folder), ['one.fits'])

    def test_a_job_that_is_404_right_after_it_was_made_is_run(self):
        def look(request, run, looks):
            if looks > 1:
                return self.phase(request, run, looks)
            return request.answer('no such job', 404, 'text/plain')
        self.assertEqual(self.files(self.listed(look)), ['one.fits'])

    def test_an_archived_job_is_an_error_that_says_so(self):
        folder = self.listed(lambda _request, run, _looks: 'ARCHIVED' if run else 'PENDING')
        self.assert_errno(errno.EIO, os.listdir, folder)
        self.assertIn('ARCHIVED', self.status(folder))


class Cutouts(AnswersTest):
    def test_a_cutout_service_of_another_dataset_is_not_asked(self):
        circle = '<PARAM name="CIRCLE" datatype="double" arraysize="3" unit="deg" xtype="circle" value=""/>'
        other = '<PARAM name="ID" datatype="char" arraysize="*" value="ivo://a/OTHER"/>' + circle
        own = '<PARAM name="ID" datatype="char" arraysize="*" ref="idcol" value=""/>' + circle

        def answer_links(request):
            columns = [('ID', 'ID="idcol" datatype="char" arraysize="*"'), 'access_url', 'service_def', 'error_message', 'semantics', 'content_type']
            rows = [('ivo://a/one', request.base + '/f/one', None, None, '#this', 'application/fits'),
                    ('ivo://a/one', None, 'first', None, '#cutout', 'application/fits'), ('ivo://a/one', None, 'second', None, '#cutout', 'application/fits')]
            behind = service('first', SODA, request.base + '/other', other) + service('second', SODA, request.base + '/own', own)
            request.answer(votable(columns, rows, behind), 200, DATALINK)
        server, mount, folder = self.mounted_tables(
            obscore([('ivo://a/one', '/dl', DATALINK)]),
            [*FILES, ('/dl', answer_links), ('/o(ther|wn)', lambda request, _: request.file(fits('cut of ' + request.form['ID'])))])
        self.files(folder)
        self.assert_bytes(mount / 'datasets/one/cutout/circle_10_-20_1arcmin.fits', fits('cut of ivo://a/one'))
        self.assertEqual(server.requests('/other'), [])


if __name__ == '__main__':
    harness.main()
