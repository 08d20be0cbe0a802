"""A version tried out: which ends are come to, and what nobody could pass."""

import pytest

from lamplighter.business.workflow.definitions.library import packaged_library
from lamplighter.business.workflow.rehearsing import rehearse
from tests.business.workflow.drawing import MONDAY, Weekdays, field, flows, read, task, timer


def tried(definition):
    return rehearse(definition, calendar=Weekdays(), now=MONDAY)


class TestRehearsal:
    @pytest.mark.parametrize("name", packaged_library().names())
    def test_of_each_packaged_process_comes_to_every_step_and_end(self, name):
        found = tried(packaged_library().latest(name))

        assert (found.missed_ends, found.missed_steps, dict(found.unfinished)) == ((), (), {})

    def test_tells_each_end_with_its_shortest_way(self):
        definition = read(
            task("a", field("outcome", "choice", "A", "B")),
            '<exclusiveGateway id="g"/><endEvent id="e2"/>',
            task("b"),
            flows("s > a", "a > g", 'g > b if outcome = "A"', 'g > e if outcome = "B"', "b > e2"),
        )

        assert {end.element: end.way for end in tried(definition).ends} == {"e": ("a",), "e2": ("a", "b")}

    def test_fills_numbers_in_near_those_that_conditions_ask_about(self):
        definition = read(
            task("a", field("n", "integer")),
            '<exclusiveGateway id="g" default="g_e"/><endEvent id="e2"/>',
            flows("s > a", "a > g", "g > e2 if n = 4711", "g > e"),
        )

        assert tried(definition).missed_ends == ()

    def test_names_the_end_that_no_number_leads_to(self):
        definition = read(
            task("a", field("n", "integer")),
            '<exclusiveGateway id="g" default="g_e"/><endEvent id="e2"/>',
            task("b"),
            flows("s > a", "a > g", "g > b if n &gt; 5 and n &lt; 3", "g > e", "b > e2"),
        )

        found = tried(definition)

        assert (found.missed_ends, found.missed_steps) == (("e2",), ("b",))

    def test_names_a_task_whose_requirement_nobody_can_meet(self):
        never = '<lamp:require that="n &gt; 5 and n &lt; 3" label="x"/>'
        found = tried(read(task("a", field("n", "integer") + never), flows("s > a", "a > e")))

        assert found.missed_ends == ("e",)
        assert set(found.unfinished) == {"a"}

    def test_waits_until_timers_are_due(self):
        definition = read(
            task("a"), timer("t", "P30D", on="a"), task("late"), flows("s > a", "a > e", "t > late", "late > e")
        )

        assert tried(definition).missed_steps == ()

    def test_is_the_same_every_time(self):
        definition = packaged_library().latest("ticket_repair")

        assert tried(definition) == tried(definition)
