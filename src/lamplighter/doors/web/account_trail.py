"""Accounts in the audit trail: log-in and out, failures and lock-outs, second factors, changes of an account."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from lamplighter.base.security.audit.queries import was_said_since
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act, Outcome
from lamplighter.base.security.audit.tracking import hide, track
from lamplighter.base.security.models import Staff

_ACCOUNT: Final = "security.staff"
_UNKNOWN: Final = "unknown"
"""Stands for a name nobody has: it may be a pass phrase typed in the wrong field."""
_SAID_ONCE: Final = dt.timedelta(minutes=5)
"""Whoever is locked out and keeps on trying fills no trail."""


def connect() -> None:
    """Have accounts recorded; called once where the desk starts."""
    track(Staff, masks={"password": hide, "email": hide}, without=["last_login", "language"], many=["groups"])
    account.user_logged_in.connect(_logged_in, dispatch_uid="audit")
    user_logged_out.connect(_logged_out, dispatch_uid="audit")
    account.password_changed.connect(_password_changed, dispatch_uid="audit")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="audit")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="audit")


def note_failure(username: str) -> None:
    """Record that somebody gave a wrong pass phrase."""
    subject = _subject(username)
    record(act=Act.LOGIN_FAILED, by=None, now=timezone.now(), kind=_ACCOUNT, subject=subject, outcome=Outcome.REFUSED)


def note_lock_out(username: str) -> None:
    """Record that somebody failed too often, once in five minutes an account."""
    now, subject = timezone.now(), _subject(username)
    if not was_said_since(act=Act.LOCKED_OUT, kind=_ACCOUNT, subject=subject, since=now - _SAID_ONCE):
        record(act=Act.LOCKED_OUT, by=None, now=now, kind=_ACCOUNT, subject=subject, outcome=Outcome.REFUSED)


def _subject(username: str) -> str:
    found = Staff.objects.filter(username=username).values_list("pk", flat=True).first()
    return _UNKNOWN if found is None else str(found)


def _logged_in(sender: object, request: HttpRequest, user: Staff, **_: Any) -> None:
    _record(Act.LOGGED_IN, user)


def _logged_out(sender: object, request: HttpRequest, user: Staff | None, **_: Any) -> None:
    if user is not None:
        _record(Act.LOGGED_OUT, user)


def _password_changed(sender: object, request: HttpRequest, user: Staff, **_: Any) -> None:
    _record(Act.PASSWORD_CHANGED, user)


def _factor_added(sender: object, request: HttpRequest, user: Staff, authenticator: Any, **_: Any) -> None:
    _record(Act.FACTOR_ADDED, user, kind=authenticator.type)


def _factor_removed(sender: object, request: HttpRequest, user: Staff, authenticator: Any, **_: Any) -> None:
    _record(Act.FACTOR_REMOVED, user, kind=authenticator.type)


def _record(act: Act, user: Staff, **after: str) -> None:
    record(act=act, by=user.as_actor(), now=timezone.now(), kind=_ACCOUNT, subject=user.pk, after=after)
