"""Opening a lake: reading it, changing it, cleaning up behind readers that have gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake.head import SCHEMA_VERSION, Head, read_head, read_manifest
from lamplighter.base.lake.locks import heads_in_use, hold_writer_lock, lease_head
from lamplighter.base.lake.reading import Snapshot
from lamplighter.base.lake.writing import Staging, Transaction, sweep_dead_staging, write_head

Upgrade = Callable[[Path, Head], Head]
"""Takes a lake one schema version up and returns its new head; it may write new files, never change old ones."""

UPGRADES: Mapping[int, Upgrade] = {}
"""Schema version an upgrade starts from -> the upgrade. Empty as long as version 1 is the only one there ever was."""


class LakeTooNew(LamplighterError):
    """A newer release of the product wrote this lake."""

    def __init__(self, root: Path, *, found: int, known: int) -> None:
        self.root, self.found, self.known = root, found, known
        super().__init__(
            f"The lake in {root} has schema version {found}; this release knows up to {known}. "
            "Use the release that wrote it, or a newer one; nothing was changed."
        )


class Lake:
    """A lake in a directory.

    Example:
        >>> import tempfile
        >>> lake = Lake.open(Path(tempfile.mkdtemp()))
        >>> with lake.snapshot() as state:
        ...     state.generation
        0
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(
        cls, root: Path, *, upgrades: Mapping[int, Upgrade] = UPGRADES, schema_version: int = SCHEMA_VERSION
    ) -> Lake:
        """Open the lake under ``root``, made when absent, taken up to this release's schema when older.

        Raises:
            LakeTooNew: a newer release wrote it.
            LakeBusy: it needs an upgrade and another process is writing.
        """
        root.mkdir(parents=True, exist_ok=True)
        head = read_head(root)
        if head.schema_version > schema_version:
            raise LakeTooNew(root, found=head.schema_version, known=schema_version)
        if head.generation and head.schema_version < schema_version:
            with hold_writer_lock(root):
                head = read_head(root)
                while head.schema_version < schema_version:
                    head = upgrades[head.schema_version](root, head)
                write_head(root, head)
        return cls(root)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Hold one published state for reading."""
        with lease_head(self.root) as head:
            yield Snapshot(self.root, head)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Be the one writer; what was added is published on leaving without an error.

        Raises:
            LakeBusy: another process is writing.
        """
        with hold_writer_lock(self.root):
            sweep_dead_staging(self.root)
            with Staging(self.root) as staging:
                transaction = Transaction(self.root, staging)
                yield transaction
                transaction.publish()

    def staging(self) -> Staging:
        """Return a place where a writer may spill and stage; to be used as a context, inside a transaction."""
        return Staging(self.root)

    def vacuum(self) -> int:
        """Remove files that neither the head nor any living reader names, and return how many.

        Raises:
            LakeBusy: another process is writing.
        """
        with hold_writer_lock(self.root):
            sweep_dead_staging(self.root)
            kept: set[str] = set()
            for head in heads_in_use(self.root):
                for months in head.tables.values():
                    for manifest in months.values():
                        kept.add(manifest)
                        kept |= {row["file"] for row in read_manifest(self.root, manifest)}
            removed = 0
            for pattern in ("*/*/*.parquet", "*/*/manifest-*.json"):
                for path in self.root.glob(pattern):
                    name = path.relative_to(self.root).as_posix()
                    if name not in kept and not name.startswith("staging/"):
                        path.unlink()
                        removed += 1
            return removed
