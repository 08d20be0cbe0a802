"""A file of contacts: every line is taken, known, or refused with its number and why."""

import json
from pathlib import Path
from typing import Any

import pytest

from lamplighter.base.messages import speaking
from lamplighter.base.security.actor import Actor
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.service_desk.contacts.intake import take_file
from lamplighter.business.service_desk.contacts.models import Contact
from tests.business.service_desk.contacts.conftest import NOW, RUDE, document

pytestmark = pytest.mark.django_db

AT = "2026-03-02T10:00:00+08:00"


def write(path: Path, *lines: Any) -> Path:
    rows = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


class TestAFile:
    def test_is_taken_once(self, agent: Actor, tmp_path: Path) -> None:
        file = write(
            tmp_path / "day.jsonl",
            document("c-1", RUDE, at=AT, agent="li"),
            document("c-2", at=AT, unit="S2", channel="web"),
        )

        first, second = take_file(file, now=NOW), take_file(file, now=NOW)

        assert (first.read, first.taken, first.known, first.refused) == (2, 2, 0, ())
        assert (second.read, second.taken, second.known, second.refused) == (2, 0, 2, ())
        kept = Contact.objects.order_by("pk").values_list("contact_no", "agent_name", "station_id", "channel", "total")
        assert list(kept) == [("c-1", "li", "S1", "call", 88.0), ("c-2", "", "S2", "chat", 100.0)]
        assert json.loads(Entry.objects.latest("number").after)["known"] == 2

    def test_names_each_line_that_is_not_taken(self, agent: Actor, tmp_path: Path) -> None:
        take_file(write(tmp_path / "a.jsonl", document("c-0", at=AT, agent="li")), now=NOW)
        file = write(
            tmp_path / "b.jsonl",
            "{",
            document("c-1", agent="li"),
            document("c-2", at=AT, agent="nobody"),
            document("c-3", at=AT, unit="X"),
            document("c-4", at=AT),
            "",
            document("c-5", (), at=AT, agent="li"),
            document("c-6", at="2026-03-03T10:00:00+08:00", agent="li"),
            document("c-0", RUDE, at=AT, agent="li"),
            document("c-7", at="2026-03-02T10:00:00", agent="li"),
            document("c-8", at=AT, agent="li"),
        )

        with speaking("en"):
            found = take_file(file, now=NOW)

        assert (found.read, found.taken, found.known, len(found.refused)) == (10, 1, 0, 9)
        assert [(bad.number, bad.contact_no) for bad in found.refused] == [
            (1, ""),
            (2, ""),
            (3, "c-2"),
            (4, "c-3"),
            (5, "c-4"),
            (7, "c-5"),
            (8, "c-6"),
            (9, "c-0"),
            (10, ""),
        ]
        assert [bad.why for bad in found.refused[1:8]] == [
            "at: Field required",
            "no account nobody",
            "no unit X",
            "neither agent nor unit",
            "nothing was said",
            "begun in the future",
            "another contact of this number is on record and stays",
        ]
