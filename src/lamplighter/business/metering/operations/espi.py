"""Staging Green Button files."""

from __future__ import annotations

from collections.abc import Iterator

from lamplighter.base.sources import SourceFile
from lamplighter.business.metering.operations.curves import StagedCurves, stage_long
from lamplighter.business.metering.rules.espi import read_espi
from lamplighter.business.metering.rules.reading import Reader


def stage_espi(file: SourceFile, *, reader: Reader, staged: StagedCurves) -> Iterator[int]:
    """Stage a Green Button file, yielding the readings of each batch as it is done."""
    with file.path.open("rb") as stream:
        batches = read_espi(
            stream,
            name=file.name,
            meter_id=reader.mapping.constants.get("meter_id", ""),
            interval_minutes=reader.grid.interval_minutes,
        )
        yield from stage_long(batches, reader=reader, staged=staged)
