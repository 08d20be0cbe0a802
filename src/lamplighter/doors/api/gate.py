"""Who comes in: the token of an integration, or somebody's session on the pages; and which right an operation takes."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import AuthenticationError, HttpError, Throttled
from ninja.security import HttpBearer
from ninja.security.apikey import APIKeyCookie
from ninja.utils import check_csrf

from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.queries import was_said_since
from lamplighter.base.security.audit.recording import current_standing, record
from lamplighter.base.security.audit.records import Act, Outcome
from lamplighter.base.security.tokens.operations import KIND, note_use
from lamplighter.base.security.tokens.queries import find_bearer
from lamplighter.base.security.tokens.records import prefix_of
from lamplighter.doors.web.pages import actor_of, policy_today, stand_as

_MINUTE: Final = 60
_FAILURES_OVER: Final = 5 * _MINUTE
_SAID_ONCE: Final = dt.timedelta(minutes=5)
"""Whoever keeps on showing a bad token fills no trail."""
LONGEST_TOKEN: Final = 200


class TokenGate(HttpBearer):
    """``Authorization: Bearer lmp_…``: the token of an integration."""

    def __init__(self, right: Right | None) -> None:
        super().__init__()
        self.right = right

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Return on whose behalf the token speaks, or refuse."""
        now, policy = timezone.now(), policy_today()
        origin = current_standing().origin
        failures = f"token-failures:{origin}"
        if _count(failures, seconds=_FAILURES_OVER, now=now, add=0) >= policy.limits["token_failures"].value:
            raise Throttled(wait=_FAILURES_OVER)
        bearer = find_bearer(token[:LONGEST_TOKEN], now=now)
        if bearer is None:
            _count(failures, seconds=_FAILURES_OVER, now=now, add=1)
            _note_refusal(token, now=now)
            raise AuthenticationError
        most = policy.limits["requests_a_minute"].value
        if _count(f"token:{bearer.token}", seconds=_MINUTE, now=now, add=1) > most:
            raise Throttled(wait=_MINUTE)
        note_use(number=bearer.token, now=now)
        stand_as(request, bearer.staff, bearer.actor)
        return _let_in(bearer.actor, self.right)


class SessionGate(APIKeyCookie):
    """The session of somebody who logged in on the pages; whoever writes shows the page's CSRF token as well."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, right: Right | None) -> None:
        super().__init__()
        self.right = right

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Return who is logged in; None where nobody is."""
        if not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise HttpError(403, "csrf")
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor:
        """Return who is logged in."""
        return _let_in(actor_of(request), self.right)


def opened(right: Right | None) -> list[Any]:
    """Return what lets somebody in to an operation.

    Args:
        right: what it takes; None = whoever has a token or is logged in.
    """
    return [TokenGate(right), SessionGate(right)]


def _let_in(actor: Actor, right: Right | None) -> Actor:
    if right is not None:
        actor.require(right)
    return actor


def _count(name: str, *, seconds: int, now: dt.datetime, add: int) -> int:
    """Return how often something happened in the window an instant lies in, with what is added now."""
    key = f"rate:{name}:{int(now.timestamp()) // seconds}"
    if not add:
        return int(cache.get(key, 0))
    cache.add(key, 0, timeout=2 * seconds)
    try:
        return int(cache.incr(key, add))
    except ValueError:
        # Thrown out of the cache in between: it counts from here.
        cache.set(key, add, timeout=2 * seconds)
        return add


def _note_refusal(token: str, *, now: dt.datetime) -> None:
    # Never the token, nor what was shown in its place: the public prefix alone, and only of one that was ours.
    subject = prefix_of(token)[:12] or "unknown"
    if not was_said_since(act=Act.TOKEN_REFUSED, kind=KIND, subject=subject, since=now - _SAID_ONCE):
        record(act=Act.TOKEN_REFUSED, by=None, now=now, kind=KIND, subject=subject, outcome=Outcome.REFUSED)
