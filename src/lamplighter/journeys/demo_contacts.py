"""The demo's conversations: three months of the sample agents, scored as any company's are, some rated by hand."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Final

from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.contacts.figures import list_to_rate
from lamplighter.business.service_desk.contacts.models import Sample
from lamplighter.business.service_desk.contacts.operations import NothingToDraw, draw_sample, rate_contact, take_contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion, Taken
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.journeys.demo import is_demo
from lamplighter.journeys.sample_staff import RATERS, read_sample_staff
from lamplighter.simulation import SimulationSettings
from lamplighter.simulation.service_calls import CALLS_A_DAY, Dialogue, simulate_calls, simulate_verdicts

_RATED_EACH: Final = 20
"""Conversations of an agent in the sample: with four agents, pairs enough for a figure of most items."""
_LEFT_OPEN: Final = 4
"""Contacts the second person leaves to somebody else."""


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
    for made in _calls(names, settings):
        person = staff[made["agent"]]
        if person.unit is None:
            continue
        dialogue = read_dialogue(json.dumps(made))
        agent = Agent(person.pk, person.as_actor().name)
        occasion = Occasion(dialogue, agent, person.unit.path, dt.datetime.fromisoformat(made["at"]))
        taken += take_contact(occasion, now=now) is Taken.NEW
    return taken


def rate_demo_contacts(*, home: Home, now: dt.datetime, simulation: SimulationSettings | None = None) -> int:
    """Have a sample of the demo's conversations rated by two persons, blind, once, and return how many ratings.

    The persons say what was done wrong in a conversation as it was simulated, with the errors people make; they know
    nothing of the score. A few of the sample are rated by one of them alone: those wait for somebody else.

    Args:
        home: the home, with its sample staff made and its conversations taken.
        now: the instant, with its zone.
        simulation: what kind of company; the demo's own when absent.
    """
    if not is_demo(home) or Sample.objects.exists():
        return 0
    settings = simulation or SimulationSettings()
    names = [each.username for each in read_sample_staff(home) if each.role is Role.SERVICE_AGENT]
    staff = {each.username: each for each in Staff.objects.filter(username__in=RATERS)}
    raters = [staff[name].as_actor() for name in RATERS if name in staff]
    if len(raters) < len(RATERS):
        return 0
    last_on = settings.start_on + dt.timedelta(days=settings.days - 1)
    try:
        draw_sample(
            actor=raters[0],
            first_on=settings.start_on,
            last_on=last_on,
            per_agent=_RATED_EACH,
            seed=settings.seed,
            now=now,
        )
    except NothingToDraw:
        return 0
    made = {str(each["id"]): each for each in _calls(names, settings)}
    rated = 0
    for number, rater in enumerate(raters):
        waiting = list_to_rate(actor=rater)
        for each in waiting[: len(waiting) - _LEFT_OPEN * number]:
            verdicts = simulate_verdicts(
                made[each.contact_no], rater=number, items=tuple(packaged_rubric().items), seed=settings.seed
            )
            rate_contact(actor=rater, number=each.number, verdicts=verdicts, now=now)
            rated += 1
    return rated


def _calls(agents: Sequence[str], settings: SimulationSettings) -> Iterator[Dialogue]:
    yield from simulate_calls(
        agents=agents,
        start_on=settings.start_on,
        days=settings.days,
        a_day=CALLS_A_DAY,
        zone=AROUND.calendar.zone,
        seed=settings.seed,
    )
