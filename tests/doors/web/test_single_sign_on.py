"""Log-in by the company's identity provider, tried against a whole one: allauth's OpenID Connect server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as Known
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client, override_settings
from tests.doors.web import identity_provider
from tests.doors.web.identity_provider import CLAIMS

from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.base.security.single_sign_on import SingleSignOnInvalid, read_single_sign_on
from lamplighter.base.settings import Home
from lamplighter.doors.web.single_sign_on import ProviderAdapter

SECRET = "a secret of the client"
WRITTEN = """
name = "East Lake ID"
server = "http://127.0.0.1"
client_id = "desk"
username_claim = "preferred_username"
role_claim = "groups"
unit_claim = "department"

[[role]]
claim = "YJ-inspection"
role = "inspector"

[[role]]
claim = "YJ-leader"
role = "inspection_leader"

[[unit]]
claim = "0101"
unit_id = "S1"

[[unit]]
claim = "0102"
unit_id = "S2"

[[unit]]
claim = "0999"
unit_id = "gone"
"""


@pytest.fixture
def provider(company: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A provider that knows the desk, and the desk that knows the provider."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (home / "settings").mkdir(parents=True)
    (home / "desk").mkdir()
    (home / "settings" / "single-sign-on.toml").write_text(WRITTEN, encoding="utf-8")
    (home / "desk" / "single-sign-on.secret").write_text(SECRET, encoding="utf-8")
    known = Known(
        id="desk",
        name="Lamplighter",
        scopes="openid\nprofile\nemail",
        redirect_uris="http://127.0.0.1/accounts/oidc/company/login/callback/",
        skip_consent=True,
    )
    known.set_secret(SECRET)
    known.save()
    monkeypatch.setattr(ProviderAdapter, "get_requests_session", lambda self: identity_provider.session())
    apps = [
        {
            "provider_id": "company",
            "name": "East Lake ID",
            "client_id": "desk",
            "secret": SECRET,
            "settings": {"server_url": "http://127.0.0.1"},
        }
    ]
    CLAIMS.clear()
    with override_settings(
        ROOT_URLCONF="tests.doors.web.identity_provider",
        IDP_OIDC_ADAPTER="tests.doors.web.identity_provider.Claims",
        IDP_OIDC_PRIVATE_KEY=key.decode(),
        SOCIALACCOUNT_PROVIDERS={"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}},
    ):
        yield


@pytest.fixture
def come_in(provider: None) -> Callable[..., tuple[Client, Any]]:
    """Log somebody in by the provider: ``come_in("wang", groups=["YJ-leader"], department="0101")``."""

    def come(name: str, **claims: Any) -> tuple[Client, Any]:
        there = f"{name}@provider"
        CLAIMS[there] = {"preferred_username": name, "name": "Wang Wu"} | claims
        account, _ = Staff.objects.get_or_create(username=there)
        browser, at_provider = (Client(headers={"host": "127.0.0.1"}) for _ in range(2))
        browser.cookies["lamplighter_language"] = "en"
        at_provider.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
        asked = browser.post("/accounts/oidc/company/login/")
        vouched = at_provider.get(asked.headers["Location"].removeprefix("http://127.0.0.1"))
        return browser, browser.get(vouched.headers["Location"].removeprefix("http://127.0.0.1"))

    return come


class TestSomebodyWhoseClaimsAreMapped:
    def test_comes_in_with_the_role_and_unit_they_name(self, come_in: Callable[..., tuple[Client, Any]]) -> None:
        browser, answer = come_in("wang", groups=["all", "YJ-leader"], department="0101")

        assert answer.status_code == 302
        actor = Staff.objects.get(username="wang").as_actor()
        assert (actor.roles, actor.unit_id, actor.name) == ({Role.INSPECTION_LEADER}, "S1", "Wang Wu")
        assert browser.get("/suspicions/").context["part"].count == 1

    def test_loses_and_gains_what_the_directory_changed(self, come_in: Callable[..., tuple[Client, Any]]) -> None:
        come_in("wang", groups=["YJ-leader"], department="0101")
        come_in("wang", groups=["YJ-inspection"], department="0102")

        actor = Staff.objects.get(username="wang").as_actor()
        assert (actor.roles, actor.unit_id) == ({Role.INSPECTOR}, "S2")
        assert Entry.objects.filter(kind="security.staff", act="changed", after__contains="inspector").exists()

    def test_has_no_pass_phrase_here(self, come_in: Callable[..., tuple[Client, Any]]) -> None:
        come_in("wang", groups=["YJ-leader"], department="0101")

        assert not Staff.objects.get(username="wang").has_usable_password()


class TestSomebodyElse:
    @pytest.mark.parametrize(
        ("claims", "why"),
        [
            ({"groups": ["all"], "department": "0101"}, "names no role and unit"),
            ({"groups": ["YJ-leader"]}, "names no role and unit"),
            ({"groups": ["YJ-leader"], "department": ["0101", "0102"]}, "names no role and unit"),
            ({"groups": ["YJ-leader"], "department": "0999"}, "is not on the desk"),
        ],
        ids=["no role", "no unit", "two units", "a unit that is gone"],
    )
    def test_is_told_why_and_gets_no_account(
        self, claims: dict[str, Any], why: str, come_in: Callable[..., tuple[Client, Any]]
    ) -> None:
        browser, answer = come_in("wang", **claims)

        assert answer.status_code == 403
        assert why in answer.content.decode()
        assert not Staff.objects.filter(username="wang").exists()
        assert browser.get("/tonight/").status_code == 302
        assert Entry.objects.filter(act="login_failed", outcome="refused").count() == 1

    def test_does_not_take_over_an_account_that_was_made_by_hand(
        self, make_staff: Callable[..., Staff], come_in: Callable[..., tuple[Client, Any]]
    ) -> None:
        made = make_staff(Role.DATA_STEWARD, unit="P", name="wang")

        _, answer = come_in("wang", groups=["YJ-leader"], department="0101")

        assert answer.status_code == 403
        assert made.as_actor().roles == {Role.DATA_STEWARD}

    def test_is_turned_away_once_the_directory_took_his_role(self, come_in: Callable[..., tuple[Client, Any]]) -> None:
        come_in("wang", groups=["YJ-leader"], department="0101")

        browser, answer = come_in("wang", groups=[], department="0101")

        assert answer.status_code == 403
        assert browser.get("/tonight/").status_code == 302

    def test_cannot_make_up_the_answer_of_the_provider(self, provider: None) -> None:
        browser = Client(headers={"host": "127.0.0.1"})

        answer = browser.get("/accounts/oidc/company/login/callback/?code=1&state=2")

        assert answer.status_code in (401, 403)
        assert browser.get("/tonight/").status_code == 302


class TestTheFile:
    def read(self, home: Path, written: str) -> Any:
        (home / "settings").mkdir(parents=True, exist_ok=True)
        (home / "desk").mkdir(exist_ok=True)
        (home / "settings" / "single-sign-on.toml").write_text(written, encoding="utf-8")
        (home / "desk" / "single-sign-on.secret").write_text(SECRET, encoding="utf-8")
        return read_single_sign_on(Home(home))

    def test_is_no_provider_where_it_is_not_there(self, tmp_path: Path) -> None:
        assert read_single_sign_on(Home(tmp_path)) is None

    def test_is_refused_with_a_role_there_is_none_of(self, tmp_path: Path) -> None:
        with pytest.raises(SingleSignOnInvalid, match="emperor"):
            self.read(tmp_path, WRITTEN.replace("inspection_leader", "emperor"))

    def test_is_refused_where_the_provider_is_reached_without_tls(self, tmp_path: Path) -> None:
        with pytest.raises(SingleSignOnInvalid, match="https"):
            self.read(tmp_path, WRITTEN.replace("127.0.0.1", "id.example.cn"))

    def test_keeps_the_secret_elsewhere(self, tmp_path: Path) -> None:
        assert SECRET not in WRITTEN
        assert self.read(tmp_path, WRITTEN).secret == SECRET
