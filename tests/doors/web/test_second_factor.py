"""Whose role takes a second factor reaches nothing before he has one, neither on the pages nor through the API."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Staff
from lamplighter.base.security.policy import PolicyInvalid, read_policy

from .test_scope import OPEN, PAGES, path_of

ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)


@pytest.fixture
def bare(make_staff: Callable[..., Staff]) -> Callable[..., tuple[Client, Staff]]:
    """Log somebody in who has no second factor."""

    def log(*roles: Role) -> tuple[Client, Staff]:
        client, staff = Client(), make_staff(*roles, unit="P")
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.cookies["lamplighter_language"] = "en"
        return client, staff

    return log


class TestAnAdministratorWithoutOne:
    @pytest.mark.parametrize("role", ADMINISTRATORS)
    def test_is_led_to_setting_one_up(self, role: Role, bare: Callable[..., tuple[Client, Staff]]) -> None:
        client, _ = bare(role)

        answer = client.get("/jobs/", follow=True)

        assert answer.redirect_chain == [("/accounts/2fa/", 302)]
        assert "Your role takes a second factor" in answer.content.decode()
        assert client.get("/accounts/2fa/totp/activate/", follow=True).status_code == 200

    def test_reaches_nothing_else(self, bare: Callable[..., tuple[Client, Staff]]) -> None:
        client, _ = bare(Role.AUDIT_ADMIN)
        simple = ("areas", "cases", "jobs", "trail", "security", "account", "search", "tokens", "home", "verify")

        for name in [name for name in PAGES if name in simple and name not in OPEN]:
            assert client.get(path_of(name)).headers["Location"] == "/accounts/2fa/", name
        assert client.post("/trail/verify/").headers["Location"] == "/accounts/2fa/"
        assert client.get("/accounts/password/").headers["Location"] == "/accounts/2fa/"

    def test_does_not_get_round_it_through_the_api(self, bare: Callable[..., tuple[Client, Staff]]) -> None:
        client, _ = bare(Role.AUDIT_ADMIN)

        answers = [client.get(f"/api/v1/{path}") for path in ("me", "trail", "openapi.json", "docs")]

        assert [answer.status_code for answer in answers] == [403] * 4
        assert answers[0].json()["code"] == "second_factor_missing"

    def test_is_not_helped_by_recovery_codes_alone(self, bare: Callable[..., tuple[Client, Staff]]) -> None:
        client, staff = bare(Role.AUDIT_ADMIN)
        RecoveryCodes.activate(staff)

        assert client.get("/trail/").status_code == 302

    def test_comes_in_once_he_has_one(self, bare: Callable[..., tuple[Client, Staff]]) -> None:
        client, staff = bare(Role.AUDIT_ADMIN)
        TOTP.activate(staff, generate_totp_secret())

        assert client.get("/trail/").status_code == client.get("/api/v1/trail").status_code == 200


class TestEverybodyElse:
    def test_may_do_without(self, bare: Callable[..., tuple[Client, Staff]]) -> None:
        client, _ = bare(Role.INSPECTOR)

        assert client.get("/suspicions/").status_code == 200


class TestTheCompanysOwnFile:
    def write(self, home: Path, role: str, is_required: bool) -> None:
        (home / "settings").mkdir(parents=True)
        (home / "settings" / "security.toml").write_text(
            f'[[second_factor]]\nrole = "{role}"\nrule_id = "OWN-1"\nvalid_from = 2026-02-01\n'
            f'is_required = {str(is_required).lower()}\nsource = "order 7"\nevidence = "R"\n',
            encoding="utf-8",
        )

    def test_asks_it_of_a_further_role(self, home: Path, bare: Callable[..., tuple[Client, Staff]]) -> None:
        self.write(home, "inspector", True)
        client, _ = bare(Role.INSPECTOR, Role.TRAINER)

        assert client.get("/suspicions/").headers["Location"] == "/accounts/2fa/"

    def test_takes_it_back(self, home: Path, bare: Callable[..., tuple[Client, Staff]]) -> None:
        self.write(home, "audit_admin", False)
        client, _ = bare(Role.AUDIT_ADMIN)

        assert client.get("/trail/").status_code == 200

    def test_says_on_the_account_page_that_it_is_not_asked_and_why(
        self, home: Path, bare: Callable[..., tuple[Client, Staff]]
    ) -> None:
        self.write(home, "audit_admin", False)
        waived, _ = bare(Role.AUDIT_ADMIN)
        other, _ = bare(Role.INSPECTOR)

        assert "not asked of your role here (order 7)" in waived.get("/account/").content.decode()
        assert "not asked of your role" not in other.get("/account/").content.decode()

    def test_holds_from_its_day_on(self, home: Path) -> None:
        self.write(home, "inspector", True)
        held = [
            read_policy(on=on, folder=home / "settings").needs_second_factor(["inspector"])
            for on in (dt.date(2026, 1, 31), dt.date(2026, 2, 1))
        ]

        assert held == [False, True]

    def test_is_refused_with_a_role_there_is_none_of(self, home: Path) -> None:
        self.write(home, "inspektor", True)

        with pytest.raises(PolicyInvalid, match="inspektor"):
            read_policy(on=dt.date(2026, 3, 1), folder=home / "settings")
