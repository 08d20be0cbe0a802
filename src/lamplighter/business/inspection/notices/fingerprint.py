"""Number and fingerprint of a document: the same content, in whatever order its file has it, gives the same SHA-256."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.records.notices import (
    Document,
    DocumentKind,
    ResultNotice,
    ViolationNotice,
    WorkSheet,
)
from lamplighter.business.inspection.rules.deadlines import InstantNeeded

KIND_OF = {
    WorkSheet: DocumentKind.WORK_SHEET,
    ResultNotice: DocumentKind.RESULT_NOTICE,
    ViolationNotice: DocumentKind.VIOLATION_NOTICE,
}
_LETTERS = {
    DocumentKind.WORK_SHEET: "GD",
    DocumentKind.RESULT_NOTICE: "JG",
    DocumentKind.VIOLATION_NOTICE: "WQ",
}


class ContentDiffers(LamplighterError):
    """A document's content is not the one that was printed."""

    def __init__(self, *, found: str, given: str) -> None:
        self.found, self.given = found, given
        super().__init__(text("inspection.error.copies_differ", found=found, given=given))


def number_document(kind: DocumentKind, *, unit: str, year: int, sequence: int) -> str:
    """Return a document's number: kind, unit, year, and the running number of the unit's year.

    Example:
        >>> number_document(DocumentKind.VIOLATION_NOTICE, unit="320101", year=2025, sequence=12)
        'WQ-320101-2025-000012'
    """
    return f"{_LETTERS[kind]}-{unit}-{year}-{sequence:06d}"


def fingerprint(document: Document) -> str:
    """Return the SHA-256 of what a document says, 64 hexadecimal digits; language and layout do not matter.

    It is taken over the fields' JSON, keys in order and without blanks, instants in UTC and figures without closing
    zeros, so that another system can repeat it.

    Raises:
        InstantNeeded: an instant without its zone.
    """
    said = {"kind": KIND_OF[type(document)].value, "content": _canonical(asdict(document))}
    written = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("utf-8")).hexdigest()


def _canonical(value: object) -> object:
    match value:
        case datetime():
            if value.tzinfo is None:
                raise InstantNeeded(value.isoformat())
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case dict():
            return {name: _canonical(each) for name, each in value.items()}
        case tuple() | list():
            return [_canonical(each) for each in value]
        case _:
            # Words of an enum are words; nothing else but text, whole numbers, yes or no is left.
            return value


def check_fingerprint(document: Document, *, given: str) -> None:
    """Refuse a document that is not the one a fingerprint was printed for.

    Raises:
        ContentDiffers: it says something else.
    """
    found = fingerprint(document)
    if found != given.strip().lower():
        raise ContentDiffers(found=found, given=given)
