"""Forms of the papers of a visit: work sheet and notice of results, as they are shown and as they come back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor
from lamplighter.business.inspection.desk_queries import CaseView
from lamplighter.business.inspection.operations.papers import may_add
from lamplighter.business.inspection.records.notices import (
    Defect,
    DocumentKind,
    Inspector,
    Risk,
    Supply,
    VisitKind,
)
from lamplighter.doors.web.case_forms import Shown

_PEOPLE: Final = ("inspector_1", "certificate_1", "inspector_2", "certificate_2")
_NEEDS: Final = {
    DocumentKind.WORK_SHEET: ("visit", "customer", "place", *_PEOPLE),
    DocumentKind.RESULT_NOTICE: ("customer", "place", "inspected_on", "defects", *_PEOPLE),
}
_DEFECT_PARTS: Final = 4


class Refused(Protocol):
    """A form that was not taken, see ``views.cases.Refusal``."""

    @property
    def form(self) -> str: ...
    @property
    def typed(self) -> Mapping[str, str]: ...
    @property
    def faults(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class PaperForm:
    """The form of a paper: its kind, and its fields."""

    kind: str
    fields: list[Shown]


def paper_forms(view: CaseView, actor: Actor, refusal: Refused | None) -> list[PaperForm]:
    """Return the papers the reader may print now: the work sheet, and the results once somebody was on site."""
    if view.row.closed_at is not None:
        return []
    kinds = []
    if may_add(actor, "work_sheet"):
        kinds.append(DocumentKind.WORK_SHEET)
    if may_add(actor, "notice") and view.instance.data.get("outcome"):
        kinds.append(DocumentKind.RESULT_NOTICE)
    return [PaperForm(kind.value, _fields(kind, view, actor, refusal)) for kind in kinds]


def _fields(kind: DocumentKind, view: CaseView, actor: Actor, refusal: Refused | None) -> list[Shown]:
    mine = refusal if refusal is not None and refusal.form == kind.value else None
    second = str(view.instance.data.get("second_inspector", ""))
    proposed = {
        "visit": VisitKind.SPECIAL.value,
        "trigger": view.row.case_no,
        "inspected_on": str(view.instance.data.get("planned_on", "")),
        "inspector_1": actor.name if may_add(actor, "notice") else "",
        "inspector_2": dict(view.colleagues).get(second, ""),
    }
    visits = tuple((each.value, text(f"notices.visit.{each}")) for each in VisitKind)
    rows: dict[DocumentKind, tuple[tuple[str, str], ...]] = {
        DocumentKind.WORK_SHEET: (
            ("visit", "choice"),
            ("customer", "text"),
            ("place", "text"),
            ("trigger", "text"),
            ("items", "area"),
        ),
        DocumentKind.RESULT_NOTICE: (
            ("customer", "text"),
            ("place", "text"),
            ("inspected_on", "date"),
            ("defects", "area"),
        ),
    }
    return [
        Shown(
            name,
            text(f"cases.notice.{name}"),
            shown_as,
            (mine.typed if mine else proposed).get(name, ""),
            visits if name == "visit" else (),
            mine.faults.get(name, "") if mine else "",
            is_required=name in _NEEDS[kind],
            hint=text("cases.notice.defects_hint") if name == "defects" else "",
        )
        for name, shown_as in (*rows[kind], *((each, "text") for each in _PEOPLE))
    ]


def read_paper(
    kind: DocumentKind, typed: Mapping[str, str], *, company: str, account: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the content of a paper from what was typed, and a sentence for each field that is wrong."""
    faults = {name: text("cases.refused.empty") for name in _NEEDS[kind] if not typed.get(name, "").strip()}
    given = {name: value.strip() for name, value in typed.items()}
    content: dict[str, Any] = {
        "company": company,
        "supply": Supply(account_id=account, customer=given.get("customer", ""), address=given.get("place", "")),
        "inspectors": tuple(
            Inspector(name=given.get(f"inspector_{each}", ""), certificate=given.get(f"certificate_{each}", ""))
            for each in (1, 2)
        ),
    }
    if kind is DocumentKind.WORK_SHEET:
        if given.get("visit") not in set(VisitKind):
            return content, faults | {"visit": text("cases.refused.fact")}
        items = tuple(line.strip() for line in given.get("items", "").splitlines() if line.strip())
        return content | {
            "visit": VisitKind(given["visit"]),
            "trigger": given.get("trigger", ""),
            "items": items,
        }, faults
    try:
        content["inspected_on"] = dt.date.fromisoformat(given.get("inspected_on", ""))
    except ValueError:
        faults.setdefault("inspected_on", text("cases.refused.fact"))
    try:
        lines = [line for line in given.get("defects", "").splitlines() if line.strip()]
        content["defects"] = tuple(_defect(line) for line in lines)
    except ValueError:
        faults["defects"] = text("cases.notice.defects_hint")
    return content, faults


def _defect(line: str) -> Defect:
    parts = [part.strip() for part in line.replace("；", ";").split(";")]
    if len(parts) != _DEFECT_PARTS or not all(parts):
        raise ValueError(line)
    risks = {text(f"notices.risk.{risk}", in_language=spoken): risk for risk in Risk for spoken in ("zh", "en")}
    risk = risks.get(parts[2]) or Risk(parts[2])
    return Defect(item=parts[0], clause=parts[1], risk=risk, due_on=dt.date.fromisoformat(parts[3]))
