"""Tickets of a small desk, written as rows: what became of each is what a test says."""

import datetime as dt
from typing import Any

from lamplighter.business.service_desk.tickets.models import Ticket

NOW = dt.datetime(2026, 4, 20, 4, tzinfo=dt.UTC)
MARCH = dt.date(2026, 3, 1)


def at(day: int, hour: int = 2, *, month: int = 3) -> dt.datetime:
    """Return an instant of 2026; two o'clock UTC is ten in China."""
    return dt.datetime(2026, month, day, hour, tzinfo=dt.UTC)


def put(number: int, class_code: str = "TK-4", station: str = "S1", **said: Any) -> Ticket:
    """Write a ticket that came in on 2 March and was answered and closed a day later, within its promise."""
    known: dict[str, Any] = {
        "ticket_no": f"GD-{number}",
        "class_code": class_code,
        "channel": "phone",
        "subject": "停电",
        "account_id": f"00{number}",
        "process": "ticket_enquiry",
        "process_version": 1,
        "instance": '{"data":{}}',
        "state": "CLOSED",
        "status": "finished",
        "registered_at": at(2),
        "promise_due_at": at(6),
        "replied_at": at(3),
        "closed_at": at(3),
        "handler": "李",
        "team": "一班",
        "province_id": "P",
        "city_id": "C",
        "county_id": "N",
        "station_id": station,
    }
    ticket: Ticket = Ticket.objects.create(**known | said)
    return ticket
