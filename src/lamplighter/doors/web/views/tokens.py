"""*Other systems*: tokens of integrations, made by one administrator, released by another, revoked by either."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, Role, rights_by_role
from lamplighter.base.security.tokens.operations import (
    ADMINISTRATORS,
    TokenRefused,
    TokenUnknown,
    make_token,
    release_token,
    revoke_token,
)
from lamplighter.base.security.tokens.queries import list_tokens
from lamplighter.base.security.tokens.records import TokenState
from lamplighter.doors.web.lists import (
    Column,
    Filter,
    ListPage,
    ask_of,
    instant_column,
    show_list,
)
from lamplighter.doors.web.pages import page, policy_today
from lamplighter.doors.web.rows import tokens as rows

_PAGE = ListPage(
    url_name="tokens",
    words="tokens.list",
    columns=(
        Column("name", cell=rows.name),
        Column("opens", is_sorted=False, cell=rows.opens, look="wrap"),
        Column("unit", is_sorted=False, cell=lambda row, _: row.unit_name),
        Column("state", is_sorted=False, cell=rows.state),
        Column("made", cell=rows.made),
        instant_column("expires", lambda row: row.expires_at),
        Column("used", cell=rows.used),
        Column("change", is_sorted=False, cell=rows.change),
    ),
    filters=(Filter("state", lambda: [(state.value, text(f"tokens.state.{state}")) for state in TokenState]),),
)


@page(Right.SEE_TOKENS)
def tokens(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the tokens of one's unit."""
    return _show(request, actor)


@page(Right.MAKE_TOKENS)
@require_POST
def make(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Make a token, and show it this once."""
    days = request.POST.get("days", "")
    try:
        made = make_token(
            by=actor,
            name=request.POST.get("name", ""),
            role=request.POST.get("role", ""),
            unit_id=request.POST.get("unit", ""),
            rights=request.POST.getlist("rights"),
            days=int(days) if days.isdecimal() and len(days) < 6 else 0,
            policy=policy_today(),
            now=timezone.now(),
        )
    except TokenRefused as refused:
        return _show(request, actor, refused=refused, typed=request.POST, status=422)
    return _show(request, actor, made=made)


@page(Right.RELEASE_TOKENS)
@require_POST
def release(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Let a token be used that somebody else made."""
    try:
        release_token(by=actor, number=number, now=timezone.now())
    except TokenUnknown as unknown:
        raise Http404 from unknown
    messages.success(request, text("tokens.done.released"))
    return redirect("tokens")


@page(Right.SEE_TOKENS)
@require_POST
def revoke(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """End a token."""
    try:
        revoke_token(by=actor, number=number, now=timezone.now())
    except TokenUnknown as unknown:
        raise Http404 from unknown
    messages.success(request, text("tokens.done.revoked"))
    return redirect("tokens")


def _show(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    part = list_tokens(actor=actor, ask=ask_of(request, _PAGE), now=timezone.now())
    opened = {right for role, rights in rights_by_role().items() if role not in ADMINISTRATORS for right in rights}
    form = {
        "roles": [role for role in Role if role not in ADMINISTRATORS],
        "token_rights": [right for right in Right if right in opened],
        "most_days": policy_today().limits["token_days"].value,
    }
    answer = show_list(request, _PAGE, part, above="parts/tokens.html", **form, **more)
    answer.status_code = status
    return answer
