"""Reading facts, plans and documents that come in as JSON: checked field by field, every fault told at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.records.facts import BreachFacts, MeteringErrorFacts, TheftFacts
from lamplighter.business.inspection.records.notices import (
    Document,
    DocumentKind,
    ResultNotice,
    ViolationNotice,
    WorkSheet,
)

T = TypeVar("T")

DOCUMENTS: Mapping[str, type[WorkSheet] | type[ResultNotice] | type[ViolationNotice]] = {
    DocumentKind.WORK_SHEET: WorkSheet,
    DocumentKind.RESULT_NOTICE: ResultNotice,
    DocumentKind.VIOLATION_NOTICE: ViolationNotice,
}
FACTS: Mapping[str, type[TheftFacts | BreachFacts | MeteringErrorFacts]] = {
    "theft": TheftFacts,
    "breach": BreachFacts,
    "metering_error": MeteringErrorFacts,
}
"""Facts that a calculation in a case starts from."""
_SHOWN = 5


class FactsInvalid(LamplighterError):
    """What came in cannot be used: fields that are missing, mistyped or unknown."""

    def __init__(self, source: str, faults: tuple[str, ...]) -> None:
        self.source, self.faults = source, faults
        shown = "; ".join(faults[:_SHOWN])
        super().__init__(text("inspection.error.facts_invalid", source=source, count=len(faults), faults=shown))


class FileUnreadable(LamplighterError):
    """A file is not there, or holds no JSON object."""

    def __init__(self, path: Path, *, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(text("inspection.error.file_unreadable", path=path, why=why))


class KindUnknown(LamplighterError):
    """A document names a kind there is none of."""

    def __init__(self, kind: object) -> None:
        self.kind = kind
        super().__init__(text("inspection.error.kind_unknown", kind=kind, known=", ".join(DOCUMENTS)))


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Numbers with a fraction stay text on the way to Decimal, so that 0.52 is 0.52.

    Raises:
        FileUnreadable: no such file, or no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
    except (OSError, ValueError) as error:
        raise FileUnreadable(path, why=str(error)) from error
    if not isinstance(content, dict):
        raise FileUnreadable(path, why=type(content).__name__)
    return content


def read_record(kind: type[T], content: Mapping[str, Any], *, source: str) -> T:
    """Return a record made of JSON's own types.

    Args:
        kind: the record's class.
        content: by field name.
        source: what the reader calls the content, for the sentence.

    Raises:
        FactsInvalid: every field that is missing, mistyped or unknown.

    Example:
        >>> from lamplighter.business.inspection.records.facts import Device
        >>> read_record(Device, {"name": "kettle", "rated_kw": "1.5"}, source="example").rated_kw
        Decimal('1.5')
    """
    try:
        return TypeAdapter(kind).validate_python(dict(content))
    except ValidationError as error:
        faults = tuple(
            f"{'.'.join(str(part) for part in fault['loc']) or '-'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise FactsInvalid(source, faults) from error


def read_document(content: Mapping[str, Any], *, source: str) -> Document:
    """Return the document an object describes; its ``kind`` says which.

    Raises:
        KindUnknown: there is no such document.
        FactsInvalid: as :func:`read_record`.
    """
    fields = dict(content)
    kind = fields.pop("kind", None)
    if kind not in DOCUMENTS:
        raise KindUnknown(kind)
    return read_record(DOCUMENTS[kind], fields, source=source)
