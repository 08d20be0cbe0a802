"""A small town to plan in: places on a grid of 0.01 degrees, about a kilometre each way."""

from dataclasses import replace
from datetime import date

from lamplighter.business.inspection.planning.drafting import draft_day
from lamplighter.business.inspection.planning.making import make_plan
from lamplighter.business.inspection.planning.records import Crew, Level, Person, Suspicion
from lamplighter.business.inspection.planning.settings import default_plan_settings

DAY, NIGHT = date(2026, 1, 5), date(2026, 1, 3)
SETTINGS = default_plan_settings().with_values({"search.iterations": 80.0})
VISIT_YUAN = 80.0


def suspicion(account, *, yuan=500.0, at=(1, 1), **more):
    east, north = at
    held = Suspicion(
        account_id=account,
        area_id="T1",
        rank=int(account.strip("C")),
        theft_probability=0.5,
        expected_kwh=100.0,
        expected_yuan=yuan,
        colour="red",
        longitude=120.0 + east / 100.0,
        latitude=30.0 + north / 100.0,
    )
    return replace(held, **more)


def person(name, **more):
    return replace(Person(name, (510.0, 1050.0), Level.THIRD, date(2026, 12, 31)), **more)


def crew(name="East", *, persons=None, **more):
    held = Crew(name, persons or (person(f"{name} 1"), person(f"{name} 2")), longitude=120.0, latitude=30.0)
    return replace(held, **more)


def draft(suspicions, *, crews=(), wishes=(), settings=SETTINGS):
    return draft_day(
        on=DAY,
        as_of=NIGHT,
        suspicions=suspicions,
        crews=crews or (crew(),),
        wishes=wishes,
        settings=settings,
        visit_yuan=VISIT_YUAN,
    )


def plan(suspicions, **more):
    return make_plan(draft=draft(suspicions, **more), settings=more.get("settings", SETTINGS))
