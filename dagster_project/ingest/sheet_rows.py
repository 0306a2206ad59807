"""Rows of an XLSX sheet, counted from its XML: the second count that guards the reader of workbooks."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_BLOCK = 1 << 20
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_FILLED = re.compile(rb"<(?:\w+:)?[vt](?:\s[^>]*)?>[^<]")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>\s*(\d+)\s*<")
_SHARED = re.compile(rb"<(?:\w+:)?si(?:\s[^>]*)?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def filled_rows(path: Path, sheet: str) -> int:
    """Rows with a cell that is not empty; `KeyError`, `zipfile.BadZipFile` or `ParseError` when it is no such file."""
    with zipfile.ZipFile(path) as book:
        nothing = _empty_strings(book)
        return sum(_is_filled(row, nothing) for row in _rows(book, _member(book, sheet)))


def _member(book: zipfile.ZipFile, sheet: str) -> str:
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): str(r.get("Target")) for r in relations}
    for node in ElementTree.fromstring(book.read("xl/workbook.xml")).iter():
        if node.tag.endswith("}sheet") and node.get("name") == sheet:
            target = targets[node.get(_RELATION)]
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)


def _empty_strings(book: zipfile.ZipFile) -> set[bytes]:
    """Indexes of shared strings without a character."""
    try:
        shared = book.read("xl/sharedStrings.xml")
    except KeyError:
        return set()
    return {str(i).encode() for i, m in enumerate(_SHARED.finditer(shared)) if not _FILLED.search(m[1] or b"")}


def _rows(book: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    rest = b""
    with book.open(member) as f:
        while block := f.read(_BLOCK):
            *rows, rest = _ROW_END.split(rest + block)
            yield from rows


def _is_filled(row: bytes, nothing: set[bytes]) -> bool:
    if _FILLED.search(row) is None:
        return False
    if not nothing and b't="e"' not in row:
        return True
    for attributes, content in _CELL.findall(row):
        if b't="e"' in attributes:  # an error such as #N/A reads as an empty cell
            continue
        value = _VALUE.search(content) if b't="s"' in attributes else None
        if (value is None or value[1] not in nothing) and _FILLED.search(content):
            return True
    return False
