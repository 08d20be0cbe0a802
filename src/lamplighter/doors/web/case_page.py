"""What the page of a case shows beside its tasks: the stepper, the calculation, the notice, the guards of a stop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor
from lamplighter.business.inspection.case_filling import CALCULATING
from lamplighter.business.inspection.case_guards import STATED
from lamplighter.business.inspection.desk_queries import CaseView, guards_of
from lamplighter.business.inspection.operations.serving import SERVED_OVER
from lamplighter.business.inspection.records.law import Switch
from lamplighter.business.inspection.records.stopping import StopDecision
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.inspection.rules.law import load_law
from lamplighter.business.workflow.instances import Status
from lamplighter.doors.web.case_forms import Shown, shown_facts, yes_no

MAIN_WAY: Final = (
    "CLUE",
    "DESK_CHECK",
    "APPROVED",
    "ON_SITE",
    "EVIDENCE_FIXED",
    "NOTICE_SERVED",
    "CALCULATED",
    "REVIEWED",
    "USER_CONFIRMED",
    "PAID",
    "ARCHIVED",
)
"""The usual way of a case that ends in a claim; what lies beside it is shown where it was reached."""
_SHORT_WAY: Final = ("CLUE", "DESK_CHECK", "APPROVED", "ON_SITE")
_ENDS_SHORT: Final = ("CLEAN", "METERING_FAULT", "WRONG_ARCHIVE", "VACANCY", "SOLAR")
_SWITCHES: Final = {
    "theft": ("governing_day", "rated_current_source", "deduct_billed_energy", "days_unknown"),
    "breach": ("governing_day",),
    "metering_error": ("error_formula",),
}
"""Switches that matter to each calculation, in the order of the form."""


class Refused(Protocol):
    """A form that was not taken, see ``views.cases.Refusal``."""

    @property
    def form(self) -> str: ...
    @property
    def typed(self) -> Mapping[str, str]: ...
    @property
    def faults(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the stepper: its words, and whether it is past, here or ahead."""

    words: str
    place: str


def steps_of(view: CaseView) -> list[StepView]:
    """Return the way of a case: the states it reached, in order, then those that usually follow."""
    reached = list(dict.fromkeys(view.states))
    here = view.row.state
    is_over = view.row.status in (Status.FINISHED, Status.CANCELLED)
    ahead: list[str] = []
    if not is_over:
        way = (*_SHORT_WAY, "ARCHIVED") if any(end in reached for end in _ENDS_SHORT) else MAIN_WAY
        last = max((way.index(state) for state in reached if state in way), default=-1)
        ahead = [state for state in way[last + 1 :] if state not in reached]
    shown = [(state, "past") for state in reached] + [(state, "ahead") for state in ahead]
    if here not in reached:
        shown.insert(len(reached), (here, "here"))
    return [
        StepView(text(f"cases.state.{state}"), "here" if state == here and not is_over else place)
        for state, place in shown
    ]


@dataclass(frozen=True, slots=True)
class SwitchView:
    """A switch of the law in a form: its options with their words, which is chosen, whether the default is doubtful."""

    name: str
    words: str
    options: tuple[tuple[str, str], ...]
    chosen: str
    default: str
    needs_confirmation: bool


@dataclass(frozen=True, slots=True)
class AmountForm:
    """The form of a calculation: kind, facts, switches."""

    kind: str
    fields: list[Shown]
    switches: list[SwitchView]


def amount_forms(view: CaseView, actor: Actor, refusal: Refused | None) -> list[AmountForm]:
    """Return the calculation the reader may make now; none while nothing is to be calculated or by him."""
    mine = refusal if refusal is not None and refusal.form == "amount" else None
    for each in view.tasks:
        if each.task.id not in CALCULATING or each.why_not:
            continue
        outcome = str(view.instance.data.get("outcome", "")).lower()
        kind = "metering_error" if outcome == "metering_fault" else outcome
        typed: Mapping[str, str] = mine.typed if mine else _proposed(view, kind)
        faults: Mapping[str, str] = mine.faults if mine else {}
        return [AmountForm(kind, shown_facts(kind, typed=typed, faults=faults), switches_of(kind, typed))]
    return []


def _proposed(view: CaseView, kind: str) -> dict[str, str]:
    """Return what the case knows: the calculation made before, otherwise the day of the act."""
    for amount in view.amounts:
        if amount.kind == kind:
            return (
                {name: _typed(value) for name, value in amount.facts.items() if not isinstance(value, dict)}
                | {f"meter_{name}": _typed(value) for name, value in (amount.facts.get("meter") or {}).items()}
                | dict(amount.chosen)
            )
    acted_on = view.instance.data.get("acted_on")
    day = str(acted_on) if acted_on else ""
    return (
        {"corrected_on": str(view.instance.data.get("repaired_on", ""))}
        if kind == "metering_error"
        else {"found_on": day}
    )


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "\n".join(
            ", ".join(str(row.get(name, "")) for name in ("name", "rated_kw", "quantity"))
            if isinstance(row, dict)
            else str(row)
            for row in value
        )
    return "" if value is None else str(value)


def switches_of(kind: str, typed: Mapping[str, str]) -> list[SwitchView]:
    """Return the switches of a calculation; what nobody set is the company's default."""
    known = load_law(on=dt.date.today()).switches  # noqa: DTZ011  # only words and options are read
    return [_switch(known[name], typed) for name in _SWITCHES[kind] if name in known]


def _switch(switch: Switch, typed: Mapping[str, str]) -> SwitchView:
    return SwitchView(
        switch.name,
        switch.say(),
        tuple((option, text(f"inspection.choice.{switch.name}.{option}")) for option in switch.options),
        typed.get(f"switch_{switch.name}", "") or typed.get(switch.name, ""),
        text(f"inspection.choice.{switch.name}.{switch.default}"),
        switch.needs_confirmation,
    )


def chosen_of(kind: str, typed: Mapping[str, str]) -> dict[str, str]:
    """Return the switches that were set in a form; those left to the default are not among them."""
    return {name: typed[f"switch_{name}"] for name in _SWITCHES[kind] if typed.get(f"switch_{name}")}


def notice_form(view: CaseView, actor: Actor, refusal: Refused | None) -> list[Shown]:
    """Return the form of the notice of breach or theft; empty while none is to be served by the reader."""
    if not any(each.task.id == "serve_notice" and not each.why_not for each in view.tasks):
        return []
    mine = refusal if refusal is not None and refusal.form == "notice" else None
    typed = dict(mine.typed) if mine else {}
    faults = mine.faults if mine else {}
    acted = view.instance.data.get("acted_on")
    law = load_law(on=acted if isinstance(acted, dt.date) else dt.datetime.now(CHINA).date())
    is_theft = view.instance.data.get("outcome") == "THEFT"
    acts = tuple((code, f"{code} {act.say()}") for code, act in law.acts.items() if act.is_theft is is_theft)
    second = str(view.instance.data.get("second_inspector", ""))
    names = dict(view.colleagues) | {str(actor.staff_id): actor.name}
    proposed = {
        "inspector_1": actor.name,
        "channel": SERVED_OVER[0].value,
        "inspector_2": names.get(second, "") if second != str(actor.staff_id) else "",
    }
    rows = (
        ("act", "choice", True, acts),
        ("facts", "area", True, ()),
        ("customer", "text", True, ()),
        ("place", "text", True, ()),
        ("inspector_1", "text", True, ()),
        ("certificate_1", "text", True, ()),
        ("inspector_2", "text", True, ()),
        ("certificate_2", "text", True, ()),
        ("office", "text", False, ()),
        ("telephone", "text", False, ()),
        ("channel", "choice", True, tuple((each.value, text(f"outbox.channel.{each}")) for each in SERVED_OVER)),
    )
    return [
        Shown(
            name,
            text(f"cases.notice.{name}"),
            kind,
            typed.get(name, proposed.get(name, "")),
            options,
            faults.get(name, ""),
            is_required,
        )
        for name, kind, is_required, options in rows
    ]


def stop_fields(typed: Mapping[str, str]) -> list[Shown]:
    """Return what is stated when a stop is recorded, besides what the chain asks for."""
    return [
        Shown(name, text(f"cases.stop.{name}"), "yes_no", typed.get(name, ""), yes_no(), is_required=False)
        for name in STATED
    ]


def stop_guards(view: CaseView, refusal: Refused | None, *, now: dt.datetime) -> StopDecision | None:
    """Return the guards of a stop as they stand; None while none is to be made."""
    if not any(each.task.id == "stop_supply" for each in view.tasks):
        return None
    typed = refusal.typed if refusal is not None and refusal.form == "stop_supply" else {}
    return guards_of(view, typed, now=now)
