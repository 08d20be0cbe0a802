"""What happens around every request: for whom and from where, the reader's language, and refusals in words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation

from lamplighter.base.disk import DiskFull, is_full_disk
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, speaking, text
from lamplighter.base.security.actor import RightMissing
from lamplighter.base.security.audit.recording import record, standing
from lamplighter.base.security.audit.records import Act, Outcome
from lamplighter.doors.web.pages import actor_of, policy_today
from lamplighter.doors.web.problems import problem

log = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]
_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
"""What counts as one; recovery codes alone do not."""
_WITHOUT_FACTOR = ("account_logout", "account_reauthenticate", "choose_language")
LANGUAGE_COOKIE = "lamplighter_language"
DJANGO_LANGUAGES: dict[Language, str] = {"zh": "zh-hans", "en": "en"}


def is_for_programs(request: HttpRequest) -> bool:
    """Say whether a request goes to the API."""
    return request.path.startswith("/api/")


def reader_language(request: HttpRequest) -> Language:
    """Return what the reader chose: on this browser, else in his account, else Chinese; a program says it itself."""
    if is_for_programs(request) and request.headers.get("Accept-Language"):
        return "en" if translation.get_language_from_request(request) == "en" else "zh"
    chosen = request.COOKIES.get(LANGUAGE_COOKIE) or getattr(request.user, "language", "")
    return "en" if chosen == "en" else "zh"


def stand_for_reader(get_response: Handler) -> Handler:
    """Say on whose behalf and from where everything is done while a request is answered."""

    def answer(request: HttpRequest) -> HttpResponse:
        with standing(_origin(request), lambda: actor_of(request) if request.user.is_authenticated else None):
            return get_response(request)

    return answer


def speak_to_reader(get_response: Handler) -> Handler:
    """Speak the reader's language while his request is answered, in our messages and in Django's."""

    def answer(request: HttpRequest) -> HttpResponse:
        spoken = reader_language(request)
        with speaking(spoken), translation.override(DJANGO_LANGUAGES[spoken]):
            response = get_response(request)
        response.headers.setdefault("Content-Language", {"zh": "zh-CN", "en": "en"}[spoken])
        # What is shown to one person is kept by no proxy and by no browser after he has gone.
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer


class ask_second_factor:  # noqa: N801  # Django names middleware as it is called
    """Lead whoever must have a second factor and has none to setting one up; nothing else is open to him till then."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Turn him back from every address but those a second factor is set up at."""
        name = (request.resolver_match.url_name if request.resolver_match else None) or ""
        if not request.user.is_authenticated or name.startswith("mfa_") or name in _WITHOUT_FACTOR:
            return None
        roles = [role.value for role in actor_of(request).roles]
        if not policy_today().needs_second_factor(roles) or is_mfa_enabled(request.user, types=_FACTORS):
            return None
        if is_for_programs(request):
            # Said here, before any operation: the API is no way round.
            return problem(403, "second_factor_missing", text("api.second_factor"))
        messages.warning(request, text("security.second_factor"))
        return redirect("mfa_index")


class say_refusals:  # noqa: N801  # Django names middleware as it is called
    """Answer an expected failure with its sentence: what is missing, and what to do next."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Turn a missing right into 403, a full disk into 507, other expected ones into 503; the rest is a defect."""
        if isinstance(failure, RightMissing):
            note_refused(request, failure)
            return render(request, "403.html", {"sentence": str(failure)}, status=403)
        if is_full_disk(failure):
            log.error("web.disk_full")
            sentence = str(failure if isinstance(failure, DiskFull) else DiskFull())
            return render(request, "refused.html", {"sentence": sentence}, status=507)
        if isinstance(failure, LamplighterError):
            log.warning("web.refused", extra={"kind": type(failure).__name__})
            return render(request, "refused.html", {"sentence": str(failure)}, status=503)
        return None


def note_refused(request: HttpRequest, failure: RightMissing, *, kind: str = "web.page") -> None:
    """Record that somebody asked for what none of his roles allows; ``kind`` says through which door."""
    # By the page's name: its address may hold the number of a record that is not his to know.
    name = request.resolver_match.url_name if request.resolver_match else ""
    record(
        act=Act.REFUSED,
        by=actor_of(request),
        now=timezone.now(),
        kind=kind,
        subject=name or "",
        after={"right": failure.right.value},
        outcome=Outcome.REFUSED,
    )


def _origin(request: HttpRequest) -> str:
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        # No proxy named anybody: the connection itself is all that is known.
        return str(request.META.get("REMOTE_ADDR", ""))
