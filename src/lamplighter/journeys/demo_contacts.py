"""The demo's conversations: three months of the sample agents, scored as any company's are."""

from __future__ import annotations

import datetime as dt
import json
from typing import Final

from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.contacts.operations import take_contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion, Taken
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.journeys.demo import is_demo
from lamplighter.journeys.sample_staff import read_sample_staff
from lamplighter.simulation import SimulationSettings
from lamplighter.simulation.service_calls import simulate_calls

_A_DAY: Final = 1.5
"""Conversations of a sample agent a day: enough to look at, made in a few seconds."""


def take_demo_contacts(*, home: Home, now: dt.datetime, simulation: SimulationSettings | None = None) -> int:
    """Score the demo's conversations and return how many are new; none in a home that is not the demo's.

    Args:
        home: the home, with its sample staff made.
        now: the instant, with its zone.
        simulation: what kind of company; the demo's own when absent.
    """
    if not is_demo(home):
        return 0
    settings = simulation or SimulationSettings()
    names = [each.username for each in read_sample_staff(home) if each.role is Role.SERVICE_AGENT]
    staff = {each.username: each for each in Staff.objects.select_related("unit").filter(username__in=names)}
    taken = 0
    for made in simulate_calls(
        agents=names,
        start_on=settings.start_on,
        days=settings.days,
        a_day=_A_DAY,
        zone=AROUND.calendar.zone,
        seed=settings.seed,
    ):
        person = staff[made["agent"]]
        if person.unit is None:
            continue
        dialogue = read_dialogue(json.dumps(made))
        agent = Agent(person.pk, person.as_actor().name)
        occasion = Occasion(dialogue, agent, person.unit.path, dt.datetime.fromisoformat(made["at"]))
        taken += take_contact(occasion, now=now) is Taken.NEW
    return taken
