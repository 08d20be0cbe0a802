"""The appraisal of a period on paper: numbered, with the fingerprint of what was issued, to be verified by its code."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Final

from lamplighter.base.documents import qr_rows, typeset
from lamplighter.base.messages import language, text
from lamplighter.base.security.actor import Actor
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.kpi.appraisals import AppraisalRow, AppraisalUnknown, find_appraisal

_WORDS: Final = (
    "title",
    "figure",
    "value",
    "before",
    "target",
    "guards",
    "appeals",
    "no_appeals",
    "sha256",
    "verify",
    "page",
    "stays",
)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A figure as the paper says it, in words of its language.

    Attributes:
        name: code and name; ``definition`` under it.
        value: with its counts and interval in ``counts``; what is missing, in words, where nothing was counted.
        before: of the period before.
        target: what it is to reach; ``standing`` whether it does, empty where that is not asked.
        guards: name and value of each figure that shows whether it is polished.
    """

    name: str
    definition: str
    value: str
    counts: str
    before: str
    target: str
    standing: str
    guards: Sequence[tuple[str, str]]


def report_number(row: AppraisalRow) -> str:
    """Return the number of an appraisal on paper: of its unit and months there is only one.

    Example:
        >>> from lamplighter.business.kpi.records import Period
        >>> march = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 1))
        >>> report_number(AppraisalRow(7, "U3", "county", march, (), dt.datetime(2026, 4, 2), "Gao", ()))
        'KH-U3-202603-202603'
    """
    return f"KH-{row.unit_id}-{row.period.first:%Y%m}-{row.period.last:%Y%m}"


def fingerprint(row: AppraisalRow) -> str:
    """Return the SHA-256 of an appraisal as it was issued; language, layout and appeals do not matter.

    It is taken over JSON, keys in order and without blanks, instants in UTC, so that another system can repeat it.
    """
    said = {
        "number": report_number(row),
        "unit": row.unit_name,
        "figures": list(row.figures),
        "issued_at": row.issued_at.astimezone(dt.UTC).isoformat(),
        "by": row.by_name,
    }
    written = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("utf-8")).hexdigest()


def take_report(*, actor: Actor, number: int, now: dt.datetime) -> AppraisalRow:
    """Return an appraisal to be printed, and record who took it.

    Raises:
        RightMissing: the actor may not see figures.
        AppraisalUnknown: he sees no such appraisal.
    """
    found = find_appraisal(actor=actor, number=number)
    if found is None:
        raise AppraisalUnknown
    after = {"number": report_number(found), "sha256": fingerprint(found), "language": language()}
    record(act=Act.EXPORT_DOWNLOADED, by=actor, now=now, kind="kpi.appraisal", subject=number, after=after)
    return found


def print_report(
    row: AppraisalRow,
    *,
    company: str,
    issued: str,
    lines: Sequence[ReportLine],
    appeals: Sequence[str],
    verify_url: str,
) -> bytes:
    """Return an appraisal as PDF, in the language that is spoken; the same content gives the same bytes.

    Args:
        row: the appraisal.
        company: name of the company.
        issued: when and by whom, in words.
        lines: its figures in words.
        appeals: each with what was decided, in words, as it stands now.
        verify_url: address that says whether a paper in a hand is what was issued.
    """
    data: dict[str, Any] = {
        "language": language(),
        "company": company,
        "unit": row.unit_name,
        "period": row.period.text.replace("..", " – ") if row.period.months > 1 else f"{row.period.first:%Y-%m}",
        "number": report_number(row),
        "sha256": fingerprint(row),
        "qr": qr_rows(f"{verify_url}?sha256={fingerprint(row)}"),
        "lines": [asdict(line) for line in lines],
        "appeals": list(appeals),
        "words": {name: text(f"kpi.report.{name}") for name in _WORDS} | {"issued": issued},
    }
    template = resources.files(__package__).joinpath("report.typ").read_text(encoding="utf-8")
    return typeset(template, data, made_at=row.issued_at)
