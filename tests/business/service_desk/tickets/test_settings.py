"""Classes and escalation as they hold on a day, with a company's own file over the package's."""

import datetime as dt
import os
from pathlib import Path

import pytest

from lamplighter.business.service_desk.tickets.settings import (
    ClassUnknown,
    TicketSettingsInvalid,
    escalation_rule,
    own_file,
    ticket_class,
    ticket_classes,
)
from lamplighter.business.workflow.definitions.library import packaged_library
from lamplighter.business.workflow.durations import read_duration

DAY = dt.date(2026, 3, 2)

COMPLAINT = """
[[class]]
code = "TK-1"
process = "ticket_complaint"
promise = "P3WD"
valid_from = 2026-01-01
source = "instruction 7 of the company"
evidence = "R"
"""

ESCALATION = """
[[escalation]]
valid_from = 2026-03-01
owner_share = 0.25
manager_share = 0.5
repeat_calls = 3
repeat_hours = 48
words = ["ombudsman"]
source = "instruction 8 of the company"
evidence = "R"
"""


@pytest.fixture
def own(home: Path) -> Path:
    file = own_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


class TestThePackagesOwn:
    def test_classes_take_a_process_that_is_there(self, home: Path) -> None:
        classes = ticket_classes(on=DAY)

        assert len(classes) == 16
        assert {of.process for of in classes.values()} <= set(packaged_library().names())

    def test_escalation_is_the_companys_to_confirm(self, home: Path) -> None:
        rule = escalation_rule(on=DAY)

        assert (rule.owner_share, rule.manager_share, rule.evidence) == (0.5, 0.8, "P")

    def test_an_unknown_class_is_refused_with_those_that_are_known(self, home: Path) -> None:
        with pytest.raises(ClassUnknown, match=r"TK-99.*TK-1, TK-2"):
            ticket_class("TK-99", on=DAY)


class TestACompanysFile:
    def test_gives_a_class_another_promise_from_its_first_day_on(self, own: Path) -> None:
        own.write_text(COMPLAINT, encoding="utf-8")

        assert ticket_class("TK-1", on=dt.date(2025, 12, 31)).promise == read_duration("P5WD")
        mine = ticket_class("TK-1", on=dt.date(2026, 1, 1))
        assert (mine.promise, mine.source) == (read_duration("P3WD"), "instruction 7 of the company")
        assert not mine.needs_confirmation
        assert ticket_class("TK-2", on=DAY).promise == read_duration("P10WD")

    def test_adds_a_class_of_its_own_on_a_drawn_process(self, own: Path) -> None:
        own.write_text(COMPLAINT.replace("TK-1", "DH-1"), encoding="utf-8")

        assert ticket_class("DH-1", on=DAY).process == "ticket_complaint"
        assert len(ticket_classes(on=DAY)) == 17
        assert "DH-1" not in ticket_classes(on=dt.date(2025, 12, 31))

    def test_moves_escalation(self, own: Path) -> None:
        own.write_text(ESCALATION, encoding="utf-8")

        assert escalation_rule(on=dt.date(2026, 2, 28)).owner_share == 0.5
        assert (escalation_rule(on=DAY).owner_share, escalation_rule(on=DAY).words) == (0.25, ("ombudsman",))

    def test_is_taken_up_without_a_restart_when_it_changes(self, own: Path) -> None:
        own.write_text(COMPLAINT, encoding="utf-8")
        assert ticket_class("TK-1", on=DAY).promise == read_duration("P3WD")

        own.write_text(COMPLAINT.replace("P3WD", "P2WD"), encoding="utf-8")
        os.utime(own, ns=(1, 1))

        assert ticket_class("TK-1", on=DAY).promise == read_duration("P2WD")

    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            (COMPLAINT.replace("P3WD", "three days"), "three days"),
            (COMPLAINT.replace("ticket_complaint", "nothing_drawn"), "nothing_drawn"),
            (COMPLAINT.replace("source", "sauce"), "sauce"),
            (COMPLAINT.replace('evidence = "R"', 'evidence = "sure"'), "sure"),
            (COMPLAINT.replace("2026-01-01", '"2026"'), "2026"),
            (COMPLAINT.replace('process = "ticket_complaint"\n', ""), "process"),
            (ESCALATION.replace("0.25", "0.75"), "0.75"),
            ("[[klass]]", "klass"),
            ("[[class", "array declaration"),
        ],
    )
    def test_is_refused_with_what_is_wrong_in_it(self, own: Path, content: str, fault: str) -> None:
        own.write_text(content, encoding="utf-8")

        with pytest.raises(TicketSettingsInvalid, match=fault) as refused:
            ticket_classes(on=DAY)
        assert refused.value.file == own
