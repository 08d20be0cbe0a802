"""The small company of the pages' tests, with an integration of any role and its token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.doors.web.conftest import company, log_in, make_staff, no_failures_remembered

from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Staff
from lamplighter.base.security.tokens.operations import make_token, release_token
from lamplighter.doors.web.pages import policy_today

__all__ = ["company", "log_in", "make_staff", "no_failures_remembered"]


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    """Return what an operation answers to a body."""
    return client.post(f"/api/v1{path}", body, content_type="application/json")


@pytest.fixture
def administrators(make_staff: Callable[..., Staff]) -> tuple[Any, Any]:
    """The system administrator and the security administrator of the province."""
    system = make_staff(Role.SYSTEM_ADMIN, unit="P", name="sys").as_actor()
    return system, make_staff(Role.SECURITY_ADMIN, unit="P", name="sec").as_actor()


@pytest.fixture
def token_of(administrators: tuple[Any, Any]) -> Callable[..., str]:
    """Make a released token: ``token_of(Role.INSPECTOR, unit="S1")``."""

    def make(role: Role, *, unit: str = "S1", rights: tuple[str, ...] = ()) -> str:
        system, security = administrators
        asked = {"name": "master station", "role": role.value, "unit_id": unit, "rights": rights, "days": 30}
        made = make_token(by=system, policy=policy_today(), now=timezone.now(), **asked)
        release_token(by=security, number=made.number, now=timezone.now())
        return made.secret

    return make


@pytest.fixture
def program(token_of: Callable[..., str]) -> Callable[..., Client]:
    """A program with a token: ``program(Role.INSPECTOR, unit="S1").get("/api/v1/areas")``."""

    def make(role: Role, *, unit: str = "S1", rights: tuple[str, ...] = (), language: str = "en") -> Client:
        token = token_of(role, unit=unit, rights=rights)
        return Client(headers={"authorization": f"Bearer {token}", "accept-language": language})

    return make
