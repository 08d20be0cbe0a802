"""What the desk needs to know once Django stands: whose changes are recorded, which jobs and chores there are."""

from __future__ import annotations

import datetime as dt

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages."""

    name = "lamplighter.doors.web"

    def ready(self) -> None:
        """Connect the trail to accounts, register exports, and give workers their chores."""
        from lamplighter.base.jobs.registry import add_chore
        from lamplighter.base.security.audit.sealing import seal_if_due
        from lamplighter.doors.web import account_trail, exports
        from lamplighter.doors.web.starting import seals_of_home
        from lamplighter.journeys.nights import jobs as nights

        account_trail.connect()
        exports.register()
        nights.register()
        add_chore("seal_audit", every=dt.timedelta(minutes=15), work=lambda now: seal_if_due(seals_of_home(), now=now))
        add_chore("remove_expired_exports", every=dt.timedelta(hours=1), work=exports.remove_expired)
