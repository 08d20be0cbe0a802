"""Tokens of other systems: made by one, released by another, ended by either; what they open, and what they leave."""

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from lamplighter.base.security.actor import RightMissing, Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.base.security.tokens.models import Token
from lamplighter.base.security.tokens.operations import TokenRefused, make_token, release_token, revoke_token
from lamplighter.base.security.tokens.queries import find_bearer
from lamplighter.base.security.tokens.records import hash_secret
from lamplighter.doors.web.pages import policy_today

NOW = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)


def made(by: Any, **asked: Any) -> Any:
    return make_token(
        **{"name": "master station", "role": "inspector", "unit_id": "S1", "rights": (), "days": 30} | asked,
        by=by,
        policy=policy_today(),
        now=NOW,
    )


class TestAToken:
    def test_opens_nothing_until_another_administrator_released_it(self, administrators: tuple[Any, Any]) -> None:
        system, security = administrators
        token = made(system)

        before = find_bearer(token.secret, now=NOW)
        release_token(by=security, number=token.number, now=NOW)
        after = find_bearer(token.secret, now=NOW)

        assert before is None
        assert after is not None
        assert (after.actor.unit_id, after.actor.roles) == ("S1", {Role.INSPECTOR})

    def test_is_released_by_nobody_who_makes_tokens_and_made_by_nobody_who_releases_them(
        self, administrators: tuple[Any, Any]
    ) -> None:
        system, security = administrators
        token = made(system)

        with pytest.raises(RightMissing):
            release_token(by=system, number=token.number, now=NOW)
        with pytest.raises(RightMissing):
            made(security)

    def test_expires_on_the_second(self, administrators: tuple[Any, Any]) -> None:
        system, security = administrators
        token = made(system, days=1)
        release_token(by=security, number=token.number, now=NOW)

        end = NOW + dt.timedelta(days=1)
        assert find_bearer(token.secret, now=end - dt.timedelta(seconds=1)) is not None
        assert find_bearer(token.secret, now=end) is None

    @pytest.mark.parametrize("who", [0, 1], ids=["system", "security"])
    def test_ends_at_once_when_either_revokes_it(self, who: int, administrators: tuple[Any, Any]) -> None:
        system, security = administrators
        token = made(system)
        release_token(by=security, number=token.number, now=NOW)

        revoke_token(by=administrators[who], number=token.number, now=NOW)

        assert find_bearer(token.secret, now=NOW) is None

    def test_is_kept_as_a_hash_alone(self, administrators: tuple[Any, Any]) -> None:
        token = made(administrators[0])

        row = Token.objects.get()
        kept = " ".join(str(value) for value in row.__dict__.values())
        assert row.secret_sha256 == hash_secret(token.secret)
        assert token.secret not in kept
        assert token.secret.rpartition("_")[2] not in kept

    def test_opens_the_rights_it_was_narrowed_to(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTOR, rights=("see_figures",))

        assert client.get("/api/v1/me").json()["rights"] == ["see_figures"]
        assert client.get("/api/v1/areas").status_code == 200
        assert client.get("/api/v1/suspicions").status_code == 403

    def test_speaks_for_an_account_nobody_can_log_in_with(self, token_of: Callable[..., str]) -> None:
        token_of(Role.INSPECTOR)

        account = Staff.objects.get(username__startswith="svc-")
        assert not account.has_usable_password()

    def test_says_when_it_was_used_last(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTOR)

        client.get("/api/v1/me")

        used = Token.objects.get().last_used_at
        assert used is not None
        assert timezone.now() - used < dt.timedelta(minutes=1)


class TestMaking:
    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"name": "  "}, "name"),
            ({"role": "system_admin"}, "role"),
            ({"role": "security_admin"}, "role"),
            ({"role": "emperor"}, "role"),
            ({"unit_id": "nowhere"}, "unit"),
            ({"rights": ("see_audit",)}, "rights"),
            ({"days": 0}, "days"),
            ({"days": 366}, "days"),
        ],
    )
    def test_is_refused_with_the_field_to_mend(
        self, asked: dict[str, Any], field: str, administrators: tuple[Any, Any]
    ) -> None:
        with pytest.raises(TokenRefused) as refused:
            made(administrators[0], **asked)

        assert refused.value.field == field
        assert Token.objects.count() == 0

    def test_gives_no_unit_beside_ones_own(self, make_staff: Callable[..., Staff]) -> None:
        system = make_staff(Role.SYSTEM_ADMIN, unit="S2").as_actor()

        with pytest.raises(TokenRefused):
            made(system, unit_id="S1")


class TestThePage:
    def test_shows_a_token_once(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SYSTEM_ADMIN, unit="P")
        asked = {"name": "master station", "role": "inspector", "unit": "S1", "days": "30"}

        secret = client.post("/tokens/make/", asked).context["made"].secret

        assert secret not in client.get("/tokens/").content.decode()
        assert "master station" in client.get("/tokens/").content.decode()

    def test_lets_the_security_administrator_release_and_revoke(
        self, log_in: Callable[..., Client], administrators: tuple[Any, Any]
    ) -> None:
        token = made(administrators[0])
        client = log_in(Role.SECURITY_ADMIN, unit="P")

        assert client.post(f"/tokens/{token.number}/release/").status_code == 302
        assert client.get("/tokens/").context["part"].rows[0].state == "valid"
        assert client.post(f"/tokens/{token.number}/revoke/").status_code == 302
        assert client.get("/tokens/").context["part"].rows[0].state == "revoked"

    def test_knows_nothing_of_a_sibling_units_token(
        self, log_in: Callable[..., Client], administrators: tuple[Any, Any]
    ) -> None:
        token = made(administrators[0], unit_id="S1")
        client = log_in(Role.SECURITY_ADMIN, unit="S2")

        assert client.get("/tokens/").context["part"].count == 0
        assert client.post(f"/tokens/{token.number}/release/").status_code == 404
        assert client.post(f"/tokens/{token.number}/revoke/").status_code == 404

    def test_says_what_to_mend(self, log_in: Callable[..., Client]) -> None:
        answer = log_in(Role.SYSTEM_ADMIN, unit="P").post("/tokens/make/", {"name": "x", "role": "inspector"})

        assert answer.status_code == 422
        assert "Choose your own unit" in answer.content.decode()


class TestTheTrail:
    def test_has_every_step_without_the_secret(
        self, administrators: tuple[Any, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        system, security = administrators
        caplog.set_level(logging.DEBUG)
        token = made(system)
        release_token(by=security, number=token.number, now=NOW)
        client = Client(headers={"authorization": f"Bearer {token.secret}"})
        client.get("/api/v1/me")
        client.get("/api/v1/trail")
        revoke_token(by=security, number=token.number, now=NOW)
        client.get("/api/v1/me")

        acts = list(Entry.objects.filter(kind="tokens.token").order_by("number").values_list("act", flat=True))
        held = " ".join(str(value) for entry in Entry.objects.all() for value in entry.__dict__.values())
        secret = token.secret.rpartition("_")[2]
        assert acts == ["token_made", "token_released", "token_revoked", "token_refused"]
        assert secret not in held
        assert secret not in caplog.text

    def test_does_not_repeat_what_was_shown_in_place_of_a_token(self, company: None) -> None:
        for _ in range(3):
            Client(headers={"authorization": "Bearer my-own-pass-phrase"}).get("/api/v1/me")

        entries = Entry.objects.filter(act="token_refused")
        assert [entry.subject for entry in entries] == ["unknown"]


class TestRates:
    @pytest.fixture
    def of_three(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The company allows three requests a minute and three bad tokens, in minutes that do not end meanwhile."""
        (home / "settings").mkdir(parents=True)
        limits = [
            f'[[limit]]\nname = "{name}"\nrule_id = "OWN"\nvalid_from = 2026-01-02\nvalue = 3\nunit = ""\n'
            'source = ""\nevidence = "R"\n'
            for name in ("requests_a_minute", "token_failures")
        ]
        (home / "settings" / "security.toml").write_text("".join(limits), encoding="utf-8")
        monkeypatch.setattr("lamplighter.doors.api.gate._MINUTE", 10**9)
        monkeypatch.setattr("lamplighter.doors.api.gate._FAILURES_OVER", 10**9)

    def test_end_a_token_that_asks_too_often_for_the_rest_of_the_minute(
        self, of_three: None, program: Callable[..., Client]
    ) -> None:
        client, another = program(Role.INSPECTOR), program(Role.INSPECTOR)

        found = [client.get("/api/v1/me") for _ in range(4)]

        assert [answer.status_code for answer in found] == [200, 200, 200, 429]
        assert found[-1].headers["Retry-After"] == str(10**9)
        assert found[-1].json()["code"] == "too_many_requests"
        assert another.get("/api/v1/me").status_code == 200

    def test_turn_an_address_away_that_tries_tokens(self, of_three: None, program: Callable[..., Client]) -> None:
        good = program(Role.INSPECTOR)
        bad = Client(headers={"authorization": "Bearer lmp_0123456789ab_00"})

        assert [bad.get("/api/v1/me").status_code for _ in range(4)] == [401, 401, 401, 429]
        assert good.get("/api/v1/me").status_code == 429


class TestProblems:
    def test_say_what_is_wrong_in_the_language_asked_for_and_in_both(self, program: Callable[..., Client]) -> None:
        answer = program(Role.TRAINER, language="zh-CN").get("/api/v1/suspicions")

        said = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status_code, said["code"], said["message_id"]) == (
            403,
            "right_missing",
            "security.right_missing",
        )
        assert said["detail"] == said["texts"]["zh"]
        assert "see suspicions" in said["texts"]["en"]

    def test_name_the_field(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTOR)
        said = client.get("/api/v1/areas?size=0").json()
        sent = client.post("/api/v1/suspicions/1/dismiss", {"reason": "bored"}, content_type="application/json").json()

        assert [each["field"] for each in sent["errors"]] == ["reason"]
        assert [each["field"] for each in said["errors"]] == ["size"]


class TestASession:
    def test_reads_as_its_person_does(self, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.INSPECTOR).get("/api/v1/me").json()["roles"] == ["inspector"]

    def test_writes_only_with_the_pages_csrf_token(self, make_staff: Callable[..., Staff]) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(
            make_staff(Role.INSPECTOR, unit="S1"), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        client.get("/search/")
        token = client.cookies["lamplighter_csrf"].value

        bare = client.post("/api/v1/search", {"words": "A1"}, content_type="application/json")
        with_it = client.post(
            "/api/v1/search", {"words": "A1"}, content_type="application/json", headers={"x-csrftoken": token}
        )

        assert (bare.status_code, bare.json()["code"]) == (403, "csrf_missing")
        assert [area["area_id"] for area in with_it.json()["areas"]] == ["A1"]
