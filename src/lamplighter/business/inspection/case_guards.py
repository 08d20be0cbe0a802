"""A stop of supply as the case knows it: what was approved, served and told, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.records.stopping import StopGround, StopPlan
from lamplighter.business.workflow.instances import EventKind, Instance
from lamplighter.business.workflow.state_text import read_event

STATED: Final = ("is_important_user", "authority_told", "is_weather_extreme")
"""Facts that are stated when a stop is recorded, and that the chain itself does not ask for: yes, no or not known."""


def plan_stop(case: Case, instance: Instance, stated: Mapping[str, object], *, now: dt.datetime) -> StopPlan:
    """Return a stop made now, for the guards to look at; what nobody stated is not known.

    Args:
        case: the case.
        instance: where its chain stands.
        stated: ``others_unaffected`` and the facts of :data:`STATED`, as text ``true`` or ``false``.
        now: the instant of the stop.
    """
    done = {
        event.element: (event.at, row.by_name)
        for row in case.events.filter(kind=EventKind.COMPLETED.value).order_by("number")
        for event in [read_event(row.line)]
    }
    unaffected = _yes_or_no(stated.get("others_unaffected"))
    protected = instance.data.get("is_protected")
    return StopPlan(
        ground=StopGround.THEFT if instance.data.get("outcome") == "THEFT" else StopGround.BREACH,
        stop_at=now,
        approved_by=done.get("approve_stop", (None, ""))[1],
        approved_at=done.get("approve_stop", (None, ""))[0],
        notice_served_at=done.get("serve_stop_notice", (None, ""))[0],
        authority_told_at=now if _yes_or_no(stated.get("authority_told")) else None,
        final_call_at=done.get("final_call", (None, ""))[0],
        is_important_user=_yes_or_no(stated.get("is_important_user")),
        is_protected=protected if isinstance(protected, bool) else None,
        is_theft_confirmed="fix_evidence" in done,
        is_weather_extreme=_yes_or_no(stated.get("is_weather_extreme")),
        harms_others=None if unaffected is None else not unaffected,
    )


def _yes_or_no(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value))
