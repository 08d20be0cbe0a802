"""What is done to tokens: made by one administrator, released by another, revoked by either, used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.contrib.auth.models import Group
from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, Role, rights_by_role
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Staff, Unit
from lamplighter.base.security.policy import Policy
from lamplighter.base.security.tokens.models import Token
from lamplighter.base.security.tokens.queries import seen_tokens, state_of
from lamplighter.base.security.tokens.records import MadeToken, TokenState, hash_secret, new_secret

KIND: Final = "tokens.token"
ADMINISTRATORS: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})
"""Roles no token gets: what they do takes a person, and a token that makes tokens would never end."""
_USE_NOTED_EVERY: Final = dt.timedelta(minutes=1)


class TokenRefused(LamplighterError):
    """A token cannot be made as asked; ``field`` is the one to mend."""

    def __init__(self, field: str, *, names: str = "", most: int = 0) -> None:
        self.field = field
        super().__init__(text(f"tokens.refused.{field}", names=names, most=most))


class TokenUnknown(LamplighterError):
    """There is no such token among those the actor sees, or it is not in the state for it."""

    def __init__(self) -> None:
        super().__init__(text("tokens.refused.unknown"))


def make_token(
    *,
    by: Actor,
    name: str,
    role: str,
    unit_id: str,
    rights: Sequence[str],
    days: int,
    policy: Policy,
    now: dt.datetime,
) -> MadeToken:
    """Make a service account with a token that opens nothing until it is released, and return the secret, once.

    Args:
        by: a system administrator.
        name: of the integration.
        role: of the account, see :data:`ADMINISTRATORS` for those it cannot have.
        unit_id: the account's unit: that of ``by`` or below.
        rights: codes of the role's rights the token is to have; empty = all of them.
        days: how long it holds.
        policy: with the longest time allowed.
        now: the instant, with its zone.

    Raises:
        RightMissing: tokens are not his to make.
        TokenRefused: what the name of its field says.
    """
    by.require(Right.MAKE_TOKENS)
    said = " ".join(name.split())[:100]
    most = policy.limits["token_days"].value
    if not said:
        raise TokenRefused("name")
    known = {each.value: each for each in Role if each not in ADMINISTRATORS}
    if role not in known:
        raise TokenRefused("role")
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None or not by.sees(unit.path):
        raise TokenRefused("unit")
    if strange := set(rights) - {right.value for right in rights_by_role()[known[role]]}:
        raise TokenRefused("rights", names=", ".join(sorted(strange)))
    if not 0 < days <= most:
        raise TokenRefused("days", most=most)
    prefix, secret = new_secret()
    with transaction.atomic():
        staff = Staff(username=f"svc-{prefix}", first_name=said, unit=unit)
        staff.set_unusable_password()
        staff.save()
        staff.groups.set([Group.objects.get_or_create(name=role)[0]])
        row = Token.objects.create(
            staff=staff,
            name=said,
            prefix=prefix,
            secret_sha256=hash_secret(secret),
            rights=sorted(rights),
            made_at=now,
            made_by=by.name,
            expires_at=now + dt.timedelta(days=days),
        )
        after = {"name": said, "prefix": prefix, "role": role, "unit": unit_id, "rights": sorted(rights), "days": days}
        record(act=Act.TOKEN_MADE, by=by, now=now, kind=KIND, subject=row.pk, after=after)
    return MadeToken(row.pk, prefix, secret)


def release_token(*, by: Actor, number: int, now: dt.datetime) -> None:
    """Let a token be used.

    Raises:
        RightMissing: he is no security administrator.
        TokenUnknown: he sees none of this number that waits.
    """
    by.require(Right.RELEASE_TOKENS)
    with transaction.atomic():
        row = _seen(by, number)
        if state_of(row, now=now) is not TokenState.WAITING:
            raise TokenUnknown
        row.released_at, row.released_by = now, by.name
        row.save(update_fields=["released_at", "released_by"])
        record(act=Act.TOKEN_RELEASED, by=by, now=now, kind=KIND, subject=number, after={"prefix": row.prefix})


def revoke_token(*, by: Actor, number: int, now: dt.datetime) -> None:
    """End a token at once; its service account is switched off with it.

    Raises:
        RightMissing: neither makes nor releases tokens.
        TokenUnknown: he sees none of this number that is not revoked.
    """
    by.require(Right.SEE_TOKENS)
    with transaction.atomic():
        row = _seen(by, number)
        if row.revoked_at is not None:
            raise TokenUnknown
        row.revoked_at, row.revoked_by = now, by.name
        row.save(update_fields=["revoked_at", "revoked_by"])
        row.staff.is_active = False
        row.staff.save(update_fields=["is_active"])
        record(act=Act.TOKEN_REVOKED, by=by, now=now, kind=KIND, subject=number, after={"prefix": row.prefix})


def note_use(*, number: int, now: dt.datetime) -> None:
    """Keep when a token was used last, to the minute: a write for every request would be one too many."""
    Token.objects.filter(pk=number).exclude(last_used_at__gt=now - _USE_NOTED_EVERY).update(last_used_at=now)


def _seen(by: Actor, number: int) -> Token:
    found = seen_tokens(by).select_for_update(of=("self",)).filter(pk=number).first()
    if found is None:
        raise TokenUnknown
    return found
