"""What a worker does for the outbox between its jobs."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from lamplighter.base.outbox.sending import Turn, send_due
from lamplighter.base.outbox.settings import read_outbox_settings
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.operations.serving import remind_deadlines


def send_messages(now: dt.datetime) -> Turn:
    """Send what is due; channels are told the desk's address only where people open it from elsewhere."""
    settings = read_settings()
    return send_due(home=settings.home, clock=timezone.now, site=settings.desk.address)


def remind(now: dt.datetime) -> int:
    """Remind staff of deadlines, as the company wants it."""
    home = read_settings().home
    return remind_deadlines(home=home, days_before=read_outbox_settings(home.settings).remind_days_before, now=now)
