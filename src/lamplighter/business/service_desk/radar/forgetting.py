"""Who brought something is known as long as it is kept; that it was brought, where and about what, stays counted."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.service_desk.radar.models import Heard
from lamplighter.business.service_desk.radar.settings import radar_rules
from lamplighter.business.workflow.company_days import day_of

KIND: Final = "radar_heard"
AT_ONCE: Final = 2_000
"""Rows of one turn: the worker has other chores."""


def forget_customers(*, now: dt.datetime) -> int:
    """Take the customers out of what was heard longer ago than is kept, and return of how many rows.

    The row stays with its time, place and topic: what is heard once is not heard again, and counts do not change. What
    ties it to other visits of the same customer goes with the account.

    Args:
        now: the instant, with its zone.
    """
    since = now - dt.timedelta(days=radar_rules(on=day_of(now)).keep_days)
    old = Heard.objects.filter(at__lt=since).exclude(account_id="")
    with transaction.atomic():
        numbers = list(old.order_by("at", "pk").values_list("pk", flat=True)[:AT_ONCE])
        Heard.objects.filter(before__in=numbers).update(before=None)
        Heard.objects.filter(pk__in=numbers).update(account_id="", before=None)
        if numbers:
            record(act=Act.CHANGED, by=None, now=now, kind=KIND, after={"forgotten": len(numbers)})
    return len(numbers)
