"""How much a file may ask of us before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """Bounds that keep memory and disk safe from a file, however it was made.

    Args:
        column_count: most columns of a table; a day of 96 values with its keys needs about 110.
        line_bytes: longest line of a text file.
        block_bytes: text read at a time.
        batch_values: values of a Parquet or Excel table read at a time.
        expansion_ratio: most bytes one compressed byte may become once ``expansion_grace_bytes`` are passed. Curves in
            CSV reach 5 to 60; the format allows 1,032.
        expansion_grace_bytes: a file smaller than this when unpacked is never a bomb.

    Example:
        >>> SourceLimits().column_count
        2000
    """

    column_count: int = 2_000
    line_bytes: int = 4 << 20
    block_bytes: int = 16 << 20
    batch_values: int = 3 << 20
    expansion_ratio: int = 250
    expansion_grace_bytes: int = 256 << 20
