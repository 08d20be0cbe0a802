"""The map of a process as it was lived, from logs a person can add up."""

import datetime as dt
import json
from xml.etree import ElementTree

import pytest

from lamplighter.business.workflow.mining.discovery import BEGIN, END, discover_map
from lamplighter.business.workflow.mining.exchange import ocel_content, write_xes
from lamplighter.business.workflow.mining.reading import read_trace
from lamplighter.business.workflow.mining.records import Done, Trace
from tests.business.workflow.drawing import AROUND, MONDAY
from tests.business.workflow.test_service_processes import Walk


def at(hour):
    return MONDAY + dt.timedelta(hours=hour)


def trace(name, *steps, is_finished=True):
    """A matter from hour 0: each step an activity, who did it, and the hour it was done in."""
    found, before = [], 0.0
    for activity, by, hour in steps:
        found.append(Done(activity, "service_agent", by, at(before), at(hour)))
        before = hour
    return Trace(name, "ticket", at(0), tuple(found), is_finished)


STRAIGHT = trace("1", ("dispatch", "li", 1), ("handle", "zhou", 5), ("reply", "li", 6))
TWICE = trace(
    "2", ("dispatch", "li", 1), ("handle", "zhou", 3), ("reply", "li", 4), ("handle", "zhou", 9), ("reply", "li", 10)
)
OPEN = trace("3", ("dispatch", "li", 50), is_finished=False)


class TestMap:
    def test_counts_ended_matters_only(self):
        found = discover_map([STRAIGHT, TWICE, OPEN])

        assert (found.matters, found.running) == (2, 1)
        assert found.median_hours == 8.0  # six and ten

    def test_ranks_what_takes_most_hours_first(self):
        # Handling: 4 + 2 + 5 = 11 h; dispatch 1 + 1 = 2; reply 1 + 1 + 1 = 3; 16 in all.
        found = discover_map([STRAIGHT, TWICE])

        assert [(each.activity, each.total_hours) for each in found.activities] == [
            ("handle", 11.0),
            ("reply", 3.0),
            ("dispatch", 2.0),
        ]
        assert found.activities[0].share == pytest.approx(11 / 16)

    def test_sees_what_was_done_again(self):
        found = discover_map([STRAIGHT, TWICE])

        assert found.rework_share == 0.5
        assert {each.activity: each.repeated for each in found.activities} == {"handle": 1, "reply": 1, "dispatch": 0}

    def test_tells_the_ways_apart(self):
        found = discover_map([STRAIGHT, STRAIGHT, TWICE])

        assert [(len(each.way), each.count, each.median_hours) for each in found.variants] == [
            (3, 2, 6.0),
            (5, 1, 10.0),
        ]

    def test_follows_who_hands_over_to_whom(self):
        found = {(arc.before, arc.after): arc for arc in discover_map([STRAIGHT, TWICE]).arcs}

        assert found["handle", "reply"].count == 3
        assert found["handle", "reply"].handed_over == 3
        assert found[BEGIN, "dispatch"].count == found["reply", END].count == 2

    def test_says_nothing_of_an_empty_log(self):
        found = discover_map([OPEN])

        assert (found.matters, found.activities, found.variants) == (0, (), ())


class TestReading:
    def test_reads_a_real_instance_step_by_step(self):
        walk = Walk("ticket_complaint").does("dispatch").waits(hours=25).does("contact").waits(hours=1)
        walk.does("handle").does("reply").does("revisit")

        found = read_trace(walk.events, walk.definition, case_id="T-1", is_finished=True, calendar=AROUND.calendar)

        assert found.way == ("dispatch", "contact", "handle", "reply", "revisit")
        assert [step.hours for step in found.steps] == [0.0, 25.0, 1.0, 0.0, 0.0]
        # Contact is due within 24 hours.
        assert [step.is_late for step in found.steps] == [False, True, False, False, False]


class TestExchange:
    def test_xes_has_a_start_and_an_end_of_each_step(self):
        root = ElementTree.fromstring(write_xes([STRAIGHT, TWICE], labels={"handle": "处理"}))
        space = "{http://www.xes-standard.org/}"
        events = root.findall(f"{space}trace/{space}event")

        assert len(events) == 2 * (3 + 5)
        names = [each.get("value") for each in events[2] if each.get("key") == "concept:name"]
        assert names == ["处理"]

    def test_ocel_relates_each_step_to_its_matter_and_person(self):
        content = ocel_content([STRAIGHT], labels={})

        assert [event["type"] for event in content["events"]] == ["dispatch", "handle", "reply"]
        assert content["events"][1]["relationships"] == [
            {"objectId": "1", "qualifier": "matter"},
            {"objectId": "person-zhou", "qualifier": "done by"},
        ]
        assert json.loads(json.dumps(content)) == content
