"""Read the whole trail again, entry by entry, and hold it against what was signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lamplighter.base.security.audit import models, records
from lamplighter.base.security.audit.records import Fault, Verdict
from lamplighter.base.security.audit.rules import check_trail
from lamplighter.base.security.audit.sealing import Seals, find_forged, read_heads

_ENTRIES_AT_ONCE: Final = 5_000


def verify_trail(seals: Seals) -> Verdict:
    """Return whether the trail is whole, how many entries it has, and the first that is not as it was.

    Args:
        seals: where heads are kept. With a second folder its heads count: whoever rules the home could sign anew.

    Raises:
        HeadsUnreadable: heads or the key to check them with cannot be read.
    """
    found = [(folder, read_heads(folder)) for folder in seals.folders]
    for folder, heads in found:
        forged = find_forged(heads, folder)
        if forged is not None:
            return Verdict(_count(), forged.number, Fault.FORGED_HEAD, len(heads), 0, None)
    own = {(head.number, head.hash) for head in found[0][1]}
    for _, heads in found[1:]:
        lost = next((head for head in heads if (head.number, head.hash) not in own), None)
        if lost is not None:
            return Verdict(_count(), lost.number, Fault.LOST_HEADS, len(heads), lost.number, lost.sealed_at)
    return check_trail(_entries(), found[0][1])


def _count() -> int:
    return models.Entry.objects.count()


def _entries() -> Iterator[records.Entry]:
    for row in models.Entry.objects.order_by("number").iterator(chunk_size=_ENTRIES_AT_ONCE):
        yield row.as_record()
