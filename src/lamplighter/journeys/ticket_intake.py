"""A matter taken down by a person or a program: where it belongs is looked up, then its chain begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.customers.desk_queries import search_customers
from lamplighter.business.network.desk_queries import locate_area, own_path
from lamplighter.business.service_desk.tickets.operations import register_ticket
from lamplighter.business.service_desk.tickets.queries import TicketRow
from lamplighter.business.service_desk.tickets.records import Matter
from lamplighter.business.service_desk.tickets.settings import ticket_class
from lamplighter.business.workflow.forms import FormRefused
from lamplighter.business.workflow.records import Field
from lamplighter.business.workflow.versions.library import LIBRARY

ACCOUNT: Final = "account_no"
"""Field of a process's first form that a matter fills in itself: the account that was found to be seen."""


class PlaceUnknown(LamplighterError):
    """An account or area was named that the actor does not see, or he is of no unit."""

    def __init__(self, what: str) -> None:
        super().__init__(text(f"tickets.error.{what}_unknown"))


def first_fields(class_code: str, *, on: dt.date) -> tuple[Field, ...]:
    """Return what the process of a class asks for at its start, the account with it.

    Raises:
        ClassUnknown: there is none of this code.
    """
    return tuple(LIBRARY.latest(ticket_class(class_code, on=on).process).start_fields)


def take_ticket(
    *, actor: Actor, matter: Matter, data: Mapping[str, object], now: dt.datetime, request_key: str = ""
) -> TicketRow:
    """Take a matter down for the units of its account; without one of its area; without either of the actor.

    Args:
        actor: who takes it down.
        matter: what the customer wants; an account or area of it is one the actor sees.
        data: the form with which the process of the class begins, without the account, which the matter has.
        now: the instant, with its zone.
        request_key: what the sender calls it, see `find_requested`; empty where a person writes.

    Raises:
        RightMissing: the actor may not take tickets down.
        PlaceUnknown: what the name says.
        ClassUnknown, FormRefused, RequestKeyTaken, WordsMissing: see `register_ticket`.
    """
    actor.require(Right.REGISTER_TICKETS)
    if ACCOUNT in data:
        # Through the form it would get past the question whether the actor sees it.
        raise FormRefused({ACCOUNT: text("workflow.form.unknown")}, form=matter.class_code)
    account, area_id = matter.account_id.strip(), matter.area_id.strip()
    found = search_customers(actor=actor, accounts=[account]) if account else []
    if account and not found:
        raise PlaceUnknown("account")
    area_id = found[0].area_id if found else area_id
    area = locate_area(actor=actor, area_id=area_id) if area_id else None
    if area_id and area is None and not account:
        raise PlaceUnknown("area")
    path = found[0].path if found else area.path if area else own_path(actor=actor)
    if path is None:
        raise PlaceUnknown("unit")
    names = {"area_name": area.name, "station_name": area.station_name} if area else {}
    placed = replace(matter, account_id=account, area_id=area_id)
    return register_ticket(
        actor=actor, matter=placed, path=path, names=names, data=data, now=now, request_key=request_key
    )
