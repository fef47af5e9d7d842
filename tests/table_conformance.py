#!/usr/bin/python3
"""Judges the exports of tables by STILTS, on every VOTable of a directory of test vectors.

Usage: table_conformance.py --export build/dev/tests/table_export --vectors ../shared/votable
For each document the first results table is exported. STILTS reads the document itself and our FITS, CSV and text; all
must be the same table. TSV is compared with our CSV, JSON with the expected parse beside the document. Every difference
that is allowed stands below with its reason. Status 77 (skipped) without the vectors or without STILTS.
"""
import argparse
import csv
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

OPTIONS = None

# Documents that STILTS cannot judge, with the reason; their exports are compared with the expected parse only.
NOT_FOR_STILTS = {
    'astropy_empty_table.xml': 'STILTS finds no TABLE: the namespace is of no version of VOTable',
    'astropy_nonstandard_units.xml': 'STILTS finds no TABLE: the namespace is of no version of VOTable',
    'self_alltypes-binary-v13.vot': 'STILTS fails with a ClassCastException on scalar bits of BINARY',
    'self_alltypes-binary2-v14.vot': 'STILTS fails with a ClassCastException on scalar bits of BINARY2',
}
# Columns that STILTS reads otherwise from the document itself, with the reason.
STILTS_READS_OTHERWISE = {
    ('self_alltypes-stilts-binary-v12.vot', 'c'): 'a zero byte is a null char, by the standard; STILTS shows it as a mark',
    ('astropy_regression.bin.tabledata.truth.1.1.xml', 'doublearray'): 'STILTS reads "+InF" as NaN',
    ('astropy_regression.bin.tabledata.truth.1.1.xml', 'double'): 'STILTS reads "+InF" as NaN',
    ('astropy_regression.bin.tabledata.truth.1.1.xml', 'float'): 'STILTS reads "+InF" as NaN',
    ('self_edge-literals-v13.vot', 'str'): 'a character outside the BMP is two for STILTS, and two marks where it writes it',
}


def stilts_reads_otherwise(document, table, column, form):
    """Whether STILTS's own reading of a column, of the document or of our file, is not the standard's."""
    if (document, column['name']) in STILTS_READS_OTHERWISE:
        return True
    # Of variable-length arrays of complex numbers in FITS it reads half.
    if form == '.fits' and 'Complex' in column['datatype'] and (column.get('arraysize') or '').endswith('*'):
        return True
    # Its arrays of booleans have no nulls.
    if column['datatype'] == 'boolean' and column.get('arraysize'):
        return True
    # STILTS takes '10110' of TABLEDATA, bits without blanks between them, for one bit.
    return column['datatype'] == 'bit' and bool(column.get('arraysize')) and table['serialization'] == 'TABLEDATA'


def results_table(expected):
    """The table that a TAP client takes, and its place among the tables of the document."""
    for table in expected['tables']:
        if (table['resource'].get('type') or 'results') == 'results':
            return table
    return None


def documents():
    """(path, table) of every document with a table."""
    found = []
    for folder in (OPTIONS.vectors, os.path.join(OPTIONS.vectors, 'eso-local')):
        for name in sorted(os.listdir(folder)):
            if not name.endswith('.expected.json'):
                continue
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                table = results_table(json.load(file))
            if table and table['columns']:
                found.append((os.path.join(folder, name[:-len('.expected.json')]), table))
    return found


def stilts_read(inputs, formats, out):
    """The tables as STILTS reads them: for each a list of rows of texts, None for null."""
    words = ['stilts', 'tmultin', f'nin={len(inputs)}', f'out={out}', 'ofmt=votable-tabledata']
    for i, (path, form) in enumerate(zip(inputs, formats), 1):
        words += [f'in{i}={path}', f'ifmt{i}={form}']
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    tables = []
    for table in ElementTree.parse(out).iter('{http://www.ivoa.net/xml/VOTable/v1.3}TABLE'):
        space = '{http://www.ivoa.net/xml/VOTable/v1.3}'
        fields = [dict(field.attrib) for field in table.iter(space + 'FIELD')]
        rows = [[cell.text for cell in row.iter(space + 'TD')] for row in table.iter(space + 'TR')]
        nulls = [[v.get('null') for v in field.iter(space + 'VALUES')] for field in table.iter(space + 'FIELD')]
        tables.append((fields, nulls, rows))
    return tables


def single(number):
    """A number as the nearest 32-bit float."""
    try:
        return struct.unpack('<f', struct.pack('<f', number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)


def word(text, column):
    """One element as a value that compares; None: null, or NaN."""
    if text is None or text in ('', 'null', 'NaN', '?'):
        return None
    kind = column['datatype']
    if kind in ('boolean', 'bit'):
        return str(text).lower() in ('1', 't', 'true')
    if kind in ('unsignedByte', 'short', 'int', 'long'):
        number = float(text) if re.search('[.eE]', str(text)) else int(text)
        return int(number) if number == int(number) else number
    number = float(str(text).replace('Infinity', 'inf'))
    if math.isnan(number):
        return None
    return single(number) if kind in ('float', 'floatComplex') else number


def is_null(text, column):
    """An element that is the null its column declares, which STILTS shows as it is."""
    return column.get('null') is not None and str(text) == column['null'].strip()


def printable(text):
    """What FITS can hold of a text."""
    return ''.join(c if ' ' <= c <= '~' else ' ' if c in '\t\r\n' else '?' for c in text)


def texts_of(value, column, ascii_only):
    """The strings of a cell that is text, in one form whatever it was written in."""
    parts = value if isinstance(value, list) else [value]
    parts = [(printable(part) if ascii_only else part).rstrip() or None for part in parts if part is not None]
    return [part for part in parts if part]


def numbers_of(text, column):
    """The elements of a cell that is no text; a cell of nothing but nulls is null."""
    if text is None:
        return []
    parts = text if isinstance(text, list) else re.findall(r'[^\s,()]+', str(text))
    flat = []
    for part in parts:
        flat += part if isinstance(part, list) else [part]
    values = [None if is_null(part, column) else word(part, column) for part in flat]
    while values and values[-1] is None:  # padding of arrays of fixed length
        values.pop()
    return values


def is_text(column):
    return column['datatype'] in ('char', 'unicodeChar') or column['datatype'] not in (
        'boolean', 'bit', 'unsignedByte', 'short', 'int', 'long', 'float', 'double', 'floatComplex', 'doubleComplex')


def is_array_of_texts(column):
    return is_text(column) and 'x' in (column.get('arraysize') or '')


def cell(value, column, ascii_only=False):
    return texts_of(value, column, ascii_only) if is_text(column) else numbers_of(value, column)


class Exports(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='esofs-export-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.documents = documents()
        cls.out = {}
        for form in ('.csv', '.tsv', '.json', '.fits', '.txt'):
            target = os.path.join(cls.folder, 't')
            done = subprocess.run([OPTIONS.export, form, target, *[path for path, _ in cls.documents]],
                                  capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, done.stderr
            cls.out[form] = [f'{target}{i}{form}' for i in range(len(cls.documents))]

    def same_rows(self, name, table, ours, theirs, ascii_only=False, by_stilts=None):
        """ours, theirs: rows of cells; by_stilts: the form of ours, read by STILTS as the document."""
        columns = table['columns']
        self.assertEqual(len(ours), len(theirs), f'{name}: rows')
        for number, (our, their) in enumerate(zip(ours, theirs)):
            for column, mine, other in zip(columns, our, their):
                if by_stilts and stilts_reads_otherwise(name, table, column, by_stilts):
                    continue
                where = f'{name}: row {number}, column {column["name"]}: {mine!r}, not {other!r}'
                if is_array_of_texts(column):
                    # Written by STILTS as blocks of one length, which its own reading of the document decides.
                    self.assertEqual(''.join(cell(mine, column, ascii_only)).replace(' ', ''),
                                     ''.join(cell(other, column, ascii_only)).replace(' ', ''), where)
                else:
                    self.assertEqual(cell(mine, column, ascii_only), cell(other, column, ascii_only), where)

    def judged(self):
        """The documents that STILTS can judge: their places in the list."""
        return [i for i, (path, _) in enumerate(self.documents) if os.path.basename(path) not in NOT_FOR_STILTS]

    def read_documents(self):
        judged = self.judged()
        inputs = [f'{self.documents[i][0]}#{self.documents[i][1]["index"]}' for i in judged]
        read = stilts_read(inputs, ['votable'] * len(judged), os.path.join(self.folder, 'documents.vot'))
        return {i: table for i, table in zip(judged, read)}

    def read_exports(self, form, stilts_form):
        """STILTS guesses types from rows, and fails where CSV or text has none."""
        places = [i for i, (_, table) in enumerate(self.documents) if form == '.fits' or table['rows']]
        read = stilts_read([self.out[form][i] for i in places], [stilts_form] * len(places),
                           os.path.join(self.folder, f'ours{form}.vot'))
        return dict(zip(places, read))

    def test_stilts_reads_our_files_as_it_reads_the_document(self):
        documents = self.read_documents()
        for form, stilts_form in (('.fits', 'fits'), ('.csv', 'csv'), ('.txt', 'ascii')):
            ours = self.read_exports(form, stilts_form)
            for i, (_, nulls, rows) in documents.items():
                path, table = self.documents[i]
                if i not in ours:
                    continue
                with self.subTest(form=form, document=os.path.basename(path)):
                    mine = without(ours[i][2], ours[i][1])
                    if form != '.fits':
                        mine = as_written(mine, table)
                    if form == '.txt':
                        rows = [[one_line(c) for c in row] for row in rows]
                    self.same_rows(os.path.basename(path), table, mine, without(rows, nulls),
                                   ascii_only=form == '.fits', by_stilts=form)

    def test_fits_keeps_names_units_and_ucds(self):
        documents, ours = self.read_documents(), self.read_exports('.fits', 'fits')
        for i, (fields, _, _) in documents.items():
            name = os.path.basename(self.documents[i][0])
            self.assertEqual(len(ours[i][0]), len(fields), name)
            for mine, other in zip(ours[i][0], fields):
                for key in ('unit', 'ucd', 'utype'):
                    self.assertEqual(printable(mine.get(key) or '').strip(), printable(other.get(key) or '').strip(),
                                     f'{name}: {key} of {other.get("name")}')

    def test_json_is_the_expected_parse(self):
        for i, (path, table) in enumerate(self.documents):
            name = os.path.basename(path)
            with self.subTest(document=name):
                with open(self.out['.json'][i], encoding='utf-8') as file:
                    ours = json.load(file)
                self.assertEqual([column['name'] for column in ours['metadata']],
                                 [column['name'] or '' for column in table['columns']])
                for mine, other in zip(ours['metadata'], table['columns']):
                    for key in ('datatype', 'unit', 'ucd', 'utype', 'xtype', 'arraysize'):
                        self.assertEqual(mine.get(key) or '', other.get(key) or '', f'{name}: {key}')
                # JSON has no infinities: null, as TAPLib and STILTS have it.
                finite = [[[no_infinity(part) for part in c] if isinstance(c, list) else no_infinity(c) for c in row]
                          for row in table['rows']]
                self.same_rows(name, table, ours['data'], finite)

    def test_csv_and_tsv_are_the_expected_parse(self):
        for form, separator, quoting in (('.csv', ',', csv.QUOTE_MINIMAL), ('.tsv', '\t', csv.QUOTE_NONE)):
            for i, (path, table) in enumerate(self.documents):
                name = os.path.basename(path)
                with self.subTest(form=form, document=name):
                    with open(self.out[form][i], encoding='utf-8', newline='') as file:
                        text = file.read()
                    lines = text.split('\n')[:-1] if form == '.tsv' else io_lines(text)
                    rows = list(csv.reader(lines, delimiter=separator, quoting=quoting))
                    width = len(table['columns'])
                    self.assertTrue(all(len(row) == width for row in rows), f'{name}: {form}')
                    rows = [[read_texts(c, column) for c, column in zip(row, table['columns'])] for row in rows[1:]]
                    expected = table['rows']
                    if form == '.tsv':
                        expected = [[one_line(c) for c in row] for row in expected]
                    self.same_rows(name, table, rows, expected)


def as_written(rows, table):
    """What STILTS has read of our CSV or text, corrected for what it cannot know: it takes the bytes for Latin-1, the first
    line for a row if it looks like one, and an array of strings for a string."""
    names = [column['name'] for column in table['columns']]
    if rows and rows[0] == names:
        rows = rows[1:]
    rows = [[c and c.encode('latin-1', 'replace').decode('utf-8', 'replace') for c in row] for row in rows]
    return [[read_texts(c, column) if c else None for c, column in zip(row, table['columns'])] for row in rows]


def io_lines(text):
    """Lines for csv.reader, their ends kept: a quoted field may hold some."""
    return text.splitlines(keepends=True) if '\r' not in text else re.findall(r'[^\n]*\n', text)


def read_texts(text, column):
    """An array of strings is a JSON array in the separated formats."""
    if is_array_of_texts(column) and text.startswith('['):
        return json.loads(text)
    return text or None


def one_line(value):
    """A TSV field has no tabs and line ends."""
    if isinstance(value, list):
        return [one_line(part) for part in value]
    return re.sub('[\t\r\n]', ' ', value) if isinstance(value, str) else value


def no_infinity(value):
    if isinstance(value, list):
        return [no_infinity(part) for part in value]
    return None if value in ('Infinity', '-Infinity') else value


def without(rows, nulls):
    """Rows with the declared null of a column made None."""
    return [[None if c is not None and c in nulls[i] else c for i, c in enumerate(row)] for row in rows]


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument('--export', required=True)
    parser.add_argument('--vectors', required=True)
    OPTIONS, rest = parser.parse_known_args()
    if not os.path.isdir(OPTIONS.vectors) or not shutil.which('stilts'):
        print('skipped: no test vectors, or no STILTS')
        sys.exit(77)
    OPTIONS.export = os.path.abspath(OPTIONS.export)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == '__main__':
    main()
