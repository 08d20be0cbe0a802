"""What the desk needs to know once Django stands: whose changes are recorded, which jobs and chores there are."""

from __future__ import annotations

import datetime as dt

from django.apps import AppConfig, apps


class WebConfig(AppConfig):
    """The pages."""

    name = "lamplighter.doors.web"

    def ready(self) -> None:
        """Connect the trail to accounts, register exports, and give workers their chores."""
        from lamplighter.base.jobs.registry import add_chore
        from lamplighter.base.outbox.queries import add_subject
        from lamplighter.base.security.actor import Right
        from lamplighter.base.security.audit.sealing import seal_if_due
        from lamplighter.base.security.audit.tracking import hide, track
        from lamplighter.business.inspection.case_serving import SUBJECT
        from lamplighter.business.inspection.operations.chain import recount_deadlines
        from lamplighter.business.service_desk.contacts.forgetting import forget_words
        from lamplighter.business.service_desk.contacts.judging import judge_promises
        from lamplighter.business.service_desk.radar.forgetting import forget_customers
        from lamplighter.doors.web import account_trail, chat_chores, exports, outbox_chores
        from lamplighter.doors.web.starting import seals_of_home
        from lamplighter.journeys import customer_contacts, key_figures, process_studies, service_radar
        from lamplighter.journeys.nights import jobs as nights

        account_trail.connect()
        for name in ("CrewEntry", "CrewMember", "VisitNote"):
            masks = {"account_id": hide} if name == "VisitNote" else {}
            track(apps.get_model("planning", name), masks=masks)
        customer_contacts.register()
        add_subject(SUBJECT, Right.SEE_CASES)
        exports.register()
        nights.register()
        key_figures.register()
        process_studies.register()
        service_radar.register()
        add_chore("seal_audit", every=dt.timedelta(minutes=15), work=lambda now: seal_if_due(seals_of_home(), now=now))
        add_chore("recount_deadlines", every=dt.timedelta(hours=1), work=lambda now: recount_deadlines(now=now))
        add_chore("judge_promises", every=dt.timedelta(hours=1), work=lambda now: judge_promises(now=now))
        add_chore("send_messages", every=dt.timedelta(seconds=5), work=outbox_chores.send_messages)
        add_chore("remind_deadlines", every=dt.timedelta(minutes=30), work=outbox_chores.remind)
        add_chore("send_asked_codes", every=dt.timedelta(seconds=2), work=chat_chores.send_codes)
        add_chore("end_silent_chats", every=dt.timedelta(minutes=1), work=chat_chores.end_silent)
        add_chore("take_ended_chats", every=dt.timedelta(minutes=1), work=chat_chores.take_contacts)
        add_chore("take_ended_tickets", every=dt.timedelta(minutes=1), work=chat_chores.take_tickets)
        add_chore("take_site_records", every=dt.timedelta(minutes=1), work=chat_chores.take_visits)
        add_chore("forget_contacts", every=dt.timedelta(hours=6), work=lambda now: forget_words(now=now))
        add_chore("forget_radar_customers", every=dt.timedelta(hours=6), work=lambda now: forget_customers(now=now))
        add_chore("remove_old_chats", every=dt.timedelta(hours=6), work=chat_chores.remove_old)
        add_chore("remove_expired_exports", every=dt.timedelta(hours=1), work=exports.remove_expired)
