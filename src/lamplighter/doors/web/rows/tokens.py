"""Rows of *tokens*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Right
from lamplighter.base.security.tokens.records import TokenRow, TokenState
from lamplighter.doors.web.cells import Seen, button, framed, together, under


def name(row: TokenRow, _: Seen) -> str:
    """Name of the integration, and the public beginning of its token."""
    return together(row.name, under(f"lmp_{row.prefix}_…"))


def opens(row: TokenRow, _: Seen) -> str:
    """Role of its account, and the rights it has of it."""
    roles = "".join(text(f"security.role.{role.value}") for role in row.roles)
    return together(roles, under(" · ".join(text(f"security.right.{right.value}") for right in row.rights)))


def state(row: TokenRow, _: Seen) -> str:
    """Where it stands, and who brought it there."""
    said, by = text(f"tokens.state.{row.state.value}"), row.revoked_by or row.released_by
    return together(said, under(text("tokens.form.by", name=by))) if by else said


def made(row: TokenRow, seen: Seen) -> str:
    """When and by whom it was made."""
    return together(seen.instant(row.made_at), under(text("tokens.form.by", name=row.made_by)))


def used(row: TokenRow, seen: Seen) -> str:
    """When it was last used."""
    return seen.instant(row.last_used_at) if row.last_used_at else text("tokens.form.never")


def change(row: TokenRow, seen: Seen) -> str:
    """Buttons: release, revoke."""
    buttons = []
    if row.state is TokenState.WAITING and seen.actor.may(Right.RELEASE_TOKENS):
        url = reverse("token_release", args=[row.number])
        buttons.append(button(url, text("tokens.form.release"), seen, is_primary=True))
    if row.state is not TokenState.REVOKED:
        buttons.append(button(reverse("token_revoke", args=[row.number]), text("tokens.form.revoke"), seen))
    return framed("div", "links", *buttons)
