"""The evidence of what a visit found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import ConfigDict

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

_SHA256 = re.compile(r"[0-9a-f]{64}")


class EvidenceKind(StrEnum):
    """What an item of evidence is."""

    PHOTO = "photo"
    VIDEO = "video"
    AUDIO = "audio"
    READING = "reading"
    """Readings, currents, voltages as recorded by an instrument or the acquisition system."""
    DOCUMENT = "document"
    DEVICE = "device"
    """A device that was sealed."""
    STATEMENT = "statement"
    OPINION = "opinion"
    """Of the metrology body."""


class EvidenceBroken(LamplighterError):
    """An item of evidence has a fingerprint or an instant that proves nothing."""

    def __init__(self, item_id: str, *, why: str) -> None:
        self.item_id, self.why = item_id, why
        super().__init__(text("inspection.error.evidence_broken", item=item_id, why=why))


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """One item of evidence, fixed when it was taken.

    Attributes:
        item_id: unique within the case.
        kind: what it is.
        sha256: fingerprint of its bytes, 64 hexadecimal digits in lower case.
        taken_at: instant with its zone.
        taken_by: who took it.
        subject: what it shows.
        seal_no: seal of a device.

    Raises:
        EvidenceBroken: a fingerprint that is none, or an instant without its zone.
    """

    item_id: str
    kind: EvidenceKind
    sha256: str
    taken_at: datetime
    taken_by: str
    subject: str = ""
    seal_no: str = ""

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise EvidenceBroken(self.item_id, why="sha256")
        if self.taken_at.tzinfo is None:
            raise EvidenceBroken(self.item_id, why="taken_at")
