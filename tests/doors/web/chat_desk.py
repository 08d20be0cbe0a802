"""A desk that is served for a customer, an agent and an engineer: one account with two bills, and their sessions.

``python -m tests.doors.web.chat_desk`` fills the home that the environment names; the rest is for tests.
"""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doors.web.field_desk import ROOT, START, free_port, wait_until_it_answers

ACCOUNT = "0012345671"
_PATIENCE_SECONDS = 300.0
PEOPLE = {"sun": "service_agent", "zhou": "equipment_engineer"}


@dataclass(frozen=True)
class ChatDesk:
    """A desk that is served: its address, and the sessions of its people by their names."""

    address: str
    sessions: dict[str, str]


def fill() -> dict[str, str]:
    """Make a station, its account with the bills of two months, and its people; return their sessions."""
    from lamplighter.base.settings import read_settings
    from lamplighter.doors.web.starting import prepare_desk

    prepare_desk(read_settings().home)
    from lamplighter.base.desk.models import Load
    from lamplighter.base.security.groups import make_groups
    from lamplighter.base.security.models import Unit
    from lamplighter.business.customers.models import CustomerEntry
    from lamplighter.business.network.models import AreaEntry
    from lamplighter.business.service_desk.understanding.model import open_classifier

    make_groups()
    ids = {"province_id": "P", "city_id": "P", "county_id": "P", "station_id": "P"}
    Unit.objects.create(unit_id="P", name="东海", level="province", parent_id="", **ids)
    ids |= {"station_id": "S1"}
    Unit.objects.create(unit_id="S1", name="城东所", level="station", parent_id="P", **ids)
    AreaEntry.objects.create(
        area_id="A1",
        bucket=0,
        rated_kva=250.0,
        feeder_id="F1",
        name="台区1",
        station_name="城东所",
        feeder_name="线路",
        **ids,
    )
    CustomerEntry.objects.create(
        account_id=ACCOUNT, masked_name="王**", customer_class="residential", area_id="A1", **ids
    )
    now = dt.datetime.now(dt.UTC)
    at = {"worked_at": now, "received_at": now, "loaded_at": now, "night_on": now.date(), "list_on": now.date()}
    Load.objects.create(generation=1, company="东海供电", timezone="Asia/Shanghai", **at)
    home = read_settings().home
    fill_lake(home.lake)
    # Learned here, once: the first answer of a served desk only reads it.
    open_classifier(home.models)
    return {name: session_of(name, role) for name, role in PEOPLE.items()}


def fill_lake(folder: Path) -> None:
    import pyarrow as pa

    from lamplighter.base.lake import Lake
    from lamplighter.business.customers.tables import BILLED_MONTH, CUSTOMER

    customer = {
        "account_id": [ACCOUNT],
        "name": ["王建国"],
        "class": ["residential"],
        "address": ["幸福路12号"],
        "telephone": ["13812345678"],
    }
    bills = {
        "account_id": [ACCOUNT] * 2,
        "month": [dt.date(2025, 1, 1), dt.date(2025, 2, 1)],
        "energy_kwh": [300.0, 420.5],
        "amount_yuan": [161.4, 229.63],
    }
    with Lake.open(folder).transaction() as change:
        change.append(CUSTOMER, pa.table(customer), known_at=dt.datetime(2026, 3, 1))
        change.append(BILLED_MONTH, pa.table(bills), known_at=dt.datetime(2026, 3, 1))


def session_of(name: str, role: str) -> str:
    """Make somebody of the station, and return his session."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import Group
    from django.contrib.sessions.backends.db import SessionStore

    from lamplighter.base.security.models import Staff

    staff = Staff.objects.create_user(name, password="quiet-lamps-over-water", unit_id="S1")
    staff.groups.set(Group.objects.filter(name=role))
    session = SessionStore()
    session[SESSION_KEY] = str(staff.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = staff.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@contextmanager
def serve_chat_desk(home: Path) -> Iterator[ChatDesk]:
    """Serve a desk by its own command; what the outbox sends waits, no worker runs beside it."""
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LAMPLIGHTER_", "DJANGO_"))
    }
    environment |= {
        "LAMPLIGHTER_HOME": str(home),
        "LAMPLIGHTER_PORT": str(port),
        "LAMPLIGHTER_LANG": "en",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
    }
    log = home / "serve.log"
    filled = subprocess.run(
        [sys.executable, "-m", "tests.doors.web.chat_desk"],
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    sessions: dict[str, Any] = json.loads(filled.stdout.splitlines()[-1])
    with log.open("w") as told:
        served = subprocess.Popen(
            [sys.executable, "-c", START, "web", "serve", "--without-worker"],
            env=environment,
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_it_answers(port, served, log, seconds=_PATIENCE_SECONDS)
        yield ChatDesk(f"http://127.0.0.1:{port}", sessions)
    finally:
        served.terminate()
        served.wait(timeout=30)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fill()) + "\n")
