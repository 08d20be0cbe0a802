"""The radar of service: customers heard on every channel, joined to where they are supplied, and what that shows.

A chore hears what is new and looks at every area; the page shows the same with what is behind each number.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count

from lamplighter.base.jobs.registry import add_chore
from lamplighter.base.security.actor import Actor, Right, Role
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.network.models import AreaEntry
from lamplighter.business.service_desk.radar import queries
from lamplighter.business.service_desk.radar.hearing import hear_new
from lamplighter.business.service_desk.radar.operations import (
    close_cases,
    keep_heard,
    open_case,
    refresh_satisfaction,
)
from lamplighter.business.service_desk.radar.records import HeardMatter, Home, Meaning
from lamplighter.business.service_desk.radar.settings import radar_rules, watches
from lamplighter.business.service_desk.records import HAZARD, OTHER, SlotKind
from lamplighter.business.service_desk.tickets.settings import ticket_class
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.business.workflow.company_days import day_of
from lamplighter.journeys.customer_chat import open_reader
from lamplighter.journeys.customer_requests import begin_form, program_actor

log = logging.getLogger(__name__)

LOOK: Final = dt.timedelta(minutes=5)
_SATISFACTION_LATE: Final = dt.timedelta(days=2)


def register() -> None:
    """Let a worker listen and look every few minutes."""
    add_chore("service_radar", every=LOOK, work=lambda now: watch_service(now=now))


@dataclass(frozen=True, slots=True)
class Watched:
    """What a look came to: matters heard anew, areas that stand out, cases opened or added to."""

    heard: int
    alarms: int
    opened: int


def watch_service(*, now: dt.datetime) -> Watched:
    """Hear what is new, look at every area, and open the case of each that stands out, once.

    Args:
        now: the instant, with its zone.
    """
    heard = listen(now=now)
    actor, rules = _program(), radar_rules(on=day_of(now))
    close_cases()
    if actor is None:
        return Watched(heard, 0, 0)
    alarms = opened = 0
    customers = count_customers(actor=actor, column="area_id")
    for watch in watches(on=day_of(now)).values():
        for finding in queries.find_areas(actor=actor, watch=watch, rules=rules, customers=customers, now=now):
            home = _homes_of_areas([finding.tested.key]).get(finding.tested.key) if finding.tested.is_alarm else None
            if home is None:
                continue
            alarms += 1
            code = watch.ticket_class
            case = open_case(
                actor=actor, finding=finding, home=home, class_code=code, form=_form_of(code, now), now=now
            )
            opened += case.opened_at == now
            log.info(
                "radar.area.alarm", extra={"kind": watch.kind, "area": home.area_id, "count": finding.tested.count}
            )
    return Watched(heard, alarms, opened)


def _program() -> Actor | None:
    """Return on whose behalf the radar looks: the program that takes down what customers ask for, seeing everything."""
    actor = program_actor()
    if actor is None:
        return None
    rights = actor.rights | {Right.SUPERVISE_TICKETS}
    return Actor(0, actor.name, actor.unit_id, actor.level, frozenset({Role.SERVICE_AGENT}), rights)


def _form_of(code: str, now: dt.datetime) -> Mapping[str, object]:
    """Return what the process of a class asks for at its start; there is nobody who could be called back."""
    of = ticket_class(code, on=day_of(now))
    form = begin_form(of, meter="", is_danger=False, is_anonymous=True)
    return form | {"may_call_back": "false"} if "may_call_back" in form else form


def listen(*, now: dt.datetime) -> int:
    """Hear what customers brought since the last time and return how much was kept.

    Args:
        now: the instant, with its zone.
    """
    rules = radar_rules(on=day_of(now))
    reader = open_reader(read_settings().home.models)
    matters = list(hear_new(read=lambda words: _read(reader, words, now), rules=rules, now=now))
    homes = _homes_of(matters)
    kept = keep_heard(matters, homes=homes, rules=rules)
    refresh_satisfaction(since=now - _SATISFACTION_LATE)
    return kept


def _read(reader: Reader, words: str, now: dt.datetime) -> Meaning:
    meant = reader.understand(words, today=day_of(now))
    account = meant.slot(SlotKind.ACCOUNT) or ""
    is_sure = meant.intent == HAZARD or not (meant.is_unsure or meant.intent in (OTHER, "human_agent"))
    return Meaning(meant.intent if is_sure else "", meant.is_complaint, account)


def _homes_of(matters: Sequence[HeardMatter]) -> dict[str, Home]:
    """Return where the customers who were heard are supplied: by account, and by area where the account is unknown."""
    accounts = {each.account_id for each in matters if each.account_id}
    rows = list(CustomerEntry.objects.filter(account_id__in=accounts))
    areas = _homes_of_areas({row.area_id for row in rows} | {each.area_id for each in matters})
    of_accounts = {row.account_id: areas.get(row.area_id) or Home(row.area_id, "", "", row.path) for row in rows}
    return {**areas, **of_accounts}


def _homes_of_areas(area_ids: Iterable[str]) -> dict[str, Home]:
    rows = AreaEntry.objects.filter(area_id__in=[each for each in area_ids if each])
    return {row.area_id: Home(row.area_id, row.name, row.station_name, row.path) for row in rows}


def count_customers(*, actor: Actor, column: str) -> dict[str, int]:
    """Return how many accounts the actor sees, by the place a column names: ``area_id``, ``station_id``, ..."""
    rows = CustomerEntry.objects.seen_by(actor).exclude(**{column: ""}).order_by()
    return {each[column]: each["count"] for each in rows.values(column).annotate(count=Count("pk"))}
