"""Sample staff of every role, for the demo only: pass phrases are made anew in each home and kept beside its desk."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.contrib.auth.models import Group
from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Level, Role
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit
from lamplighter.base.security.policy import FILE as POLICY_FILE
from lamplighter.base.security.staffing import new_phrase
from lamplighter.base.settings import Home
from lamplighter.journeys.demo import is_demo

FILE: Final = "sample-staff.csv"
RATERS: Final = (f"{Role.SERVICE_SUPERVISOR.value}_b", f"{Role.SERVICE_SUPERVISOR.value}_c")
_AT_STATION: Final = (Role.INSPECTOR, Role.SERVICE_AGENT)
_AT_COUNTY: Final = (Role.INSPECTION_LEADER, Role.SERVICE_SUPERVISOR, Role.EQUIPMENT_ENGINEER)


class SampleRefused(LamplighterError):
    """The home is not that of a demo."""

    def __init__(self, home: Home) -> None:
        self.home = home
        super().__init__(text("security.sample.refused", home=home.path))


class UnitsMissing(LamplighterError):
    """The desk has no units to put staff into."""

    def __init__(self) -> None:
        super().__init__(text("security.sample.no_units"))


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """A sample account.

    Attributes:
        username: name to log in with.
        role: the one role it has.
        unit_name: of which unit.
        phrase: pass phrase.
    """

    username: str
    role: Role
    unit_name: str
    phrase: str


def sample_file(home: Home) -> Path:
    """Return where the pass phrases of sample staff are kept."""
    return home.desk / FILE


def make_sample_staff(*, home: Home) -> list[SamplePerson]:
    """Make sample staff of every role, inspectors and agents of a neighbouring station among them, and return them.

    Accounts that are there keep their pass phrase; the phrases stand in a file that only its owner can read.

    Raises:
        SampleRefused: the home is not that of a demo.
        UnitsMissing: the desk was never loaded.
    """
    if not is_demo(home):
        raise SampleRefused(home)
    known = {person.username: person for person in read_sample_staff(home)}
    made = [known.get(username) or _person(username, role, unit) for username, role, unit in _posts()]
    _write(sample_file(home), made)
    _ask_no_second_factor(home)
    make_groups()
    units = {unit.name: unit for unit in Unit.objects.all()}
    with transaction.atomic():
        for person in made:
            staff = Staff.objects.filter(username=person.username).first()
            if staff is None:
                staff = Staff.objects.create_user(person.username, password=person.phrase)
            staff.unit = units.get(person.unit_name)
            staff.save(update_fields=["unit"])
            staff.groups.set(Group.objects.filter(name=person.role.value))
    return made


def _ask_no_second_factor(home: Home) -> None:
    """Let sample administrators in by pass phrase alone: a demo is looked at, and has nobody's data.

    A company's home never gets this file, and one that is there stays as it is.
    """
    file = home.settings / POLICY_FILE
    if file.exists():
        return
    rows = [
        f'[[second_factor]]\nrole = "{role}"\nrule_id = "DEMO-{number}"\nvalid_from = 2026-01-01\n'
        'is_required = false\nsource = "演示：示例人员只用口令登录 / a demo: sample staff have a pass phrase alone"\n'
        'evidence = "P"\n'
        for number, role in enumerate((Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN), 1)
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(rows), encoding="utf-8")


def read_sample_staff(home: Home) -> list[SamplePerson]:
    """Return the sample staff made earlier; none where none was."""
    file = sample_file(home)
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as rows:
        return [
            SamplePerson(row["username"], Role(row["role"]), row["unit_name"], row["phrase"])
            for row in csv.DictReader(rows)
        ]


def _posts() -> list[tuple[str, Role, str]]:
    """Return user name, role and unit of each sample person."""
    stations = list(Unit.objects.filter(level=Level.STATION).order_by("unit_id"))
    top = Unit.objects.filter(parent_id="").first()
    if top is None or not stations:
        raise UnitsMissing
    county = Unit.objects.filter(unit_id=stations[0].county_id).first() or top
    posts = []
    for role in Role:
        unit = stations[0] if role in _AT_STATION else county if role in _AT_COUNTY else top
        posts.append((role.value, role, unit.name))
    # A claim takes two who find, one who calculates: three inspectors of one station.
    for name in (f"{Role.INSPECTOR.value}_b", f"{Role.INSPECTOR.value}_c"):
        posts.append((name, Role.INSPECTOR, stations[0].name))
    # Who settled a matter does not call back: two agents of a station, in two stations of the supervisor's county.
    posts.append((f"{Role.SERVICE_AGENT.value}_b", Role.SERVICE_AGENT, stations[0].name))
    for station in [each for each in stations[1:] if each.county_id == stations[0].county_id][:1]:
        for name in (f"{Role.SERVICE_AGENT.value}_c", f"{Role.SERVICE_AGENT.value}_d"):
            posts.append((name, Role.SERVICE_AGENT, station.name))
    # Two who rate by hand, apart from one another and from whoever looks at the scores.
    for name in RATERS:
        posts.append((name, Role.SERVICE_SUPERVISOR, county.name))
    # How contacts are judged is released for the whole company: somebody who inspects them for all of it.
    posts.append((f"{Role.SERVICE_SUPERVISOR.value}_company", Role.SERVICE_SUPERVISOR, top.name))
    # The hotline of the whole company: whoever has not proven an account belongs to no station.
    posts.append((f"{Role.SERVICE_AGENT.value}_hotline", Role.SERVICE_AGENT, top.name))
    if len(stations) > 1:
        posts.insert(1, (f"{Role.INSPECTOR.value}_2", Role.INSPECTOR, stations[1].name))
    return posts


def _person(username: str, role: Role, unit_name: str) -> SamplePerson:
    return SamplePerson(username, role, unit_name, new_phrase())


def _write(file: Path, people: Sequence[SamplePerson]) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as rows:
        writer = csv.writer(rows)
        writer.writerow(["username", "role", "unit_name", "phrase"])
        writer.writerows([each.username, each.role.value, each.unit_name, each.phrase] for each in people)
