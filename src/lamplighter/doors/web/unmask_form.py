"""The form by which somebody asks for personal data in clear, on any page that masks them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from lamplighter.base.security.actor import Actor
from lamplighter.doors.web.pages import load_of, policy_today
from lamplighter.journeys.unmasking import count_left


def unmask_form(request: HttpRequest, actor: Actor, *, action: str, refusal: str) -> dict[str, Any]:
    """Return what the form needs.

    Args:
        request: the request.
        actor: who would ask.
        action: address it is sent to.
        refusal: why it was refused just now; empty where it was not.
    """
    policy = policy_today()
    return {
        "action": action,
        "purposes": policy.purposes,
        "left": count_left(actor=actor, policy=policy, day_began_at=day_began_at(request)),
        "most": policy.limits["unmaskings_a_day"].value,
        "refusal": refusal,
    }


def day_began_at(request: HttpRequest) -> dt.datetime:
    """Return when the company's day began."""
    load = load_of(request)
    here = timezone.now().astimezone(ZoneInfo(load.timezone if load else "UTC"))
    return here.replace(hour=0, minute=0, second=0, microsecond=0)
