"""Logging in, locking out, second factors, and what every answer tells the browser."""

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Staff
from lamplighter.doors.web import settings as own_settings

from .conftest import PHRASE


def log_in(client: Client, name: str, phrase: str) -> int:
    return client.post("/accounts/login/", {"login": name, "password": phrase}).status_code


class TestLogIn:
    def test_leads_to_the_first_page_ones_roles_open(self, make_staff: Callable[..., Staff]) -> None:
        make_staff(Role.INSPECTOR, unit="S1", name="li")
        make_staff(Role.SERVICE_AGENT, unit="S1", name="wu")
        make_staff(Role.SYSTEM_ADMIN, unit="S1", name="he")

        landed = []
        for name in ("li", "wu", "he"):
            client = Client()
            answer = client.post("/accounts/login/", {"login": name, "password": PHRASE}, follow=True)
            landed.append(answer.redirect_chain[-1][0])

        # Whose role takes a second factor is led to setting one up.
        assert landed == ["/tonight/", "/search/", "/accounts/2fa/"]

    def test_says_the_same_of_a_wrong_phrase_and_of_a_name_nobody_has(self, make_staff: Callable[..., Staff]) -> None:
        make_staff(Role.INSPECTOR, unit="S1", name="li")
        client = Client()
        client.cookies["lamplighter_language"] = "en"

        said = [
            re.findall(r'role="alert">(.*?)<', client.post("/accounts/login/", fields).content.decode())
            for fields in ({"login": "li", "password": "wrong"}, {"login": "nobody", "password": "wrong"})
        ]

        assert said[0] == said[1] != []

    def test_locks_an_account_out_after_five_failures_even_with_the_right_phrase(
        self, make_staff: Callable[..., Staff]
    ) -> None:
        make_staff(Role.INSPECTOR, unit="S1", name="li")
        client = Client()

        for _ in range(5):
            assert log_in(client, "li", "wrong") == 200

        client.post("/accounts/login/", {"login": "li", "password": PHRASE})
        assert client.get("/account/").status_code == 302

    def test_does_not_lock_another_account_out(self, make_staff: Callable[..., Staff]) -> None:
        make_staff(Role.INSPECTOR, unit="S1", name="li")
        make_staff(Role.INSPECTOR, unit="S1", name="wu")
        client = Client()

        for _ in range(6):
            log_in(client, "li", "wrong")

        assert log_in(client, "wu", PHRASE) == 302

    def test_lets_nobody_sign_himself_up(self, company: None) -> None:
        client = Client()

        client.post("/accounts/signup/", {"username": "eve", "password1": PHRASE, "password2": PHRASE})

        assert not get_user_model().objects.filter(username="eve").exists()

    def test_asks_for_the_second_factor_of_whoever_has_one(self, make_staff: Callable[..., Staff]) -> None:
        staff = make_staff(Role.INSPECTOR, unit="S1", name="li")
        TOTP.activate(staff, generate_totp_secret())
        client = Client()

        answer = client.post("/accounts/login/", {"login": "li", "password": PHRASE})

        assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
        assert client.get("/tonight/").status_code == 302
        assert Authenticator.objects.filter(user=staff, type="totp").exists()

    @pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/password/", "/account/"])
    def test_leaves_second_factors_and_phrase_in_ones_own_hands(self, path: str, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.INSPECTOR).get(path, follow=True).status_code == 200


class TestPhrases:
    def test_are_hashed_with_argon2_on_a_desk(self) -> None:
        assert [name.rpartition(".")[2] for name in own_settings.PASSWORD_HASHERS] == ["Argon2PasswordHasher"]
        assert PBKDF2PasswordHasher.__name__ not in str(own_settings.PASSWORD_HASHERS)

    def test_are_refused_when_short_common_or_numbers_only(self) -> None:
        names = {each["NAME"].rpartition(".")[2] for each in own_settings.AUTH_PASSWORD_VALIDATORS}

        assert {"MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator"} <= names


class TestEveryAnswer:
    def test_lets_the_browser_run_no_script_and_no_style_but_ours(self, log_in: Callable[..., Client]) -> None:
        policy = log_in(Role.INSPECTOR).get("/tonight/").headers["Content-Security-Policy"]

        directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert directives["script-src"] == "'self'"
        assert directives["style-src"] == "'self'"
        assert directives["default-src"] == directives["frame-ancestors"] == "'none'"

    @pytest.mark.parametrize(
        "path", ["/tonight/", "/areas/", "/suspicions/", "/search/", "/account/", "/accounts/2fa/"]
    )
    def test_holds_no_script_and_no_style_that_the_policy_would_stop(
        self, path: str, log_in: Callable[..., Client]
    ) -> None:
        html = log_in(*Role, unit="N").get(path, follow=True).content.decode()

        scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", html)
        assert (scripts, re.findall(r'\sstyle="|\son\w+="', html)) == ([], [])
        assert re.findall(r'(?:src|href|action)="(?:https?:)?//', html) == []

    def test_refuses_a_form_without_its_token(self, make_staff: Callable[..., Staff]) -> None:
        make_staff(Role.INSPECTOR, unit="S1", name="li")

        answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "li", "password": PHRASE})

        assert answer.status_code == 403

    def test_refuses_a_host_it_is_not(self, company: None) -> None:
        assert Client(headers={"host": "evil.example"}).get("/accounts/login/").status_code == 400


class TestLanguage:
    def test_is_chinese_until_one_chooses(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, language="")

        assert '<html lang="zh-CN"' in client.get("/tonight/").content.decode()

        answer = client.post("/language/", {"language": "en", "next": "/areas/"})

        assert answer.headers["Location"] == "/areas/"
        assert '<html lang="en"' in client.get("/areas/").content.decode()
        assert Staff.objects.get().language == "en"

    def test_leads_nowhere_else(self, company: None) -> None:
        answer = Client().post("/language/", {"language": "en", "next": "https://evil.example/"})

        assert answer.headers["Location"] == "/"

    @pytest.mark.parametrize("language", ["zh", "en"])
    @pytest.mark.parametrize("path", ["/tonight/", "/areas/", "/suspicions/", "/search/", "/account/"])
    def test_is_spoken_on_every_page(self, path: str, language: str, log_in: Callable[..., Client]) -> None:
        answer = log_in(*Role, unit="N", language=language).get(path)
        words = re.sub(r"<[^>]+>|\s", "", re.sub(r"(?s)<(script|style).*?</\1>", "", answer.content.decode()))

        assert answer.status_code == 200
        # The company's own names are Chinese in either language; a page that is not ours to translate would be more.
        chinese = len(re.findall(r"[一-鿿]", words)) / len(words)
        assert chinese > 0.35 if language == "zh" else chinese < 0.1


class TestTemplates:
    def test_name_only_messages_that_exist(self) -> None:
        from pathlib import Path

        from lamplighter.base.messages import catalogue

        folder = Path(own_settings.__file__).parent / "templates"
        texts = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}
        named = [
            (path.name, message)
            for path, text in texts.items()
            for message in re.findall(r"""\{% say ["']([a-z_.]+)["'](?!\|add)""", text)
        ]
        begun = [
            (path.name, message)
            for path, text in texts.items()
            for message in re.findall(r"""\{% say(?:_or)? ["']([a-z_.]+\.)["']\|add""", text)
        ]
        known = catalogue("zh")

        assert len(named) > 100
        assert [each for each in named if each[1] not in known] == []
        assert [each for each in begun if not any(message.startswith(each[1]) for message in known)] == []
