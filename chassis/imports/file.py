"""The structure of a register file: bytes, maybe compressed, to text, to lines, to records, one piece at a time.

Anything wrong here means that nothing in the file can be trusted; the import then changes nothing.
"""

from __future__ import annotations

import codecs
import csv
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from chassis.errors import PortalError

GZIP_MAGIC = b"\x1f\x8b"
# No piece of text grows beyond this, however well it was compressed.
PIECE_BYTES = 256 * 1024
LONGEST_LINE = 64 * 1024
LARGEST_TEXT = 4 * 1024**3


class RegisterFile:
    """Iterate to get `(row number, column -> text)`; the header is row 1, so the numbers are a spreadsheet's.

    `bytes_read` grows with the bytes taken from `chunks`. After a record of a wrong width `found_width` differs from
    `width`, and only its `key` is given, so that what it is about can be left alone.

    Raises PortalError <service>.file_empty, file_header, file_encoding,
    file_truncated, file_not_csv, file_too_large.
    """

    def __init__(
        self, chunks: Iterable[bytes], service: str, *, key: str, required: Sequence[str], optional: Sequence[str]
    ) -> None:
        self._service, self._key = service, key
        self._required, self._known = required, frozenset(required) | frozenset(optional)
        self.bytes_read = 0
        self.found_width = 0
        self.width = 0
        self._chunks = chunks
        self._row = 0

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        lines = self._lines(self._decoded(self._unpacked(self._counted())))
        header_line = next(lines, "")
        if not header_line.strip():
            raise self._error("file_empty")
        delimiter = ";" if header_line.count(";") > header_line.count(",") else ","
        header = self._header(header_line, delimiter)
        self.width = len(header)
        self._row = 1
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        wanted = [(index, name) for index, name in enumerate(header) if name in self._known]
        while True:
            try:
                record = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                raise self._error("file_not_csv", row=self._row + 1) from error
            self._row += 1
            if not record:
                continue
            self.found_width = len(record)
            if len(record) != self.width:
                place = header.index(self._key)
                yield self._row, {self._key: record[place] if place < len(record) else ""}
            else:
                yield self._row, {name: record[index] for index, name in wanted}
        if self._row == 1:
            raise self._error("file_empty")

    def _counted(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.bytes_read += len(chunk)
            yield chunk

    def _error(self, name: str, **params: Any) -> PortalError:
        return PortalError(f"{self._service}.{name}", **params)

    def _header(self, line: str, delimiter: str) -> list[str]:
        try:
            header = [name.strip().casefold() for name in next(csv.reader([line], delimiter=delimiter, strict=True))]
        except csv.Error as error:
            raise self._error("file_not_csv", row=1) from error
        missing = [name for name in self._required if name not in header]
        if missing or len(set(header)) != len(header):
            raise self._error("file_header", missing=", ".join(missing) or "—")
        return header

    def _unpacked(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Undo gzip when the file is compressed, at most PIECE_BYTES a piece; several members may follow each other."""
        first = b""
        for chunk in chunks:
            first += chunk
            if len(first) >= len(GZIP_MAGIC):
                break
        if not first.startswith(GZIP_MAGIC):
            yield first
            yield from chunks
            return
        inflate = zlib.decompressobj(wbits=31)
        waiting = first
        size = 0
        while True:
            try:
                piece = inflate.decompress(waiting, PIECE_BYTES)
            except zlib.error as error:
                raise self._error("file_truncated") from error
            size += len(piece)
            if size > LARGEST_TEXT:
                raise self._error("file_too_large", limit="4 GB")
            if piece:
                yield piece
            waiting = inflate.unconsumed_tail
            if inflate.eof:
                waiting = inflate.unused_data or next(chunks, b"")
                if not waiting.strip(b"\0"):
                    return
                inflate = zlib.decompressobj(wbits=31)
            elif not waiting:
                waiting = next(chunks, b"")
                if not waiting and not piece:
                    raise self._error("file_truncated")

    def _decoded(self, pieces: Iterator[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        position = 0
        for piece in pieces:
            pending = len(decoder.getstate()[0])
            try:
                yield decoder.decode(piece)
            except UnicodeDecodeError as error:
                raise self._error("file_encoding", position=position - pending + error.start) from error
            position += len(piece)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise self._error("file_encoding", position=position) from error

    def _lines(self, texts: Iterator[str]) -> Iterator[str]:
        rest = ""
        number = 0
        for text in texts:
            lines = (rest + text).split("\n")
            rest = lines.pop()
            if len(rest) > LONGEST_LINE:
                raise self._error("file_not_csv", row=number + len(lines) + 1)
            for line in lines:
                number += 1
                if "\0" in line:
                    raise self._error("file_not_csv", row=number)
                yield line + "\n"
        if rest:
            yield rest
