"""What was heard is kept, repeats are linked, and an alarm of an area opens its case, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.db import IntegrityError, transaction

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.radar.models import Citation, Heard, RadarCase
from lamplighter.business.service_desk.radar.records import AreaFinding, HeardMatter, Home, RadarRules
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.operations import comment, register_ticket
from lamplighter.business.service_desk.tickets.records import Channel, Matter

_KEPT = ("at", "account_id", "area_id", "area_name", "station_name", "topic", "is_complaint", "ticket", "satisfaction")


def keep_heard(matters: Sequence[HeardMatter], *, homes: Mapping[str, Home], rules: RadarRules) -> int:
    """Keep what was heard, each once however often it is heard, and link what the same customer had brought before.

    Args:
        matters: see `hear_new`.
        homes: account -> where it is supplied, and area -> the same of one whose account nobody knows.
        rules: see `radar_rules`.

    Returns:
        How many were kept.
    """
    rows = [_row(each, homes) for each in matters]
    with transaction.atomic():
        Heard.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["source", "number"],
            update_fields=[*_KEPT, *UNIT_COLUMNS],
            batch_size=500,
        )
        _keep_citations(matters)
        _link_repeats({row.account_id for row in rows if row.account_id}, rules)
    return len(rows)


def _row(each: HeardMatter, homes: Mapping[str, Home]) -> Heard:
    home = homes.get(each.account_id) or homes.get(each.area_id)
    path = home.path if home else each.path
    return Heard(
        source=each.source.value,
        number=each.number,
        at=each.at,
        account_id=each.account_id,
        area_id=home.area_id if home else each.area_id,
        area_name=home.area_name if home else "",
        station_name=home.station_name if home else "",
        topic=each.topic,
        is_complaint=each.is_complaint,
        ticket=each.ticket,
        satisfaction=each.satisfaction,
        **{column: path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS},
    )


def _keep_citations(matters: Sequence[HeardMatter]) -> None:
    for each in matters:
        if each.cited:
            heard = Heard.objects.get(source=each.source.value, number=each.number)
            Citation.objects.bulk_create(
                [Citation(heard=heard, edge=cited.edge, trouble=cited.trouble.value) for cited in each.cited],
                update_conflicts=True,
                unique_fields=["heard", "edge"],
                update_fields=["trouble"],
            )


def _link_repeats(accounts: Collection[str], rules: RadarRules) -> None:
    within, changed = dt.timedelta(days=rules.repeat_days), []
    by_account: dict[str, list[Heard]] = {}
    for row in Heard.objects.filter(account_id__in=accounts).order_by("at", "pk"):
        by_account.setdefault(row.account_id, []).append(row)
    numbers = {row.ticket for rows in by_account.values() for row in rows if row.ticket}
    closed = dict(Ticket.objects.filter(pk__in=numbers).values_list("pk", "closed_at"))
    for rows in by_account.values():
        for at, row in enumerate(rows):
            near = [each for each in rows[:at] if row.at - each.at <= within]
            before = near[-1] if near else None
            was_open = before is not None and before.ticket in closed and not _is_over(closed[before.ticket], row.at)
            if (row.before_id, row.was_open, row.times) != (before.pk if before else None, was_open, len(near) + 1):
                row.before, row.was_open, row.times = before, was_open, len(near) + 1
                changed.append(row)
    Heard.objects.bulk_update(changed, ["before", "was_open", "times"], batch_size=500)


def _is_over(closed_at: dt.datetime | None, at: dt.datetime) -> bool:
    return closed_at is not None and closed_at <= at


def refresh_satisfaction(*, since: dt.datetime) -> int:
    """Keep what customers said when their tickets were over, of those closed since an instant; returns how many."""
    said = Ticket.objects.filter(closed_at__gte=since).exclude(satisfaction="").values_list("pk", "satisfaction")
    return sum(
        Heard.objects.filter(ticket=number, satisfaction="")
        .exclude(source="reminder")
        .update(satisfaction=satisfaction)
        for number, satisfaction in said
    )


def close_cases() -> int:
    """Let the cases whose ticket is over be over as well; what comes later opens another. Returns how many."""
    over = Ticket.objects.filter(pk__in=RadarCase.objects.filter(is_open=True).values("ticket")).exclude(closed_at=None)
    closed: int = RadarCase.objects.filter(is_open=True, ticket__in=over.values("pk")).update(is_open=False)
    return closed


def open_case(
    *,
    actor: Actor,
    finding: AreaFinding,
    home: Home,
    class_code: str,
    form: Mapping[str, object],
    now: dt.datetime,
) -> RadarCase:
    """Open the case of an area with its ticket; where one is open, add who is new to it.

    Args:
        actor: on whose behalf: somebody who may take tickets down.
        finding: what was found, with what is behind it.
        home: the area.
        class_code: class of the ticket.
        form: what the process of the class asks for at its start.
        now: the instant, with its zone.

    Raises:
        RightMissing: he may not.
        ClassUnknown, TicketSettingsInvalid, FormRefused: as `register_ticket` says.
    """
    actor.require(Right.REGISTER_TICKETS)
    try:
        with transaction.atomic():
            found = RadarCase.objects.select_for_update().filter(area_id=home.area_id, kind=finding.kind, is_open=True)
            case = found.first()
            if case is None:
                case = _begin(actor, finding, home, class_code, form, now)
            _add(case, finding, actor=actor, now=now)
    except IntegrityError:
        # Two looks at once: the other one opened it and has the same members.
        case = RadarCase.objects.get(area_id=home.area_id, kind=finding.kind, is_open=True)
    return case


def _begin(
    actor: Actor, finding: AreaFinding, home: Home, code: str, form: Mapping[str, object], now: dt.datetime
) -> RadarCase:
    tested = finding.tested
    case: RadarCase = RadarCase.objects.create(
        kind=finding.kind,
        area_id=home.area_id,
        area_name=home.area_name,
        station_name=home.station_name,
        opened_at=now,
        last_at=now,
        count=tested.count,
        expected=tested.expected,
        chance=tested.chance,
        **{column: home.path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS},
    )
    row = register_ticket(
        actor=actor,
        matter=Matter(
            class_code=code,
            channel=Channel.RADAR,
            subject=text(f"radar.case.subject.{finding.kind}", area=home.area_name),
            words=text(f"radar.case.words.{finding.kind}", area=home.area_name, count=tested.count),
            place=home.area_name,
            area_id=home.area_id,
        ),
        path=home.path,
        names={"area_name": home.area_name, "station_name": home.station_name},
        data=form,
        now=now,
    )
    case.ticket = row.number
    case.save(update_fields=["ticket"])
    return case


def _add(case: RadarCase, finding: AreaFinding, *, actor: Actor, now: dt.datetime) -> None:
    known = set(case.members.values_list("pk", flat=True))
    new = [number for number in finding.members if number not in known]
    if not new or case.ticket is None:
        return
    case.members.add(*new)
    RadarCase.objects.filter(pk=case.pk).update(last_at=now)
    quoted = ", ".join(_quote(row) for row in Heard.objects.filter(pk__in=new).order_by("at", "pk"))
    comment(actor=actor, number=case.ticket, words=text("radar.case.added", count=len(new), numbers=quoted), now=now)


def _quote(row: Heard) -> str:
    if row.source == "chat":
        return text("radar.quoted.chat", number=row.number)
    named = Ticket.objects.filter(pk=row.ticket).values_list("ticket_no", flat=True).first() if row.ticket else None
    return str(named) if named else text(f"radar.quoted.{row.source}", number=row.number)
