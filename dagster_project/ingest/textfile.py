"""A delimited text file -> something DuckDB can read, plus an independent count of its records and their lines.

The bytes pass once, in blocks cut at line ends: decoded strictly, counted, and copied only where DuckDB could not read
them as they are (another encoding, CR line ends, a preamble or a footer).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dagster_project.companies import Source
from dagster_project.ingest.errors import FileProblem

MAX_RECORD_BYTES = 2_000_000
_BLOCK = 16 << 20
_CODECS = {
    "utf-8": "utf-8", "utf-16": "utf-16", "gb18030": "gb18030", "gbk": "gbk", "latin-1": "latin-1",
    "windows-1252": "cp1252",
}  # fmt: skip
_QUOTE, _NEWLINE = 34, 10


@dataclass
class TextFile:
    """A checked text file.

    path: UTF-8 with LF line ends, no BOM to speak of; `skip` records at its start are no data.
    header: the column names, stripped; empty for a file without header.
    records: records counted without DuckDB's help.
    first_line: physical line of the first record in the delivered file, from 1.
    shifts: (record index, extra lines) pairs, ascending: from this record on, lines run ahead by so many.
    """

    path: Path
    skip: int
    header: tuple[str, ...]
    first_line: int
    records: int = 0
    shifts: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])
    notes: list[str] = field(default_factory=list)
    quoting: bool = True
    delimiter: str = ","
    exact: bool = False  # how quotes were told apart


def scan(path: Path, source: Source, delimiter: str, scratch: Path) -> TextFile:
    """Check and count the file; `FileProblem` says why it is refused.

    Quotes are paired by parity first. Where that fails, stray quotes inside unquoted fields (24" screens) are told
    from real ones byte by byte.
    """
    quoting = source.format != "fixed"
    result = _Scan(path, source, delimiter, scratch, exact=False, quoting=quoting).run()
    return result if result is not None else rescan(path, source, delimiter, scratch)


def rescan(path: Path, source: Source, delimiter: str, scratch: Path) -> TextFile:
    """As `scan`, telling stray quotes from real ones exactly. Slower: a loop over the quotes."""
    result = _Scan(path, source, delimiter, scratch, exact=True, quoting=source.format != "fixed").run()
    assert result is not None
    return result


def locate(text: TextFile, offsets: list[int]) -> list[int]:
    """Record index of each byte offset (ascending) into `text.path`; an offset on a blank line is the next record's."""
    wanted = np.array(offsets, dtype=np.int64)
    out: list[int] = []
    base, records, done = 0, 0, 0
    skip = text.skip
    pairing = _Pairing(text.exact, ord(text.delimiter), text.quoting)
    for block in _line_blocks(_plain(text.path)):
        starts = base + pairing.starts(block, single=len(text.header) == 1 and text.quoting)[0]
        until = int(np.searchsorted(wanted, base + len(block)))
        if until > done:
            out += [records - skip + int(i) for i in np.searchsorted(starts, wanted[done:until])]
            done = until
        base, records = base + len(block), records + len(starts)
    return out


def split_header(line: str, delimiter: str) -> tuple[str, ...]:
    """Header cells, stripped of blanks and byte order marks."""
    cells = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    return tuple(cell.strip(" \t\r\n\ufeff\u3000\u00a0") for cell in cells)


class _Pairing:
    """Where records start, block after block; blocks are cut at line ends, so a record may span several."""

    def __init__(self, exact: bool, delimiter: int, quoting: bool) -> None:
        self.exact, self.delimiter, self.quoting = exact, delimiter, quoting
        self.open = False  # inside quotes at the end of the last block
        self.line = 0  # physical lines so far
        self.opened_at = 0  # line of the quote that is open

    def ends(self, block: bytes) -> tuple[np.ndarray, np.ndarray]:
        """Offsets of all newlines in the block, and which of them end a record."""
        data = np.frombuffer(block, dtype=np.uint8)
        newlines = np.flatnonzero(data == _NEWLINE)
        if not self.quoting or (not self.open and _QUOTE not in block):
            return newlines, np.ones(len(newlines), dtype=bool)
        quotes = np.flatnonzero(data == _QUOTE)
        if self.exact:
            quotes = self._real(data, quotes)
        inside = (np.searchsorted(quotes, newlines) + int(self.open)) & 1
        if len(quotes):
            now_open = bool((len(quotes) + int(self.open)) & 1)
            if now_open:
                self.opened_at = self.line + int(np.searchsorted(newlines, quotes[-1])) + 1
            self.open = now_open
        return newlines, inside == 0

    def _real(self, data: np.ndarray, quotes: np.ndarray) -> np.ndarray:
        """The quotes that open or close a field: one opens only at a field's start, a doubled one is text."""
        before = np.where(quotes > 0, data[quotes - 1], _NEWLINE)
        starts = ((before == self.delimiter) | (before == _NEWLINE)).tolist()
        real: list[int] = []
        inside, skip = self.open, -1
        positions = quotes.tolist()
        for i, position in enumerate(positions):
            if position == skip:
                continue
            if not inside:
                if starts[i]:
                    real.append(position)
                    inside = True
            elif i + 1 < len(positions) and positions[i + 1] == position + 1:
                skip = position + 1
            else:
                real.append(position)
                inside = False
        return np.array(real, dtype=np.int64)

    def starts(self, block: bytes, single: bool) -> tuple[np.ndarray, np.ndarray]:
        """Offset in the block and physical line (from 0) of each record that starts there and is not blank.

        In a file of one column DuckDB takes a blank line for a record, so it is one.
        """
        was_open, line = self.open, self.line
        newlines, ends = self.ends(block)
        self.line += len(newlines)
        starts = newlines[ends] + 1
        starts = starts[starts < len(block)]
        if not was_open:
            starts = np.concatenate([[0], starts])
        if not single and len(starts):
            starts = starts[np.frombuffer(block, dtype=np.uint8)[starts] != _NEWLINE]
        return starts, line + np.searchsorted(newlines, starts)


class _Scan:
    def __init__(
        self, path: Path, source: Source, delimiter: str, scratch: Path, *, exact: bool, quoting: bool
    ) -> None:
        self.source, self.path, self.delimiter, self.scratch, self.quoting = source, path, delimiter, scratch, quoting
        self.pairing = _Pairing(exact, ord(delimiter), quoting)
        self.exact = exact

    def run(self) -> TextFile | None:
        """None when quotes do not pair up and the exact way has not been tried."""
        if self.path.stat().st_size == 0:
            raise FileProblem("the file is empty", "export it again")
        _refuse_other_formats(self.path)
        copying = self.source.encoding != "utf-8" or self.source.skip_footer > 0 or self._has_carriage_returns()
        decoder = _Decoder(self.path, self.source.encoding, copying)
        blocks = _line_blocks(decoder.blocks())
        first = next(blocks, b"")
        header, body, preamble_lines = self._header(first)
        if not copying and self.source.header_row == 1 and self.source.header_rows == 1 and preamble_lines == 1:
            text = TextFile(self.path, 1, header, 2)
        elif not copying and preamble_lines == 0:
            text = TextFile(self.path, 0, header, 1)
        else:
            copying = True
            text = TextFile(self.scratch / "text.csv", 0, header, preamble_lines + 1)
        text.quoting, text.delimiter, text.exact = self.quoting, self.delimiter, self.exact
        rest = _without_footer(_chain(body, blocks), self.source.skip_footer)
        if copying:
            with text.path.open("wb") as out:
                for block in rest:
                    out.write(block)
                    self._count(text, block)
        else:
            for block in rest:
                self._count(text, block)
        if self.pairing.open:
            if not self.exact:
                return None
            raise FileProblem(
                f"a quote opened in line {text.first_line - 1 + self.pairing.opened_at} is never closed",
                "export the file again; it is cut off or a quote inside a field is not doubled",
            )
        if text.records == 0:
            raise FileProblem("the file holds a header and no record", "export it again")
        text.notes += decoder.notes
        return text

    def _has_carriage_returns(self) -> bool:
        with self.path.open("rb") as f:
            while block := f.read(_BLOCK):
                if b"\r" in block:
                    return True
        return False

    def _header(self, first: bytes) -> tuple[tuple[str, ...], bytes, int]:
        """Column names, what follows them in the block, and the physical lines before it."""
        row, rows = self.source.header_row, self.source.header_rows
        if row == 0:
            return self.source.header, first, 0
        start = 0
        for _ in range(row - 1):
            start = first.find(b"\n", start) + 1
            if start == 0:
                raise FileProblem(f"the file ends before the header in line {row}", "mend `header_row:`")
        header: tuple[str, ...] = ()
        pairing = _Pairing(True, ord(self.delimiter), self.quoting)
        newlines, ends = pairing.ends(first[start:])
        stops = (newlines[ends] + start).tolist()[:rows]
        if len(stops) < rows:
            raise FileProblem("the header's quotes do not close", "export the file again")
        begin = start
        for stop in stops:
            cells = split_header(first[begin:stop].decode("utf-8"), self.delimiter)
            header = merge_header(header, cells)
            begin = stop + 1
        return header, first[begin:], first.count(b"\n", 0, begin)

    def _count(self, text: TextFile, block: bytes) -> None:
        """Add the block's records and the places where lines run ahead of them."""
        single = len(text.header) == 1 and self.quoting
        if not self.pairing.open and (not self.quoting or b'"' not in block) and (single or not _has_blank(block)):
            count = block.count(b"\n")
            text.records += count
            self.pairing.line += count
            return
        starts, lines = self.pairing.starts(block, single)
        extra = lines - (text.records + np.arange(len(starts)))
        changes = np.flatnonzero(np.diff(extra, prepend=text.shifts[-1][1]))
        text.shifts += [(text.records + int(i), int(extra[i])) for i in changes]
        text.records += len(starts)


def _has_blank(block: bytes) -> bool:
    return block.startswith(b"\n") or b"\n\n" in block


def merge_header(upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[str, ...]:
    """Two header rows as one: an empty upper cell belongs to the merged cell on its left."""
    if not upper:
        return lower
    width = max(len(upper), len(lower))
    groups, last = [], ""
    for cell in (*upper, *[""] * (width - len(upper))):
        last = cell or last
        groups.append(last)
    below = (*lower, *[""] * (width - len(lower)))
    return tuple(f"{a} {b}".strip() if b else a for a, b in zip(groups, below, strict=True))


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _without_footer(blocks: Iterator[bytes], lines: int) -> Iterator[bytes]:
    """All but the last `lines` lines that are not blank."""
    if lines == 0:
        yield from blocks
        return
    held = b""
    for block in blocks:
        if len(held) > _BLOCK:
            yield held
            held = b""
        held += block
    end = len(held)
    for _ in range(lines):
        end = len(held[:end].rstrip(b"\n"))
        end = held.rfind(b"\n", 0, end) + 1
    if end:
        yield held[:end]


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as f:
        while block := f.read(_BLOCK):
            yield block


def _line_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks that end with a newline; a last line without one gets it."""
    held = b""
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut == 0:
            held += block
            if len(held) > MAX_RECORD_BYTES:
                raise FileProblem(*TOO_LONG)
            continue
        yield held + block[:cut]
        held = block[cut:]
    if held:
        yield held + b"\n"


TOO_LONG = (
    f"a line is longer than {MAX_RECORD_BYTES:,} bytes",
    "export the file again; line ends are missing or a quote is not closed",
)


class _Decoder:
    """Delivered bytes -> UTF-8 with LF, strictly; notes what was changed on the way."""

    def __init__(self, path: Path, encoding: str, copying: bool) -> None:
        self.path, self.encoding, self.copying = path, encoding, copying
        self.notes: list[str] = []
        self.lines = 0
        self.decoder = codecs.getincrementaldecoder(_CODECS[encoding])("strict")
        self.held_return = False
        # Another encoding decodes UTF-8 into nonsense without an error, so it is asked whether the file is UTF-8.
        watching = encoding in ("gb18030", "gbk", "latin-1", "windows-1252")
        self.watch = codecs.getincrementaldecoder("utf-8")("strict") if watching else None
        self.wide = False

    def blocks(self) -> Iterator[bytes]:
        """All of the file; without `copying`, the bytes as they are (less a byte order mark)."""
        first = True
        with self.path.open("rb") as f:
            while raw := f.read(_BLOCK):
                text = self._decode(raw)
                self._watch(raw)
                if first:
                    first = False
                    _refuse_markup(text)
                    if text.startswith("\ufeff"):
                        self._note("a byte order mark was dropped")
                        text, raw = text[1:], raw[3:]  # the bytes only matter for UTF-8
                yield self._checked(self._lf(text).encode("utf-8") if self.copying else raw)
        rest = self._decode(b"") + ("\n" if self.held_return else "")
        if rest:
            yield rest.encode("utf-8")
        self._watch(b"")
        if self.watch is not None and self.wide:
            raise FileProblem(f"the file is UTF-8, not {self.encoding}", "declare `encoding: utf-8` for this source")

    def _lf(self, text: str) -> str:
        """CRLF and lone CR as LF; a CR at the end of a block waits for what follows."""
        text = "\r" + text if self.held_return else text
        self.held_return = text.endswith("\r")
        text = text[:-1] if self.held_return else text
        if "\r" in text:
            self._note("line ends were made LF")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text

    def _checked(self, block: bytes) -> bytes:
        if b"\0" in block:
            line = self.lines + block.count(b"\n", 0, block.index(b"\0")) + 1
            raise FileProblem(f"a NUL byte in line {line}", "export the file again; it is damaged or binary")
        self.lines += block.count(b"\n")
        return block

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _watch(self, raw: bytes) -> None:
        """Chinese encodings make short runs of two-byte UTF-8 by chance (联通): there, three bytes are asked for."""
        if self.watch is None:
            return
        try:
            text = self.watch.decode(raw, final=not raw)
        except UnicodeDecodeError:
            self.watch = None
            return
        if not self.wide and not text.isascii():
            single = self.encoding in ("latin-1", "windows-1252")
            self.wide = single or any(c > "\u07ff" for c in set(text))

    def _decode(self, raw: bytes) -> str:
        try:
            return self.decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as e:
            line = self.lines + bytes(e.object[: e.start]).count(b"\n") + 1
            if not raw:
                raise FileProblem(
                    f"the last character, in line {line}, is cut in the middle", "export the file again; it is cut off"
                ) from None
            raise self._not_encoded(f"line {line}") from None
        except UnicodeError:
            raise self._not_encoded("the file") from None

    def _not_encoded(self, what: str) -> FileProblem:
        return FileProblem(f"{what} is not {self.encoding}", "declare the right `encoding:` for this source")


def _refuse_markup(text: str) -> None:
    start = text[:2000].lstrip().lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<head", "<body")):
        raise FileProblem(
            "the file is a web page, not data", "sign in and export again; the download was a login or error page"
        )


def _refuse_other_formats(path: Path) -> None:
    with path.open("rb") as f:
        magic = f.read(4)
    for start, kind in ((b"PK\x03\x04", "a workbook or zip"), (b"PAR1", "Parquet"), (b"\x1f\x8b", "gzip")):
        if magic.startswith(start):
            raise FileProblem(f"the file is {kind}, not text", "give it the ending it should have")
