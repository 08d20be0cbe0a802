"""A home whose lake holds one worked night, and staff who look at it on the desk."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff
from lamplighter.journeys.desk_loading import load_desk
from tests.journeys.brief.conftest import write_company

NOW = dt.datetime(2025, 4, 1, 3)
ACCOUNT = "5301001001"
"""The first of the list: meter M01001 on area A01, which station S2 runs."""


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose lake holds one worked night; tests that write take a lake of their own."""
    home = tmp_path_factory.mktemp("home")
    write_company(home / "lake")
    return home


@pytest.fixture
def lake(worked: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(worked))
    return Lake.open(worked / "lake")


@pytest.fixture
def own_lake(tmp_path: Path) -> Lake:
    return write_company(tmp_path / "lake", days=6)


@pytest.fixture
def log_in(lake: Lake) -> Callable[..., Client]:
    load_desk(lake=lake, now=NOW)
    make_groups()

    def log(role: Role, *, unit: str) -> Client:
        staff = Staff.objects.create_user(f"{role.value}-{unit}", unit_id=unit)
        staff.groups.set(Group.objects.filter(name=role.value))
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.cookies["lamplighter_language"] = "en"
        return client

    return log
