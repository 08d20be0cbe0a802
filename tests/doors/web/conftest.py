"""A small company on the desk: one county with two stations, an area and a suspicion in each, staff of every role."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from tests.doors.web.browser_desk import demo_desk, faults, open_desk
from tests.simulation.conftest import invented_homes, small_settings

from lamplighter.base.desk.models import Load
from lamplighter.base.security.actor import Role
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.detection.models import ArchiveProposal, Suspicion, SuspicionTotal
from lamplighter.business.line_loss.models import AreaNight, FeederNight, UnitNight
from lamplighter.business.metering.models import MeterEntry
from lamplighter.business.network.models import AreaEntry, FeederEntry, UnitOutline

# Here, and not in each file that asks for them: a fixture that is imported twice is made twice.
__all__ = ["demo_desk", "faults", "invented_homes", "open_desk", "small_settings"]

collect_ignore = ["set_clock"]
"""Runs at the start of other processes alone, with a clock to set."""
NIGHT = dt.date(2025, 3, 31)
NOON = dt.datetime(2025, 4, 1, 4, tzinfo=dt.UTC)
PHRASE = "quiet-lamps-over-water"


def units_of(station: str) -> dict[str, str]:
    return {"province_id": "P", "city_id": "C", "county_id": "N", "station_id": station}


def balance(supplied: float, loss: float) -> dict[str, float]:
    return {
        "supplied_kwh": supplied,
        "sold_kwh": supplied - loss,
        "loss_kwh": loss,
        "technical_kwh": 10.0,
        "unexplained_kwh": loss - 10.0,
        "unexplained_low_kwh": loss - 15.0,
        "unexplained_high_kwh": loss - 5.0,
    }


def card() -> dict[str, Any]:
    reason = {"layer": "shape", "strength": 0.8, "value": 12.0, "expected": 30.0, "unit": "kWh/d"}
    days = {"first_on": "2025-02-01", "last_on": "2025-03-31"}
    return {
        "reasons": [
            {"code": "lasting_drop", "is_for": True, "added": 1.2, **reason, **days},
            {"code": "vacant_home", "is_for": False, "added": -0.4, **reason, **days},
        ],
        "layers": ["shape"],
        "missing_layers": ["voltage"],
        "worth": {"shape": 1.2},
        "checks": [],
        "data_depth": "interval",
        "model_version": "test",
    }


@pytest.fixture
def company(db: None) -> None:
    """Stations S1 and S2 of county N; S1 has 1,000 kWh supplied and account 0012345678, S2 its like."""
    make_groups()
    for unit, level, parent in (
        ("P", "province", ""),
        ("C", "city", "P"),
        ("N", "county", "C"),
        ("S1", "station", "N"),
        ("S2", "station", "N"),
    ):
        ids = {"province_id": "P", "city_id": "C", "county_id": "N", "station_id": unit}
        above = {"province": ("P",) * 4, "city": ("P", "C", "C", "C"), "county": ("P", "C", "N", "N")}.get(level)
        if above:
            ids = dict(zip(ids, above, strict=True))
        Unit.objects.create(unit_id=unit, name=f"{unit}所", level=level, parent_id=parent, **ids)
    for number, (station, supplied, loss) in enumerate((("S1", 1000.0, 60.0), ("S2", 3000.0, 90.0)), 1):
        area, account, meter = f"A{number}", f"001234567{number}", f"M{number}"
        names = {"name": f"台区{number}", "station_name": f"{station}所", "feeder_name": "线路"}
        feeder, ring = f"F{number}", [[108.0, 27.0], [108.1, 27.0], [108.1, 27.1], [108.0, 27.0]]
        at = {"feeder_id": feeder, "longitude": 108.01, "latitude": 27.01}
        AreaEntry.objects.create(area_id=area, bucket=0, rated_kva=250.0, **at, **names, **units_of(station))
        FeederEntry.objects.create(
            feeder_id=feeder,
            name=f"线路{number}",
            is_own=True,
            substation_id="SS1",
            outline=[ring],
            **units_of(station),
        )
        FeederNight.objects.create(
            feeder_id=feeder,
            on_date=NIGHT,
            area_count=1,
            computable_count=1,
            coverage=1.0,
            suspicion_count=1,
            line_loss_kwh=7.0,
            line_boundary="transformers",
            **balance(supplied, loss),
            **units_of(station),
        )
        UnitOutline.objects.create(unit_id=station, rings=[ring], is_sketch=True)
        AreaNight.objects.create(
            area_id=area,
            on_date=NIGHT,
            rank=number,
            loss_rate=loss / supplied,
            certain_kwh=loss / 2,
            coverage=1.0,
            is_computable=True,
            loss_class="high",
            suspicion_count=1,
            **names,
            **balance(supplied, loss),
            **units_of(station),
        )
        CustomerEntry.objects.create(
            account_id=account, masked_name="王**", customer_class="commercial", area_id=area, **units_of(station)
        )
        ArchiveProposal.objects.create(
            meter_id=meter,
            kind="wrong_phase",
            account_id=account,
            area_id=area,
            recorded="A",
            proposed="B",
            as_of_on=NIGHT,
            confidence=0.97,
            status="proposed",
            basis="voltage",
            state="open",
            **units_of(station),
        )
        MeterEntry.objects.create(
            meter_id=meter, account_id=account, area_id=area, role="customer", **units_of(station)
        )
        Suspicion.objects.create(
            account_id=account,
            meter_id=meter,
            area_id=area,
            area_name=names["name"],
            station_name=names["station_name"],
            customer_class="commercial",
            as_of_on=NIGHT,
            first_listed_on=NIGHT,
            rank=number,
            theft_probability=0.6,
            expected_kwh=100.0 * number,
            expected_yuan=500.0,
            colour="red",
            is_new=True,
            is_random=False,
            state="open",
            main_reason="lasting_drop",
            card=card(),
            **units_of(station),
        )
    for unit, supplied, loss, areas in (
        ("S1", 1000.0, 60.0, 1),
        ("S2", 3000.0, 90.0, 1),
        *((unit, 4000.0, 150.0, 2) for unit in ("N", "C", "P")),
    ):
        UnitNight.objects.create(
            unit_id=unit,
            on_date=NIGHT,
            area_count=areas,
            computable_count=areas,
            all_supplied_kwh=supplied,
            coverage=1.0,
            **balance(supplied, loss),
        )
        SuspicionTotal.objects.create(
            unit_id=unit, colour="red", count=areas, new_count=areas, expected_kwh=100.0, expected_yuan=500.0
        )
    Load.objects.create(
        generation=1,
        company="东海供电",
        timezone="Asia/Shanghai",
        night_on=NIGHT,
        list_on=NIGHT,
        worked_at=NOON,
        received_at=NOON,
        loaded_at=NOON,
    )


@pytest.fixture
def make_staff(company: None) -> Callable[..., Staff]:
    """Make somebody: ``make_staff(Role.INSPECTOR, unit="S1")``."""

    def make(*roles: Role, unit: str | None, name: str = "") -> Staff:
        from django.contrib.auth.models import Group

        names = [role.value for role in roles]
        staff = Staff.objects.create_user(name or f"u{Staff.objects.count()}", password=PHRASE, unit_id=unit)
        staff.groups.set(Group.objects.filter(name__in=names))
        return staff

    return make


@pytest.fixture
def log_in(make_staff: Callable[..., Staff]) -> Callable[..., Client]:
    """Log somebody in: ``log_in(Role.INSPECTOR, unit="S1")``; ``language`` is what he chose."""

    def log(*roles: Role, unit: str | None = "S1", language: str = "en", name: str = "") -> Client:
        client, staff = Client(), make_staff(*roles, unit=unit, name=name)
        # Some roles are turned back without a second factor; test_second_factor has those who lack it.
        TOTP.activate(staff, generate_totp_secret())
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.cookies["lamplighter_language"] = language
        return client

    return log


@pytest.fixture(autouse=True)
def no_failures_remembered() -> Iterator[None]:
    """What one test failed at is nothing to the next."""
    cache.clear()
    yield
    cache.clear()
