"""Whoever says a figure the company approved is judged by it from its day on, and by the one before until then."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lamplighter.base.security.actor import Actor, Role
from lamplighter.base.security.models import Unit
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.operations import take_contact
from lamplighter.business.service_desk.contacts.records import Occasion
from lamplighter.business.service_desk.knowledge.changes import Change, ChangeKind, read_figures
from lamplighter.business.service_desk.knowledge.graph import packaged_edges
from lamplighter.business.service_desk.knowledge.operations import decide_change, propose_change
from lamplighter.business.service_desk.quality.tickets import score_ticket
from lamplighter.doors.cli import service_desk
from lamplighter.doors.cli.commands import run
from tests.business.service_desk.contacts.conftest import NOW, document
from tests.business.service_desk.test_ticket_scores import ticket

pytestmark = pytest.mark.django_db

A_DAY = dt.timedelta(days=1)
EDGE = "arrears_reconnect.limit"
"""Supply is back within 24 hours of payment, as the package has it."""


def says(hours: int) -> tuple[tuple[str, str], ...]:
    return (
        ("agent", "您好，供电公司，工号1023，请讲。"),
        ("customer", "欠费停的电，交了多久能来"),
        ("agent", f"您交清后{hours}小时内恢复供电。感谢您的来电，再见。"),
    )


@pytest.fixture
def company_promises_12_hours(supervisor: Actor, make_actor: Callable[..., Actor]) -> None:
    """From the day of NOW on, by an order of the company; proposed by one, approved by another."""
    Unit.objects.filter(pk="P").update(parent_id="")
    old = next(edge for edge in packaged_edges() if edge.id == EDGE)
    figures = [f"{each.name} = 12 小时" for each in old.values]
    order = "公司复电提速通知（2026）"
    edge = replace(
        old, values=read_figures("\n".join(figures), clause=order, grade="P"), clause=order, source=order, grade="P"
    )
    change = Change(ChangeKind.CHANGED, edge, NOW.date())
    number, _ = propose_change(actor=supervisor, change=change, reason="提速", now=NOW - A_DAY)
    boss = make_actor("chief", Role.MANAGER, "P")
    decide_change(actor=boss, number=number, is_approved=True, reason="已核对", now=NOW - A_DAY)


@pytest.mark.usefixtures("company_promises_12_hours")
class TestAFigureTheCompanyApproved:
    @pytest.mark.parametrize(
        ("on", "hours", "lost"),
        [
            (NOW - A_DAY, 24, []),
            (NOW - A_DAY, 12, ["business.wrong_rule"]),
            (NOW + A_DAY, 12, []),
            (NOW + A_DAY, 24, ["business.wrong_rule"]),
        ],
    )
    def test_is_the_truth_of_contacts_of_its_day_and_after(
        self, take: Callable[..., Contact], agent: Actor, on: dt.datetime, hours: int, lost: list[str]
    ) -> None:
        contact = take(agent, "c-1", says(hours), at=on)

        assert list(contact.deductions.values_list("item", flat=True)) == lost

    @pytest.mark.parametrize(
        ("replied", "hours", "lost"),
        [
            (NOW - A_DAY, 12, ["ticket_reply.unsupported"]),
            (NOW + A_DAY, 12, []),
        ],
    )
    def test_supports_the_reply_of_a_ticket_written_since(
        self, replied: dt.datetime, hours: int, lost: list[str], units: None
    ) -> None:
        reply = f"已为您复电，今后交清电费后{hours}小时内恢复供电，请放心使用"
        record = ticket(reply_text=reply)
        path = Unit.objects.get(pk="S1").path
        # It was taken down ten days before the reply: what counts is the day of the reply.
        occasion = Occasion(
            record.dialogue, None, path, NOW - 10 * A_DAY,
            judge=lambda known: score_ticket(record, known=known), said_at=replied,
        )  # fmt: skip

        take_contact(occasion, now=NOW + A_DAY)

        items = Contact.objects.get(contact_no="ticket-1").deductions.values_list("item", flat=True)
        assert list(items) == lost

    def test_is_what_a_file_is_scored_by_in_a_home_with_a_desk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines: list[dict[str, Any]] = [
            document("before", says(12), at=(NOW - A_DAY).isoformat()),
            document("since", says(12), at=(NOW + A_DAY).isoformat()),
        ]
        file = tmp_path / "talks.jsonl"
        file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
        monkeypatch.setattr(service_desk.starting, "is_desk_there", lambda home: True)
        monkeypatch.setattr(service_desk.starting, "start_django", lambda home: None)
        monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path))

        run(["service_desk", "score", str(file), "--json"])

        found = capsys.readouterr().out.splitlines()
        items = {row["id"]: [lost["item"] for lost in row["deductions"]] for row in map(json.loads, found)}
        assert items == {"before": ["business.wrong_rule"], "since": []}
