"""Files of banks, from bytes to payment orders: the text exchange format and sheets of Excel."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from b24app.errors import BadPayload
from rules.bank_payment import MalformedError, Statement
from rules.bank_sheet import read_sheet
from rules.bank_statement import HEADER, read_statement
from rules.decision import Text

LARGEST = 20 * 2**20
"""bytes of a file"""
LARGEST_UNPACKED = 200 * 2**20
MOST_PARTS = 1000
MOST_ROWS, MOST_COLUMNS = 100_000, 200

_ZIP = b"PK\x03\x04"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MARK = "ВерсияФормата"
"""stands in every text file; tells whether an encoding was guessed right"""

_BROKEN: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, InvalidFileException),
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError),
)
"""what a broken workbook does to its readers, which have no error of their own"""


def read_file(path: Path) -> Statement:
    """The documents of a file; BadPayload says what is wrong with it, and where."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise _bad(path, f"больше {LARGEST >> 20} МБ", f"larger than {LARGEST >> 20} MB")
        content = path.read_bytes()
    except OSError as error:
        raise _bad(path, f"не открывается ({error.strerror})", f"cannot be opened ({error.strerror})") from None
    try:
        return read_bytes(content)
    except MalformedError as error:
        raise _bad(path, error.text.ru, error.text.en) from None


def read_bytes(content: bytes) -> Statement:
    """The documents of a file's content, whatever kind it is; MalformedError says why it cannot be read."""
    if content.startswith(_ZIP):
        return read_sheet(_rows(content))
    return read_statement(_decoded(content))


def _decoded(content: bytes) -> str:
    """Banks write in the encoding of Windows, some of DOS, and some in UTF-8; what the file says about it
    can only be read when it is known."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if not content.lstrip().startswith(HEADER.encode()):
        raise MalformedError(
            Text(
                f"Строка 1: ожидается {HEADER} или книга Excel (.xlsx).",
                f"Line 1: {HEADER} or an Excel workbook (.xlsx) is expected.",
            )
        )
    for encoding in ("utf-8", "cp1251", "cp866"):
        text = content.decode(encoding, "replace")
        if _MARK in text:
            return text
    return content.decode("cp1251", "replace")


def _rows(content: bytes) -> Iterator[tuple[object, ...]]:
    """The cells of the first sheet. What a small archive may unfold into is checked before it is read."""
    _check_archive(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        if not book.worksheets:
            raise MalformedError(Text("В книге Excel нет листов.", "The Excel workbook has no sheets."))
        sheet = book.worksheets[0]
        # The size that the file claims is not trusted.
        sheet.reset_dimensions()
        yield from sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)
    except _BROKEN as error:
        raise _broken(error) from None


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if len(parts) > MOST_PARTS or size > LARGEST_UNPACKED:
                megabytes = LARGEST_UNPACKED >> 20
                raise MalformedError(
                    Text(
                        f"Книга Excel слишком велика: {len(parts)} частей, {size >> 20} МБ (можно {megabytes}).",
                        f"The workbook is too large: {len(parts)} parts, {size >> 20} MB ({megabytes} at most).",
                    )
                )
            for part in parts:
                _check_part(archive, part)
    except _BROKEN as error:
        raise _broken(error) from None


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A part that declares entities may unfold while it is parsed; Excel writes none."""
    if not part.filename.endswith((".xml", ".rels")):
        return
    with archive.open(part) as file:
        head = file.read(4096)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise MalformedError(Text("Книга Excel содержит DOCTYPE.", "The Excel workbook holds a DOCTYPE."))


def _broken(error: Exception) -> MalformedError:
    return MalformedError(Text(f"Книга Excel повреждена: {error}", f"The Excel workbook is broken: {error}"))


def _bad(path: Path, ru: str, en: str) -> BadPayload:
    return BadPayload(Text(f"{path.name}: {ru}", f"{path.name}: {en}"), file=path.name)
