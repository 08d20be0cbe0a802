"""Accounts of staff: made by the company, never by whoever comes along."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from lamplighter.doors.web.account_trail import note_failure, note_lock_out


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """How allauth behaves here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs himself up."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Turn away whoever failed too often, and record it."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            note_lock_out(str(credentials.get("username", "")))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a wrong pass phrase."""
        note_failure(str(credentials.get("username", "")))
