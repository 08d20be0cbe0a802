"""Log-in by the company's identity provider: an account for whom its claims name a role and a unit, for nobody else."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from lamplighter.base.messages import text
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act, Outcome
from lamplighter.base.security.models import Staff, Unit
from lamplighter.base.security.single_sign_on import Mapped, map_claims, read_single_sign_on
from lamplighter.base.settings import read_settings


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """How allauth treats whoever the provider vouches for."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs himself up: accounts are made from claims, see `pre_social_login`."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Give the account the role and unit his claims name, or turn him away with a page that says why."""
        provider = read_single_sign_on(read_settings().home)
        mapped = map_claims(provider, claims_of(sociallogin)) if provider else None
        if mapped is None or sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(_turn_away(request, "unknown"))
        unit = Unit.objects.filter(pk=mapped.unit_id).first()
        if unit is None:
            raise ImmediateHttpResponse(_turn_away(request, "no_unit"))
        with transaction.atomic():
            if not sociallogin.is_existing:
                # An account made here is never taken over by a name the provider gives to somebody.
                if Staff.objects.filter(username=mapped.username).exists():
                    raise ImmediateHttpResponse(_turn_away(request, "taken"))
                staff = Staff(username=mapped.username)
                staff.set_unusable_password()
                staff.save()
                sociallogin.connect(request, staff)
            _bring_up_to(sociallogin.user, mapped, unit)


def claims_of(sociallogin: Any) -> dict[str, Any]:
    """Return what the provider says of somebody: its token, and over it what its user endpoint says."""
    data = sociallogin.account.extra_data
    if "userinfo" not in data and "id_token" not in data:
        return dict(data)
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}


def failed(request: HttpRequest) -> HttpResponse:
    """Say that the provider vouched for nobody."""
    return _turn_away(request, "failed")


def _bring_up_to(staff: Staff, mapped: Mapped, unit: Unit) -> None:
    """Write role and unit where they differ: the audit trail follows each change."""
    if (staff.unit_id, staff.first_name) != (unit.pk, mapped.full_name[:150]):
        staff.unit, staff.first_name = unit, mapped.full_name[:150]
        staff.save(update_fields=["unit", "first_name"])
    wanted = {role.value for role in mapped.roles}
    if set(staff.groups.values_list("name", flat=True)) != wanted:
        staff.groups.set([Group.objects.get_or_create(name=name)[0] for name in sorted(wanted)])


def _turn_away(request: HttpRequest, why: str) -> HttpResponse:
    record(
        act=Act.LOGIN_FAILED,
        by=None,
        now=timezone.now(),
        kind="security.staff",
        subject="single sign-on",
        after={"why": why},
        outcome=Outcome.REFUSED,
    )
    return render(request, "sso_refused.html", {"sentence": text(f"security.sso.{why}")}, status=403)
