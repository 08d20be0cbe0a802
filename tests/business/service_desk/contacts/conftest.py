"""Two stations of a county, agents in each, somebody who inspects, and conversations whose points one can count."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from lamplighter.base.security.actor import Actor, Role, UnitPath
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.operations import take_contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue

NOW = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
"""Noon of a Monday in Shanghai."""
SOUND = (
    ("agent", "您好，供电公司，工号1023，请讲。"),
    ("customer", "我想问问怎么过户"),
    ("agent", "您可以在网上办理。感谢您的来电，再见。"),
)
"""Nothing to lose."""
RUDE = (
    ("agent", "您好，供电公司，工号1023，请讲。"),
    ("customer", "我的户号是1000002358，怎么过户"),
    ("agent", "这不归我管。"),
    ("customer", "那好吧"),
    ("agent", "好的。"),
)
"""7 points for the taboo, 5 for the farewell that is missing: 88."""


def document(contact_no: str, lines: Any = SOUND, **more: Any) -> dict[str, Any]:
    turns = [{"i": at, "who": who, "text": words} for at, (who, words) in enumerate(lines)]
    return {"id": contact_no, "channel": "call", "ended_by": "", "turns": turns, **more}


@pytest.fixture
def units(db: None) -> None:
    make_groups()
    for unit, level in (("P", "province"), ("N", "county"), ("S1", "station"), ("S2", "station")):
        county = "N" if level != "province" else "P"
        ids = {"province_id": "P", "city_id": "P", "county_id": county}
        station = unit if level == "station" else county
        Unit.objects.create(unit_id=unit, name=f"{unit}所", level=level, station_id=station, **ids)


@pytest.fixture
def make_actor(units: None) -> Callable[..., Actor]:
    """Make somebody: ``make_actor("li", Role.SERVICE_AGENT, "S1")``."""

    def make(name: str, role: Role, unit: str) -> Actor:
        from django.contrib.auth.models import Group

        staff = Staff.objects.create(username=name, unit_id=unit)
        staff.groups.add(Group.objects.get(name=role.value))
        return staff.as_actor()

    return make


@pytest.fixture
def agent(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor("li", Role.SERVICE_AGENT, "S1")


@pytest.fixture
def supervisor(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor("boss", Role.SERVICE_SUPERVISOR, "N")


@pytest.fixture
def take(units: None) -> Callable[..., Contact]:
    """Take a contact: ``take(agent, "c-1", RUDE)``."""

    def taken(by: Actor | None, contact_no: str, lines: Any = SOUND, *, at: dt.datetime = NOW, **more: Any) -> Contact:
        dialogue = read_dialogue(json.dumps(document(contact_no, lines, **more)))
        path = Unit.objects.get(pk=by.unit_id).path if by else UnitPath("P", "P", "N", "S1")
        take_contact(Occasion(dialogue, Agent(by.staff_id, by.name) if by else None, path, at), now=NOW)
        found: Contact = Contact.objects.get(contact_no=contact_no)
        return found

    return taken
