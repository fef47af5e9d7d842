"""How the benchmarks measure: alternating runs of all sides, medians of the ratios of neighbouring runs."""
import contextlib
import os
import statistics
import time
from dataclasses import dataclass, field

MB = 1 << 20


@dataclass
class Row:
    """One line of the table. `ratio` and `met` are None if nothing could be measured."""
    workload: str
    shape: str                  # of the network or of the data
    ours: str                   # what was measured, with its unit
    peer: str                   # the name of the peer, and its measurement
    goal: str
    ratio: float | None = None  # median over the rounds
    spread: tuple = ()          # the smallest and the largest
    met: bool | None = None     # None: no goal, or not measured
    load: float = field(default_factory=lambda: os.getloadavg()[0])  # of the machine, when measured


def seconds(action):
    start = time.monotonic()
    action()
    return time.monotonic() - start


def alternating(rounds, **sides):
    """The times of each side, round by round; every other round runs the sides in the other order.

    A side is a function of the round's number."""
    times = {name: [] for name in sides}
    for turn in range(rounds):
        names = list(sides) if turn % 2 == 0 else list(reversed(sides))
        for name in names:
            times[name].append(seconds(lambda name=name, turn=turn: sides[name](turn)))
    return times


def quotients(numerators, denominators):
    """Median and extremes of the quotients of neighbouring runs."""
    all_of_them = [a / b for a, b in zip(numerators, denominators, strict=True)]
    return statistics.median(all_of_them), (min(all_of_them), max(all_of_them))


def rate(size, times):
    """Megabytes a second, by the median time."""
    return f'{size / MB / statistics.median(times):.0f} MiB/s'


def milliseconds(times):
    return f'{1000 * statistics.median(times):.1f} ms'


class Reader:
    """An open file that is read as a streaming program reads it: 1 MiB at a time, without a copy."""

    def __init__(self, path, start=0):
        self.file = open(path, 'rb', buffering=0)
        self.file.seek(start)
        self.buffer = memoryview(bytearray(MB))

    def take(self, size):
        while size > 0:
            got = self.file.readinto(self.buffer[:min(size, MB)])
            if not got:
                raise AssertionError('the file ended')
            size -= got

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


def take(path, start, size):
    with Reader(path, start) as reader:
        reader.take(size)


def forget_pages(path):
    """Empties the page cache of a file, or of every file below a folder, whose dirty pages are written first."""
    paths = [path]
    if os.path.isdir(path):
        paths = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
        os.sync()
    for each in paths:
        with contextlib.suppress(FileNotFoundError), open(each, 'rb') as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def percentile(times, percent):
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]
