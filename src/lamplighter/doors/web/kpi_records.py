"""Which list holds the records a figure is counted from, and the part of them that is met or missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.kpi.records import Definition, Period


@dataclass(frozen=True, slots=True)
class Part:
    """Records of a figure: the list that holds them, what is asked of it, and which part they are."""

    listed: str
    asked: Mapping[str, str]
    part: str


@dataclass(frozen=True, slots=True)
class Records:
    """Where the records of a figure are, part by part, and what else is to be known."""

    parts: tuple[Part, ...]
    note: str = ""

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Address and words of each part."""
        return tuple(
            (f"{reverse(each.listed)}?{urlencode(each.asked)}", text(f"kpi.detail.{each.part}")) for each in self.parts
        )


_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "K-4": ("solved_once", "closed"),
    "K-5": ("satisfied", "closed"),
    "K-6": ("in_time", "closed"),
    "K-8": ("complaint", "registered"),
    "K-9.1": ("repeat", "registered"),
    "K-9.2": ("returned", "closed"),
    "K-9.3": ("reached", "closed"),
    "K-15": ("mended", "closed"),
    "G-1": ("promise", "promised"),
    "G-2": ("no_action", "closed"),
    "G-3": ("called_back", "closed"),
    "G-4": ("solved", "closed"),
}
"""Mark of the list, and by which months it is narrowed."""
_STEPS: Final[Mapping[str, str]] = {"K-7": "visited", "K-11": "reconnected"}
_AREAS: Final[Mapping[str, Mapping[str, str]]] = {
    "K-10": {},
    "K-12.1": {"computable": "yes"},
    "K-12.2": {"computable": "yes"},
}

CALL_ORIGINS: Final = ("calls", "chats")
"""Of figures counted from calls and conversations."""


def records_of(of: Definition, *, unit_id: str, period: Period, actor: Actor) -> Records:
    """Return where the records of a figure are, as far as the actor may see them."""
    if of.origin == "commands":
        return Records(())
    if of.code in _AREAS:
        return Records((Part("areas", {"unit": unit_id, **_AREAS[of.code]}, "all"),), text("kpi.detail.night"))
    here = {"unit": unit_id, "months": period.text}
    if of.origin == "money":
        parts = [Part("kpi_bills", {**here, "side": side}, side) for side in ("all", "met", "missed")]
        return Records(tuple(parts) if actor.may(Right.SEE_CUSTOMERS) else (), text("kpi.detail.money"))
    if not actor.may(Right.SEE_TICKETS):
        return Records(())
    if of.origin in CALL_ORIGINS:
        return _conversations(of, here, may_see_contacts=actor.may(Right.INSPECT_CONTACTS))
    if of.code in _STEPS:
        asked = {"mark": f"{_STEPS[of.code]}.all", "closed": period.text, "unit": unit_id}
        return Records((Part("tickets", asked, "all"),), text("kpi.detail.from_step"))
    mark, months = _MARKS[of.code]
    days = of.parameters.get("days")
    parts = []
    for side in ("all",) if of.code == "K-8" else ("all", "met", "missed"):
        named = f"{mark}.{side}.{days:g}" if days else f"{mark}.{side}"
        parts.append(Part("tickets", {"mark": named, months: period.text, "unit": unit_id}, side))
    return Records(tuple(parts))


_CONVERSATIONS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "K-1": ("kpi_calls", "answered", ("all", "met", "missed")),
    "K-2": ("kpi_calls", "quick", ("all", "met", "missed")),
    "K-3": ("kpi_calls", "handled", ("all",)),
    "K-1.1": ("chats", "handed_over", ("all", "met", "missed")),
    "K-2.1": ("chats", "handed_over", ("met",)),
}
"""List that holds the calls or conversations of a figure, what of it, and its parts."""


def _conversations(of: Definition, here: Mapping[str, str], *, may_see_contacts: bool) -> Records:
    listed, mark, sides = _CONVERSATIONS[of.code]
    seconds = of.parameters.get("seconds")
    behind = f".{seconds:g}" if listed == "chats" and seconds else ""
    parts = [Part(listed, {**here, "mark": f"{mark}.{side}{behind}"}, side) for side in sides]
    if of.code != "K-3":
        return Records(tuple(parts))
    if may_see_contacts:
        parts.append(Part("contacts", {**here, "channel": "call"}, "recorded"))
    return Records(tuple(parts), text("kpi.detail.calls"))
