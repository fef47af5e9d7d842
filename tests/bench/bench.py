"""Speed: each workload against a peer or a limit in the same run. README.md says how to read it."""
import argparse
import json
import os
import platform
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'mount'))
import harness
import many
import metadata
import reading
from measure import Row

WORKLOADS = {**reading.WORKLOADS, **many.WORKLOADS, **metadata.WORKLOADS}
COLUMNS = ('workload', 'shape', 'ours', 'peer', 'ratio', 'goal', 'met')
WIDTHS = (17, 30, 25, 31, 20, 14, 3)


def cells(row):
    ratio = '' if row.ratio is None else f'{row.ratio:.2f}'
    if row.spread and row.spread[0] != row.spread[1]:
        ratio += f' ({row.spread[0]:.2f}-{row.spread[1]:.2f})'
    met = {True: 'yes', False: 'NO', None: '-'}[row.met]
    return row.workload, row.shape, row.ours, row.peer, ratio, row.goal, met


def show(texts):
    print('  '.join(text.ljust(width) for text, width in zip(texts, WIDTHS)).rstrip(), flush=True)


def measured(name, quick):
    try:
        yield from WORKLOADS[name](quick)
    except (AssertionError, OSError) as problem:
        yield Row(name, '', f'failed: {problem}', '', '', met=False)


def parse():
    parser = argparse.ArgumentParser(prog='scripts/bench', description=__doc__)
    parser.add_argument('workload', nargs='*', help=', '.join(WORKLOADS))
    parser.add_argument('--quick', action='store_true', help='smaller files and fewer rounds')
    parser.add_argument('--json', metavar='FILE', help='write the table to FILE too')
    for name in ('esofs', 'sim', 'listhead'):
        parser.add_argument(f'--{name}', required=True, help=argparse.SUPPRESS)
    words = parser.parse_args()
    for name in words.workload:
        if name not in WORKLOADS:
            parser.error(f"no workload {name}; there are {', '.join(WORKLOADS)}")
    return words


def main():
    words = parse()
    for name in ('esofs', 'sim', 'listhead'):
        harness.programs[name] = os.path.abspath(getattr(words, name))
    if not os.path.exists('/dev/fuse'):
        sys.exit('bench: /dev/fuse is needed and is not there')
    harness.guardian = harness.Guardian()
    machine = {'processors': os.cpu_count(), 'kernel': platform.release(), 'load before': os.getloadavg()[0],
               'quick': words.quick}
    print(', '.join(f'{name}: {value}' for name, value in machine.items()))
    rows = []
    try:
        show(COLUMNS)
        for name in words.workload or WORKLOADS:
            for row in measured(name, words.quick):
                show(cells(row))
                rows.append(row)
    finally:
        metadata.close()
    if words.json:
        with open(words.json, 'w', encoding='utf-8') as file:
            json.dump({'machine': machine, 'rows': [vars(row) for row in rows]}, file, indent=1)


if __name__ == '__main__':
    main()
