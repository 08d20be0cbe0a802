"""Staff accounts made on the server itself: the first of a desk, before anybody can log in."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Final

from django.contrib.auth.models import Group
from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Role
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike."""


class UsernameTaken(LamplighterError):
    """There is an account of this name."""

    def __init__(self, username: str) -> None:
        self.username = username
        super().__init__(text("security.staffing.taken", username=username))


class UnitUnknown(LamplighterError):
    """The desk knows no such unit."""

    def __init__(self, unit_id: str) -> None:
        self.unit_id = unit_id
        super().__init__(text("security.staffing.unit_unknown", unit=unit_id))


def new_phrase() -> str:
    """Return a pass phrase nobody has had before: 16 signs out of 31, 79 bits.

    Example:
        >>> len(new_phrase())
        19
    """
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def add_staff(*, username: str, roles: Collection[Role], unit_id: str | None) -> str:
    """Make an account and return its pass phrase, which is kept nowhere else; its owner changes it.

    Args:
        username: name to log in with.
        roles: what it may do.
        unit_id: its unit; None for an administrator, who belongs to none and sees no row.

    Raises:
        UsernameTaken, UnitUnknown: what the names say.
    """
    if unit_id is not None and not Unit.objects.filter(pk=unit_id).exists():
        raise UnitUnknown(unit_id)
    make_groups()
    phrase = new_phrase()
    with transaction.atomic():
        if Staff.objects.filter(username=username).exists():
            raise UsernameTaken(username)
        staff = Staff.objects.create_user(username, password=phrase, unit_id=unit_id)
        staff.groups.set(Group.objects.filter(name__in=[role.value for role in roles]))
    return phrase
