"""What happens around every request: for whom and from where, the reader's language, and refusals in words."""

from __future__ import annotations

import logging
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, speaking
from lamplighter.base.security.actor import RightMissing
from lamplighter.base.security.audit.recording import record, standing
from lamplighter.base.security.audit.records import Act, Outcome
from lamplighter.doors.web.pages import actor_of

log = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_COOKIE = "lamplighter_language"
DJANGO_LANGUAGES: dict[Language, str] = {"zh": "zh-hans", "en": "en"}


def reader_language(request: HttpRequest) -> Language:
    """Return what the reader chose: on this browser, else in his account, else Chinese."""
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


class say_refusals:  # noqa: N801  # Django names middleware as it is called
    """Answer an expected failure with its sentence: what is missing, and what to do next."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Turn a missing right into 403 and any other expected failure into 503; the rest is a defect."""
        if isinstance(failure, RightMissing):
            _record_refusal(request, failure)
            return render(request, "403.html", {"sentence": str(failure)}, status=403)
        if isinstance(failure, LamplighterError):
            log.warning("web.refused", extra={"kind": type(failure).__name__})
            return render(request, "refused.html", {"sentence": str(failure)}, status=503)
        return None


def _record_refusal(request: HttpRequest, failure: RightMissing) -> None:
    # By the page's name: its address may hold the number of a record that is not his to know.
    name = request.resolver_match.url_name if request.resolver_match else ""
    record(
        act=Act.REFUSED,
        by=actor_of(request),
        now=timezone.now(),
        kind="web.page",
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
