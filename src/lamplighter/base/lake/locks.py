"""Who writes and who still reads: advisory file locks that a dead process gives back by itself."""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake.head import Head, read_head

_LEASES = "leases"


class LakeBusy(LamplighterError):
    """Another process is writing to the lake."""

    def __init__(self, root: Path, holder: str) -> None:
        self.root, self.holder = root, holder
        super().__init__(
            f"The lake in {root} is being written by {holder or 'another process'}. "
            "Wait until it ends, then run the same command again; readers are not affected."
        )


@contextmanager
def hold_writer_lock(root: Path) -> Iterator[None]:
    """Be the one writer of the lake.

    Raises:
        LakeBusy: another process is.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / "writer.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LakeBusy(root, file.read().strip()) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


@contextmanager
def _gate(root: Path, mode: int) -> Iterator[None]:
    with (root / "gate.lock").open("a+") as file:
        fcntl.flock(file, mode)
        yield


@contextmanager
def lease_head(root: Path) -> Iterator[Head]:
    """Read the head and keep every part it names from being removed until the lease ends or the process dies."""
    (root / _LEASES).mkdir(parents=True, exist_ok=True)
    path = root / _LEASES / f"{os.getpid()}-{uuid.uuid4().hex}.json"
    with _gate(root, fcntl.LOCK_SH):
        # The gate keeps removal from running between reading the head and leaving the lease.
        head = read_head(root)
        file = path.open("w")
        fcntl.flock(file, fcntl.LOCK_SH)
        json.dump(head.to_json(), file)
        file.flush()
    try:
        yield head
    finally:
        path.unlink(missing_ok=True)
        file.close()


def heads_in_use(root: Path) -> list[Head]:
    """Return the head now and those that living readers hold; leases of dead readers are taken away."""
    with _gate(root, fcntl.LOCK_EX):
        heads = [read_head(root)]
        for path in sorted((root / _LEASES).glob("*.json")) if (root / _LEASES).exists() else []:
            try:
                file = path.open("r")
            except FileNotFoundError:
                continue
            with file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    heads.append(Head.from_json(json.load(file)))
                else:
                    path.unlink(missing_ok=True)
    return heads
