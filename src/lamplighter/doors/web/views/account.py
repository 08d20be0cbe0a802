"""One's own account: unit, roles, what they allow; and the language of all pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from lamplighter.base.messages import LANGUAGES
from lamplighter.base.security.actor import Actor
from lamplighter.base.security.models import Staff
from lamplighter.business.network.desk_queries import find_unit
from lamplighter.doors.web.middleware import LANGUAGE_COOKIE
from lamplighter.doors.web.pages import page, policy_today

_A_YEAR = 365 * 24 * 3600


@page(None)
def account(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show whom the pages take one for."""
    said = policy_today().second_factors
    waived = [said[role] for role in sorted(actor.roles) if role in said and not said[role].is_required]
    return render(request, "account.html", {"unit": find_unit(actor=actor), "waived": waived})


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on, on this browser and in this account."""
    asked = request.POST.get("language", "")
    chosen = asked if asked in LANGUAGES else LANGUAGES[0]
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=False)
    response = redirect(back if is_ours else "home")
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_A_YEAR, samesite="Lax", secure=request.is_secure())
    if request.user.is_authenticated:
        Staff.objects.filter(pk=request.user.pk).update(language=chosen)
    return response
