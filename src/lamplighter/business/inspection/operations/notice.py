"""The notice of breach or theft of a case: what an inspector writes, and what the case knows itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from lamplighter.base.outbox.records import Channel
from lamplighter.base.security.actor import Actor
from lamplighter.base.settings import Home
from lamplighter.business.inspection.desk_queries import CaseUnknown, find_case
from lamplighter.business.inspection.models import Notice
from lamplighter.business.inspection.operations.papers import print_notice
from lamplighter.business.inspection.records.notices import Inspector, Supply
from lamplighter.business.inspection.rules.deadlines import CHINA


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """What an inspector writes into a notice.

    Attributes:
        act: code of the act, as the law names it.
        facts: what was found.
        customer: name of the customer as it is printed.
        place: where it was found.
        inspectors: who found it.
        office, telephone: where to turn to; empty where the company prints none.
    """

    act: str
    facts: str
    customer: str
    place: str
    inspectors: tuple[Inspector, ...]
    office: str = ""
    telephone: str = ""


def issue_notice(
    *,
    actor: Actor,
    number: int,
    words: NoticeWords,
    company: str,
    languages: str,
    verify_url: str,
    channel: Channel = Channel.HAND,
    home: Home,
    now: dt.datetime,
) -> Notice:
    """Print the notice of a case: account and day of the act are the case's own.

    Args:
        actor: an inspector who sees the case.
        number: of the case.
        words: what he writes.
        company: who issues it.
        languages: as `papers.print_notice`.
        verify_url: address that checks number and fingerprint.
        channel: how it is to be served.
        home: where the PDF is kept.
        now: the instant, with its zone.

    Raises:
        CaseUnknown: he sees none of this number.
        LamplighterError: as `papers.print_notice`.
    """
    view = find_case(actor=actor, number=number, now=now)
    if view is None:
        raise CaseUnknown(number)
    acted = view.instance.data.get("acted_on")
    day = acted if isinstance(acted, dt.date) else now.astimezone(CHINA).date()
    return print_notice(
        actor=actor,
        number=number,
        notice={
            "company": company,
            "supply": Supply(account_id=view.row.account_id, customer=words.customer, address=words.place),
            "inspectors": words.inspectors,
            "found_at": dt.datetime.combine(day, dt.time(12), tzinfo=CHINA),
            "place": words.place,
            "acts": (words.act,),
            "facts": words.facts,
            "office": words.office,
            "telephone": words.telephone,
        },
        languages=languages,
        verify_url=verify_url,
        channel=channel,
        home=home,
        now=now,
    )
