"""Looking at a file nobody has described."""

from __future__ import annotations

from pathlib import Path

from lamplighter.base.sources import (
    EmptyFile,
    FileMapping,
    FormatUnknown,
    SourceFile,
    SourceLimits,
    WrongEncoding,
    read_batches,
)
from lamplighter.base.sources.folder import format_of
from lamplighter.base.sources.reading import as_words
from lamplighter.business.metering.rules.inspecting import Proposal, propose_mapping

_SAMPLE = SourceLimits(block_bytes=1 << 20, batch_values=200_000)
_SAMPLE_ROWS = 5_000


def inspect_file(path: Path, *, interval_minutes: int) -> Proposal:
    """Read a sample of a file and return a proposed mapping with its doubts; nothing is taken in.

    Args:
        path: CSV, gzipped CSV, Parquet or xlsx.
        interval_minutes: the company's interval.

    Raises:
        FormatUnknown, EmptyFile, TruncatedFile and the other kinds of SourceUnreadable.
    """
    file = SourceFile(path=path, name=path.name, format=format_of(path.name))
    if file.format == "xml":
        return Proposal(layout="espi")
    if not file.format:
        raise FormatUnknown(path.name)
    for encoding in ("utf-8", "gb18030"):
        try:
            for batch in read_batches(file, mapping=FileMapping(encoding=encoding), types=lambda _: {}, limits=_SAMPLE):
                sample = as_words(batch.table.slice(0, _SAMPLE_ROWS))
                return propose_mapping(sample, encoding=encoding, interval_minutes=interval_minutes)
        except WrongEncoding:
            if encoding == "gb18030":
                raise
    raise EmptyFile(path.name)
