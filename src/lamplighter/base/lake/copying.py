"""One published state of a lake as plain files: listed to be copied, and looked through after a copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamplighter.base.lake.head import Head, read_head, read_manifest
from lamplighter.base.lake.locks import lease_head


@contextmanager
def files_of_state(root: Path) -> Iterator[tuple[Head, list[str]]]:
    """Hold a state of the lake and yield its head with the files that make it up, under the root.

    Parts and manifests never change, and none of them is removed while the block lasts; the head itself is not among
    them, since it moves on with the next writer.

    Example:
        >>> import tempfile
        >>> with files_of_state(Path(tempfile.mkdtemp())) as (head, files):
        ...     head.generation, files
        (0, [])
    """
    with lease_head(root) as head:
        yield head, list(_files(root, head))


def find_incomplete(root: Path) -> str | None:
    """Return the first file of the newest state that is missing or cut short, by its manifest; None = all good."""
    head = read_head(root)
    for months in head.tables.values():
        for manifest in months.values():
            if not (root / manifest).is_file():
                return manifest
            for row in read_manifest(root, manifest):
                path = root / row["file"]
                if not path.is_file() or path.stat().st_size != row["byte_count"]:
                    return str(row["file"])
    return None


def _files(root: Path, head: Head) -> Iterator[str]:
    for months in head.tables.values():
        for manifest in months.values():
            yield manifest
            for row in read_manifest(root, manifest):
                yield str(row["file"])
