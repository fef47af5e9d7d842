"""Makes FITS files from nothing but struct, for the scripts of this folder."""


def card(key, value):
    if isinstance(value, bool):
        value = f"{'FT'[value]:>20}"
    elif isinstance(value, str):
        value = f"'{value:8}'"
    elif isinstance(value, float):
        value = f'{value!r:>20}'.upper()
    else:
        value = f'{value:>20}'
    text = f'{key:8}= {value}'
    assert len(text) <= 80, text
    return text.ljust(80)


def header(cards):
    text = ''.join(card(*pair) for pair in cards) + 'END'.ljust(80)
    return text.ljust(-(-len(text) // 2880) * 2880).encode('ascii')


def blocks(data):
    return data + bytes(-len(data) % 2880)


def image(path, bitpix, shape, data, cards):
    """One image in the primary HDU; shape is NAXIS1, NAXIS2 …"""
    axes = [(f'NAXIS{i}', n) for i, n in enumerate(shape, 1)]
    with open(path, 'wb') as file:
        file.write(header([('SIMPLE', True), ('BITPIX', bitpix), ('NAXIS', len(shape)), *axes, *cards]) + blocks(data))


def table(path, columns, rows, cards=(), heap=b''):
    """One binary table in the first extension; a column is (TTYPE, TFORM, {keyword without number: value}), a row its bytes;
    heap is what the descriptors of 'P' and 'Q' columns point to."""
    described = []
    for i, (name, form, more) in enumerate(columns, 1):
        described += [(f'TTYPE{i}', name), (f'TFORM{i}', form), *((key + str(i), value) for key, value in more.items())]
    sizes = [('NAXIS1', len(rows[0])), ('NAXIS2', len(rows)), ('PCOUNT', len(heap)), ('GCOUNT', 1), ('TFIELDS', len(columns))]
    with open(path, 'wb') as file:
        file.write(header([('SIMPLE', True), ('BITPIX', 8), ('NAXIS', 0), ('EXTEND', True)]))
        file.write(header([('XTENSION', 'BINTABLE'), ('BITPIX', 8), ('NAXIS', 2), *sizes, *described, *cards]))
        file.write(blocks(b''.join(rows) + heap))
