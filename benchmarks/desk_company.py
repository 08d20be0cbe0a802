"""A desk of a large company, made in bulk in the real tables: what is synthetic in it, and what is not.

Units, customers, meters, areas, nights and suspicions are drawn and written through the desk's own loaders
(`base.desk.bulk`). Cases are not drawn: six are worked by the chain's own operations, each to another depth, and then
copied under other accounts with everything that belongs to them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model
from django.test import Client

from lamplighter.base.desk.bulk import replace_rows, upsert_rows
from lamplighter.base.desk.models import Load
from lamplighter.base.outbox.models import Message
from lamplighter.base.security.actor import Role
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.detection.models import Suspicion, SuspicionTotal
from lamplighter.business.inspection.models import Amount, Case, CaseEvent, Evidence, Notice
from lamplighter.business.inspection.planning.models import VisitCandidate
from lamplighter.business.line_loss.models import AreaNight, UnitNight
from lamplighter.business.metering.models import MeterEntry
from lamplighter.business.network.models import AreaEntry

CUSTOMERS_PER_AREA = 100
AREAS_PER_STATION = 25
STATIONS_PER_COUNTY = 10
COUNTIES_PER_CITY = 10
NIGHT = dt.date(2026, 3, 31)
NOON = dt.datetime(2026, 4, 1, 4, tzinfo=dt.UTC)
LEVELS = ("province", "city", "county", "station")
COLOURS = ("red", "orange", "yellow")
SUSPECTED_SHARE = 0.3
STORIES = (("paid", 0.40), ("clean", 0.25), ("claimed", 0.10), ("planned", 0.10), ("asked", 0.10), ("proven", 0.05))
"""How far the copied cases went, and the share of each; those of the first two are closed."""
COPIED: tuple[type[Model], ...] = (Case, CaseEvent, Evidence, Amount, Notice)
COPIED_AT_ONCE = 5_000
LOGIN = "allauth.account.auth_backends.AuthenticationBackend"
FACTS = {
    "kind_of_amount": "theft",
    "found_on": "2026-04-05",
    "method": "connected",
    "category": "lighting",
    "price_yuan": "0.52",
    "devices": "heater, 5, 1",
    "separate_circuit": "true",
}
NOTICE = {
    "act": "TH-1",
    "facts": "a hook on the line before the meter",
    "customer": "王某",
    "place": "幸福路12号",
    "inspector_1": "zhang",
    "certificate_1": "C-1",
    "inspector_2": "zhao",
    "certificate_2": "C-2",
}
REASONS = ("lasting_drop", "night_use", "balance_gap", "voltage_rise", "vacant_home")
ENERGIES = ("supplied_kwh", "sold_kwh", "loss_kwh", "technical_kwh", "unexplained_kwh")


@dataclass(frozen=True)
class Size:
    """How large the company is."""

    customers: int
    cases: int

    @property
    def areas(self) -> int:
        return -(-self.customers // CUSTOMERS_PER_AREA)

    @property
    def stations(self) -> int:
        return -(-self.areas // AREAS_PER_STATION)

    @property
    def counties(self) -> int:
        return -(-self.stations // STATIONS_PER_COUNTY)

    @property
    def cities(self) -> int:
        return -(-self.counties // COUNTIES_PER_CITY)

    @property
    def suspected(self) -> int:
        return max(int(self.customers * SUSPECTED_SHARE), self.cases + 100)


def units_of(station: int) -> dict[str, str]:
    """Return the four units of a station by its number."""
    county = station // STATIONS_PER_COUNTY
    return {
        "province_id": "P",
        "city_id": f"C{county // COUNTIES_PER_CITY:02d}",
        "county_id": f"N{county:03d}",
        "station_id": f"S{station:04d}",
    }


def place_of(customer: int) -> tuple[int, dict[str, str]]:
    """Return the area and the units of a customer by its number."""
    area = customer // CUSTOMERS_PER_AREA
    return area, units_of(area // AREAS_PER_STATION)


def fill_desk(size: Size, *, say: Callable[[str], None]) -> dict[str, Staff]:
    """Fill an empty desk, and return its staff by name."""
    rng = np.random.default_rng(20260331)
    make_groups()
    _write_units(size, rng)
    say("units, areas, nights")
    _write(CustomerEntry, _customers(size), key=["account_id"])
    say("customers")
    _write(MeterEntry, _meters(size), key=["meter_id"])
    say("meters")
    _write(Suspicion, _suspicions(size, rng), key=["account_id"])
    _write(VisitCandidate, _candidates(size, rng), key=["account_id"])
    _write_totals(size)
    say("suspicions")
    staff = _make_staff(size)
    _copy_cases(size, _work_stories(staff))
    say("cases")
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
    _settle()
    return staff


def _write(model: type[Model], rows: Iterable[Mapping[str, Any]], *, key: Sequence[str]) -> None:
    """Write rows through the desk's own loader; what a table has beside what is drawn here gets its default."""
    fields = [field for field in model._meta.concrete_fields if not (field.primary_key and field.name == "id")]
    defaults = {field.name: field.get_default() for field in fields}
    replace_rows(model, (defaults | dict(row) for row in rows), key=key)


def _settle() -> None:
    """Bring what the database keeps beside the rows to where years of use would have it: numbers, statistics."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), COPIED):
            cursor.execute(statement)
        # What the server's own housekeeping does after so many new rows.
        cursor.execute("VACUUM (ANALYZE)")


def _write_units(size: Size, rng: np.random.Generator) -> None:
    found: dict[str, dict[str, str]] = {}
    for station in range(size.stations):
        path, above = units_of(station), ""
        for place, level in enumerate(LEVELS):
            unit = path[f"{level}_id"]
            # Below its own level a unit repeats itself.
            ids = path | {f"{each}_id": unit for each in LEVELS[place:]}
            found.setdefault(
                unit, {**ids, "unit_id": unit, "name": f"{unit}供电所", "level": level, "parent_id": above}
            )
            above = unit
    _write(Unit, list(found.values()), key=["unit_id"])
    areas = [(area, units_of(area // AREAS_PER_STATION)) for area in range(size.areas)]
    names = [
        {
            "name": f"东湖{area:05d}台区",
            "station_name": f"{path['station_id']}供电所",
            "feeder_name": f"线路{area // 5}",
        }
        for area, path in areas
    ]
    _write(
        AreaEntry,
        [
            {**path, "area_id": f"A{area:05d}", "bucket": area % 64, "kind": "", "rated_kva": 400.0, **named}
            for (area, path), named in zip(areas, names, strict=True)
        ],
        key=["area_id"],
    )
    loss = rng.gamma(2.0, 30.0, size.areas)
    _write(
        AreaNight,
        [
            {
                **path,
                **named,
                "area_id": f"A{area:05d}",
                "on_date": NIGHT,
                "rank": area + 1,
                **_balance(1000.0, loss[area]),
                "loss_rate": loss[area] / 1000.0,
                "certain_kwh": loss[area] / 2,
                "coverage": 1.0,
                "is_computable": True,
                "loss_class": "high",
                "reasons": "",
                "suspicion_count": 30,
            }
            for (area, path), named in zip(areas, names, strict=True)
        ],
        key=["area_id"],
    )
    _write(
        UnitNight,
        [
            {
                "unit_id": unit,
                "on_date": NIGHT - dt.timedelta(days=day),
                "area_count": 25,
                "computable_count": 25,
                "coverage": 0.99,
                "all_supplied_kwh": 25_000.0,
                "surplus_kwh": 900.0,
                "deficit_kwh": -20.0,
                **_balance(25_000.0, 1500.0),
            }
            for unit in found
            for day in range(90)
        ],
        key=["unit_id", "on_date"],
    )


def _balance(supplied: float, loss: float) -> dict[str, float]:
    rest = float(loss) - 25.0
    figures = zip(ENERGIES, (supplied, supplied - float(loss), float(loss), 25.0, rest), strict=True)
    return {**dict(figures), "unexplained_low_kwh": rest - 5.0, "unexplained_high_kwh": rest + 5.0}


def _customers(size: Size) -> Iterator[dict[str, Any]]:
    for number in range(size.customers):
        area, path = place_of(number)
        yield {
            **path,
            "account_id": f"53{number:08d}",
            "masked_name": "王**",
            "area_id": f"A{area:05d}",
            "customer_class": "residential" if number % 10 else "commercial",
            "is_protected": number % 500 == 0,
        }


def _meters(size: Size) -> Iterator[dict[str, Any]]:
    for number in range(size.customers):
        area, path = place_of(number)
        yield {
            **path,
            "meter_id": f"M{number:08d}",
            "account_id": f"53{number:08d}",
            "area_id": f"A{area:05d}",
            "role": "customer",
        }


def suspected(size: Size) -> Iterator[int]:
    """Return the numbers of suspected customers, spread over all areas."""
    return (place * size.customers // size.suspected for place in range(size.suspected))


def _suspicions(size: Size, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    order = rng.permutation(size.suspected)
    for place, number in enumerate(suspected(size)):
        area, path = place_of(number)
        rank = int(order[place])
        yield {
            **path,
            "account_id": f"53{number:08d}",
            "meter_id": f"M{number:08d}",
            "area_id": f"A{area:05d}",
            "area_name": f"东湖{area:05d}台区",
            "station_name": f"{path['station_id']}供电所",
            "customer_class": "commercial",
            "is_protected": False,
            "is_listed": True,
            "as_of_on": NIGHT,
            "first_listed_on": NIGHT,
            "rank": rank + 1,
            "theft_probability": 0.9 - 0.8 * rank / size.suspected,
            "expected_kwh": float(2000 - rank % 1900),
            "expected_yuan": float(1000 - rank % 950),
            "colour": COLOURS[min(2, rank * 20 // size.suspected)],
            "is_new": rank % 7 == 0,
            "is_random": rank % 97 == 0,
            "state": "open",
            "main_reason": REASONS[rank % 4],
            "card": _card(rank),
        }


def _card(rank: int) -> dict[str, Any]:
    days = {"first_on": "2026-02-01", "last_on": "2026-03-31"}
    figures = {"layer": "shape", "strength": 0.8, "value": 12.0, "expected": 30.0, "unit": "kWh/d", **days}
    return {
        "reasons": [
            {"code": REASONS[(rank + step) % 4], "is_for": True, "added": 1.2 - 0.3 * step, **figures}
            for step in range(3)
        ]
        + [{"code": "vacant_home", "is_for": False, "added": -0.4, **figures}],
        "layers": ["shape", "balance"],
        "missing_layers": ["voltage"],
        "worth": {"shape": 1.2, "balance": 0.4},
        "checks": ["seals", "wiring"],
        "data_depth": "interval",
        "model_version": "synthetic",
    }


def _candidates(size: Size, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    order = rng.permutation(size.customers)
    for number in range(size.customers):
        area, path = place_of(number)
        rank = int(order[number])
        yield {
            **path,
            "account_id": f"53{number:08d}",
            "area_id": f"A{area:05d}",
            "area_name": f"东湖{area:05d}台区",
            "as_of_on": NIGHT,
            "rank": rank + 1,
            "theft_probability": 0.9 - 0.8 * rank / size.customers,
            "expected_kwh": 100.0,
            "expected_yuan": 50.0,
            "colour": "yellow" if rank < size.suspected else "none",
            "checks": "seals;wiring",
            "supply_kv": 0.4,
            "longitude": 120.0 + area % 100 / 100,
            "latitude": 30.0 + area // 100 / 100,
            "is_random": False,
            "propensity": None,
            "is_spared": False,
        }


def _write_totals(size: Size) -> None:
    units = Unit.objects.values_list("unit_id", flat=True)
    _write(
        SuspicionTotal,
        [
            {"unit_id": unit, "colour": colour, "count": 40, "new_count": 4, "expected_kwh": 9e3, "expected_yuan": 5e3}
            for unit in units
            for colour in COLOURS
        ],
        key=["unit_id", "colour"],
    )


def _make_staff(size: Size) -> dict[str, Staff]:
    posts = {
        "zhang": (Role.INSPECTOR, "S0000"),
        "zhao": (Role.INSPECTOR, "S0000"),
        "chen": (Role.INSPECTOR, "S0000"),
        "li": (Role.INSPECTION_LEADER, "N000"),
        "gao": (Role.MANAGER, "N000"),
        "sun": (Role.SERVICE_AGENT, "S0000"),
        "wu": (Role.INSPECTION_LEADER, "P"),
        "he": (Role.MANAGER, "P"),
    }
    staff = {}
    for name, (role, unit) in posts.items():
        staff[name] = Staff.objects.create_user(name, unit_id=unit)
        staff[name].groups.set(Group.objects.filter(name=role.value))
    # A station has colleagues: the page of a case asks who could go along.
    inspector = Group.objects.get(name=Role.INSPECTOR.value)
    for station in range(size.stations):
        for place in range(4):
            Staff.objects.create_user(f"s{station}-{place}", unit_id=f"S{station:04d}").groups.add(inspector)
    return staff


class _Story:
    """One case as it is worked by the people of station S0000, in their browsers."""

    def __init__(self, staff: Mapping[str, Staff], place: int) -> None:
        self.staff = staff
        self.browsers: dict[str, Client] = {}
        for name, each in staff.items():
            self.browsers[name] = Client(HTTP_HOST="127.0.0.1")
            self.browsers[name].force_login(each, backend=LOGIN)
        suspicion = Suspicion.objects.filter(station_id="S0000").order_by("pk")[place]
        self._post("zhang", f"/suspicions/{suspicion.pk}/decide/", {"what": "accept"})
        self.number = Case.objects.get(account_id=suspicion.account_id).pk

    def _post(self, who: str, address: str, data: Mapping[str, Any]) -> None:
        answer = self.browsers[who].post(address, data)
        if answer.status_code != 302:
            raise RuntimeError(f"{address} was refused: {answer.status_code}")

    def sends(self, who: str, what: str, data: Mapping[str, Any]) -> None:
        self._post(who, f"/cases/{self.number}/{what}/", data)

    def does(self, who: str, task: str, **data: str) -> None:
        seen = str(Case.objects.get(pk=self.number).instance_number)
        self._post(who, f"/cases/{self.number}/task/{task}/", {"seen": seen, **data})

    def is_planned(self) -> None:
        self.does("zhang", "desk_check", desk_decision="VISIT", desk_note="balance and shape agree")
        self.does("li", "approve_visit", visit_decision="APPROVE", work_sheet_no="W-1")
        self.does("li", "plan_visit", planned_on="2026-04-05")

    def is_visited(self, outcome: str) -> None:
        self.is_planned()
        self.does("zhang", "on_site", second_inspector=str(self.staff["zhao"].pk), outcome=outcome)

    def is_proven(self) -> None:
        self.is_visited("THEFT")
        for place in range(3):
            file = SimpleUploadedFile(f"{place}.jpg", b"\xff\xd8\xff\xe0 photograph %d" % place, "image/jpeg")
            self.sends("zhang", "evidence", {"kind": "photo", "subject": "hook", "file": file})
        self.does("zhang", "fix_evidence", acted_on="2026-04-05")

    def is_claimed(self) -> None:
        self.is_proven()
        self.sends("zhang", "notices", NOTICE)
        # A notice counts as served once its proof is kept.
        message = Message.objects.filter(template="notice_served").latest("pk")
        receipt = SimpleUploadedFile("receipt.jpg", b"\xff\xd8\xff\xe0 signed receipt", "image/jpeg")
        proof = {"kind": "signature", "served_on": "2026-04-06", "receiver": "王某", "file": receipt}
        self._post("zhang", f"/outbox/{message.pk}/proof/", proof)
        self.does("zhang", "serve_notice", stop_needed="false")
        self.sends("chen", "amounts", FACTS)
        self.does("chen", "calculate")
        self.does("gao", "review_county", review_decision="APPROVE")

    def is_paid(self) -> None:
        self.is_claimed()
        self.does("zhang", "user_response", user_answer="CONFIRMED", answered_on="2026-04-12")
        self.does("li", "decide_settlement", payment_way="FULL", is_referred="false")
        self.does("sun", "record_payment", paid_yuan="11232.00", paid_on="2026-04-13")
        self.does("li", "archive")

    def is_clean(self) -> None:
        self.is_visited("CLEAN")
        self.does("li", "archive")


def _work_stories(staff: Mapping[str, Staff]) -> list[int]:
    """Work a case to each depth of :data:`STORIES`, and return their numbers in that order."""
    ways: dict[str, Callable[[_Story], None]] = {
        "paid": _Story.is_paid,
        "clean": _Story.is_clean,
        "claimed": _Story.is_claimed,
        "planned": _Story.is_planned,
        "asked": lambda _: None,
        "proven": _Story.is_proven,
    }
    numbers = []
    for place, (name, _) in enumerate(STORIES):
        story = _Story(staff, place)
        ways[name](story)
        numbers.append(story.number)
    return numbers


def _copy_cases(size: Size, numbers: Sequence[int]) -> None:
    """Copy the worked cases under other accounts until there are as many as asked for."""
    wanted = size.cases - len(numbers)
    bounds = np.cumsum([share for _, share in STORIES]) * wanted
    taken = set(Case.objects.values_list("account_id", flat=True))
    accounts = (number for number in suspected(size) if f"53{number:08d}" not in taken)
    first = max(numbers) + 1
    templates = [_plain(Case.objects.get(pk=number)) for number in numbers]
    # Depths must not follow the order of stations.
    depth = np.random.default_rng(7).permutation(wanted)
    copies: list[tuple[int, int]] = []
    for start in range(0, wanted, COPIED_AT_ONCE):
        rows = []
        for place in range(start, min(start + COPIED_AT_ONCE, wanted)):
            template = templates[min(int(np.searchsorted(bounds, depth[place], side="right")), len(templates) - 1)]
            rows.append(_copy_of(template, first + place, next(accounts)))
            copies.append((int(template["id"]), first + place))
        upsert_rows(Case, rows)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (template bigint, copy bigint)")
        for start in range(0, len(copies), COPIED_AT_ONCE):
            some = copies[start : start + COPIED_AT_ONCE]
            cursor.execute(f"INSERT INTO copied VALUES {', '.join(f'({old}, {new})' for old, new in some)}")
        for model in COPIED[1:]:
            cursor.execute(_copying(model))


def _copying(model: type[Model]) -> str:
    """Return the statement that copies what belongs to a case to all its copies."""
    columns = [str(field.column) for field in model._meta.concrete_fields if field.name != "id"]
    values = {"case_id": "copied.copy"}
    if model is Notice:
        values["number"] = "'T-' || copied.copy || '-' || one.id"
    read = ", ".join(values.get(column, f"one.{column}") for column in columns)
    table = model._meta.db_table
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {read} FROM {table} one JOIN copied ON template = case_id"
    )


def _copy_of(template: Mapping[str, Any], number: int, customer: int) -> dict[str, Any]:
    area, path = place_of(customer)
    late = dt.timedelta(hours=customer % 700)
    return {
        **template,
        **path,
        "id": number,
        "case_no": f"AJ-2026-{number:06d}",
        "account_id": f"53{customer:08d}",
        "meter_id": f"M{customer:08d}",
        "area_id": f"A{area:05d}",
        "area_name": f"东湖{area:05d}台区",
        "station_name": f"{path['station_id']}供电所",
        "suspicion_number": None,
        # Days of opening are spread over two months, deadlines over one.
        "opened_at": template["opened_at"] - dt.timedelta(hours=customer % 1440),
        "due_at": template["due_at"] and template["due_at"] - late,
        "instance": template["instance"].replace(f"case-{template['id']}", f"case-{number}"),
    }


def _plain(row: Model) -> dict[str, Any]:
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields}
