"""Text files as blocks of whole lines in UTF-8: unpacked, bounded, their encoding checked."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.sources.limits import SourceLimits

_UTF8: Final = ("utf-8", "utf-8-sig", "utf8")


class SourceUnreadable(LamplighterError):
    """A file as a whole cannot be taken in; the classes below say why."""

    def __init__(self, sentence: str, *, name: str) -> None:
        self.name = name
        super().__init__(sentence)


class EmptyFile(SourceUnreadable):
    """A file has no row of headings."""

    def __init__(self, name: str) -> None:
        super().__init__(text("sources.empty", name=name), name=name)


class TruncatedFile(SourceUnreadable):
    """A compressed or Parquet file ends before its end, or its bytes are damaged."""

    def __init__(self, name: str, *, cause: str) -> None:
        self.cause = cause
        super().__init__(text("sources.truncated", name=name, cause=cause), name=name)


class ZipBomb(SourceUnreadable):
    """A compressed file unpacks to far more than any real table does."""

    def __init__(self, name: str, *, ratio: int, allowed: int) -> None:
        self.ratio, self.allowed = ratio, allowed
        super().__init__(text("sources.zip_bomb", name=name, ratio=ratio, allowed=allowed), name=name)


class LineTooLong(SourceUnreadable):
    """A line of a text file has no end within the bound."""

    def __init__(self, name: str, *, line_bytes: int) -> None:
        self.line_bytes = line_bytes
        super().__init__(text("sources.line_too_long", name=name, line_bytes=line_bytes), name=name)


class WrongEncoding(SourceUnreadable):
    """The bytes of a text file are not of the encoding it is said to have."""

    def __init__(self, name: str, *, declared: str, line: int, likely: str) -> None:
        self.declared, self.line, self.likely = declared, line, likely
        super().__init__(
            text("sources.wrong_encoding", name=name, declared=declared, line=line, likely=likely or "?"), name=name
        )


def text_blocks(path: Path, *, name: str, encoding: str, limits: SourceLimits) -> Iterator[bytes]:
    """Yield a text file as blocks of whole lines in UTF-8, without byte order mark, each line ended by a line feed.

    Args:
        path: the file; unpacked when its name ends in ``.gz``.
        name: what errors call it.
        encoding: a Python codec that keeps ASCII as it is (UTF-8, GB18030, Latin-1 ...).
        limits: bounds.

    Raises:
        TruncatedFile, ZipBomb, LineTooLong, WrongEncoding: as they say.
    """
    for index, block in enumerate(_whole_lines(path, name=name, limits=limits)):
        if index == 0:
            if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise WrongEncoding(name, declared=encoding, line=1, likely="utf-16")
            block = block.removeprefix(codecs.BOM_UTF8)
        if not block.isascii():
            try:
                words = block.decode(encoding)
            except UnicodeDecodeError as fault:
                before = _lines_before(index, path, name=name, limits=limits)
                raise _wrong_encoding(block, fault, name=name, encoding=encoding, before=before) from fault
            block = block if encoding.lower() in _UTF8 else words.encode()
        yield block if block.endswith(b"\n") else block + b"\n"


def _lines_before(index: int, path: Path, *, name: str, limits: SourceLimits) -> int:
    # Counted only when a fault must be shown: counting all lines of a good file costs a tenth of reading it.
    blocks = _whole_lines(path, name=name, limits=limits)
    return sum(block.count(b"\n") for block in islice(blocks, index))


def _wrong_encoding(block: bytes, fault: UnicodeDecodeError, *, name: str, encoding: str, before: int) -> WrongEncoding:
    start = block.rfind(b"\n", 0, fault.start) + 1
    end = block.find(b"\n", fault.start)
    bad = block[start : end if end >= 0 else None]
    line = before + block.count(b"\n", 0, fault.start) + 1
    return WrongEncoding(name, declared=encoding, line=line, likely=_likely_encoding(bad))


def _likely_encoding(line: bytes) -> str:
    for candidate in ("utf-8", "gb18030"):
        try:
            line.decode(candidate)
        except UnicodeDecodeError:
            continue
        return candidate
    return ""


def _whole_lines(path: Path, *, name: str, limits: SourceLimits) -> Iterator[bytes]:
    carry = b""
    has_only_returns = False
    for index, chunk in enumerate(_chunks(path, name=name, limits=limits)):
        if index == 0:
            # The line end of the first computers with a mouse: returns alone.
            has_only_returns = b"\n" not in chunk and b"\r" in chunk
        block = carry + (chunk.replace(b"\r", b"\n") if has_only_returns else chunk)
        cut = block.rfind(b"\n") + 1
        carry = block[cut:]
        if len(carry) > limits.line_bytes:
            raise LineTooLong(name, line_bytes=limits.line_bytes)
        if cut:
            yield block[:cut]
    if carry:
        yield carry


def _chunks(path: Path, *, name: str, limits: SourceLimits) -> Iterator[bytes]:
    if not path.name.lower().endswith(".gz"):
        with path.open("rb") as plain:
            yield from iter(lambda: plain.read(limits.block_bytes), b"")
        return
    packed_bytes = max(path.stat().st_size, 1)
    unpacked = 0
    with gzip.open(path, "rb") as packed:
        while chunk := _unpack(packed, name=name, size=limits.block_bytes):
            unpacked += len(chunk)
            if unpacked > limits.expansion_grace_bytes and unpacked > limits.expansion_ratio * packed_bytes:
                raise ZipBomb(name, ratio=unpacked // packed_bytes, allowed=limits.expansion_ratio)
            yield chunk


def _unpack(packed: gzip.GzipFile, *, name: str, size: int) -> bytes:
    try:
        return packed.read(size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        raise TruncatedFile(name, cause=str(fault)) from fault
