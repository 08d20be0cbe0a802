"""The lake: what meters, sensors and other systems said, and what was computed from it.

A table is a set of immutable Parquet *parts*. A small *head* file names, for each table and month, the manifest that
lists its parts; publishing a change is one swap of the head, so a reader in another process sees the state before or
the state after, never half of it. Nothing is overwritten: a later value is a new version with ``known_at``.
"""

from lamplighter.base.lake.compaction import compact
from lamplighter.base.lake.head import Part
from lamplighter.base.lake.locks import LakeBusy
from lamplighter.base.lake.reading import Snapshot
from lamplighter.base.lake.store import Lake, LakeTooNew
from lamplighter.base.lake.writing import Staging, Transaction

__all__ = ["Lake", "LakeBusy", "LakeTooNew", "Part", "Snapshot", "Staging", "Transaction", "compact"]
