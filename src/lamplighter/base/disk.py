"""A disk that is full: the system's failure, told as one that can be expected."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFull(LamplighterError):
    """There was no room for what was to be written; nothing half-done was kept."""

    def __init__(self) -> None:
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """Return what is said; a room whose reader must know more says it in its own words."""
        return text("disk.full")


@contextmanager
def full_disk_told(kind: type[DiskFull] = DiskFull) -> Iterator[None]:
    """Turn the system's failure for want of room into ours; every other failure goes on as it is.

    Whoever writes still takes away what he left half-done.

    Args:
        kind: what is raised instead.

    Raises:
        DiskFull: there was no room.

    Example:
        >>> try:
        ...     with full_disk_told():
        ...         raise OSError(errno.ENOSPC, "No space left on device")
        ... except DiskFull as told:
        ...     type(told.__cause__).__name__
        'OSError'
    """
    try:
        yield
    except Exception as failure:
        if is_full_disk(failure):
            raise kind from failure
        raise


def is_full_disk(failure: BaseException | None) -> bool:
    """Say whether want of room lies at the bottom of a failure: a library may have wrapped it in one of its own.

    Example:
        >>> is_full_disk(OSError(errno.ENOSPC, "No space left on device")), is_full_disk(OSError(errno.ENOENT, "none"))
        (True, False)
    """
    while failure is not None:
        if isinstance(failure, OSError) and failure.errno in _FULL:
            return True
        failure = failure.__cause__ or failure.__context__
    return False
