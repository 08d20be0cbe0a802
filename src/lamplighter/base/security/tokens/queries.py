"""Reads of tokens: the administrators' list, and on whose behalf a token speaks."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from lamplighter.base.desk.listing import Ask, Listing, Part
from lamplighter.base.security.actor import Actor, Right, Role
from lamplighter.base.security.models import Staff
from lamplighter.base.security.tokens.models import Token
from lamplighter.base.security.tokens.records import TokenRow, TokenState, hash_secret, prefix_of


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever showed a good token: its number, the service account, and what it may."""

    token: int
    staff: Staff
    actor: Actor


def list_tokens(*, actor: Actor, ask: Ask, now: dt.datetime) -> Part[TokenRow]:
    """Return a page of the tokens of the actor's unit and those below, the newest first.

    Raises:
        RightMissing: tokens are closed to him.
    """
    actor.require(Right.SEE_TOKENS)
    in_state = _conditions(now)
    listing: Listing[TokenRow] = Listing(
        record=lambda row: _row(row, now=now),
        order=("-pk",),
        sorts={"name": "name", "expires": "expires_at", "used": "last_used_at", "made": "made_at"},
        filters={"state": in_state.get},
        searched=("name", "prefix"),
    )
    return listing.answer(seen_tokens(actor), ask)


def find_bearer(token: str, *, now: dt.datetime) -> Bearer | None:
    """Return on whose behalf a token speaks; None where it is unknown, waits, expired, revoked, or its account is off.

    Args:
        token: as it was shown.
        now: the instant.
    """
    found = Token.objects.select_related("staff__unit").filter(prefix=prefix_of(token)).first()
    # Compared in any case, and in constant time: how long it takes tells nothing of what is kept.
    is_same = hmac.compare_digest(found.secret_sha256 if found else hash_secret(""), hash_secret(token))
    if found is None or not is_same or state_of(found, now=now) is not TokenState.VALID or not found.staff.is_active:
        return None
    actor = found.staff.as_actor()
    if found.rights:
        actor = replace(actor, rights=actor.rights & {right for right in Right if right.value in found.rights})
    return Bearer(found.pk, found.staff, actor)


def seen_tokens(actor: Actor) -> QuerySet[Token]:
    """Return the tokens whose unit is the actor's or below it."""
    rows = Token.objects.select_related("staff__unit")
    return rows.filter(**{f"staff__unit__{actor.level}_id": actor.unit_id}) if actor.unit_id else rows.none()


def is_service_account(staff: Staff) -> bool:
    """Say whether an account is an integration's: it speaks through tokens and never logs in."""
    return Token.objects.filter(staff=staff).exists()


def state_of(row: Token, *, now: dt.datetime) -> TokenState:
    """Return whether a token opens anything at an instant."""
    if row.revoked_at is not None:
        return TokenState.REVOKED
    if row.expires_at <= now:
        return TokenState.EXPIRED
    return TokenState.VALID if row.released_at is not None else TokenState.WAITING


def _conditions(now: dt.datetime) -> dict[str, Q]:
    is_kept = Q(revoked_at=None)
    is_young = is_kept & Q(expires_at__gt=now)
    return {
        TokenState.WAITING.value: is_young & Q(released_at=None),
        TokenState.VALID.value: is_young & Q(released_at__isnull=False),
        TokenState.EXPIRED.value: is_kept & Q(expires_at__lte=now),
        TokenState.REVOKED.value: Q(revoked_at__isnull=False),
    }


def _row(row: Any, *, now: dt.datetime) -> TokenRow:
    actor = row.staff.as_actor()
    rights = [right for right in Right if right in actor.rights and (not row.rights or right.value in row.rights)]
    unit = row.staff.unit
    return TokenRow(
        number=row.pk,
        name=row.name,
        prefix=row.prefix,
        account=row.staff.username,
        roles=tuple(role for role in Role if role in actor.roles),
        rights=tuple(rights),
        unit_id=actor.unit_id,
        unit_name=unit.name if unit else "",
        state=state_of(row, now=now),
        made_at=row.made_at,
        made_by=row.made_by,
        expires_at=row.expires_at,
        released_by=row.released_by,
        revoked_by=row.revoked_by,
        last_used_at=row.last_used_at,
    )
