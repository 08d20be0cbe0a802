"""Files that are still coming: bytes appended where they left off, synced to the disk, then given their place."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamplighter.base.disk import DiskFull, full_disk_told
from lamplighter.base.messages import text
from lamplighter.base.settings import Home


class FieldDiskFull(DiskFull):
    """There is no room for what comes in; nothing of it was kept, and the telephone keeps it."""

    def sentence(self) -> str:
        """Return what the telephone says."""
        return text("field.refused.disk_full")


def staged_file(home: Home, record_id: str, item_id: str) -> Path:
    """Return where a file lies while it is coming: below the desk's folder, under ids alone.

    Example:
        >>> staged_file(Home(Path("/srv")), "r", "i").as_posix()
        '/srv/desk/field/r/i.part'
    """
    return home.desk / "field" / record_id / f"{item_id}.part"


@contextmanager
def only_one(home: Home, record_id: str) -> Iterator[None]:
    """Let one message of a record be worked at a time: two pages of a telephone may send at once.

    Raises:
        FieldDiskFull: there was no room even for that.
    """
    folder = home.desk / "field" / record_id
    with full_disk_told(FieldDiskFull):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        gate = (folder / "gate").open("ab")
    with gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def append_at(path: Path, content: bytes, *, offset: int) -> int:
    """Append bytes to a file that is coming, and return how many it has now.

    Bytes for another place than its end change nothing: the answer says where to go on. Whatever goes wrong, the file
    is as long as it was before.

    Args:
        path: the file; whoever appends holds :func:`only_one`.
        content: bytes.
        offset: where they belong.

    Raises:
        FieldDiskFull: there was no room.
    """
    with full_disk_told(FieldDiskFull):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Unbuffered: what was not written stays out of the file when it is cut back.
        with path.open("ab", buffering=0) as file:
            held = os.fstat(file.fileno()).st_size
            if offset != held or not content:
                return held
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), held)
                raise
            return held + len(content)


def held_bytes(path: Path) -> int:
    """Return how many bytes of a file are here."""
    return path.stat().st_size if path.exists() else 0


def settle_file(staged: Path, place: Path) -> None:
    """Give a whole file its place, so that it is there after a power cut as well.

    Raises:
        FieldDiskFull: there was no room.
    """
    with full_disk_told(FieldDiskFull):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        staged.chmod(0o400)
        os.replace(staged, place)
        sync_folder(place.parent)


def write_file(place: Path, content: bytes) -> None:
    """Write bytes under a name nobody sees half of; a file that is there already is the same one.

    Raises:
        FieldDiskFull: there was no room, and nothing is left behind.
    """
    if place.exists() and fingerprint_of(place) == hashlib.sha256(content).hexdigest():
        return
    with full_disk_told(FieldDiskFull):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        staged = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            with staged.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(staged, place)
        finally:
            staged.unlink(missing_ok=True)
        sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fingerprint_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
