"""Two versions side by side: what is different, in sentences."""

from pathlib import Path

import pytest

from lamplighter.base.messages import speaking
from lamplighter.business.workflow.comparing import compare_decisions, compare_processes
from lamplighter.business.workflow.definitions.decision_file import read_decision
from lamplighter.business.workflow.definitions.library import packaged_file, packaged_library
from lamplighter.business.workflow.definitions.process_file import read_process
from tests.business.workflow.drawing import deadline, field, flows, read, task, timer

CHOICE = field("outcome", "choice", "A", "B")
BEFORE = (
    task("a", CHOICE + deadline("P5WD")),
    '<exclusiveGateway id="g"/>',
    task("b"),
    flows("s > a", "a > g", 'g > b if outcome = "A"', 'g > e if outcome = "B"', "b > e"),
)


def told(*after: str, before: tuple[str, ...] = BEFORE, **more: object) -> list[str]:
    with speaking("en"):
        return [each.sentence() for each in compare_processes(read(*before), read(*after, **more))]


class TestSameProcess:
    def test_has_no_differences(self):
        assert told(*BEFORE) == []

    def test_may_be_drawn_in_another_order(self):
        assert told(*reversed(BEFORE)) == []


class TestChangedProcess:
    def test_names_steps_that_came_and_went_with_their_ways(self):
        after = (
            BEFORE[0],
            BEFORE[1],
            task("look", roles="manager"),
            flows("s > a", "a > g", 'g > look if outcome = "A"', 'g > e if outcome = "B"', "look > e"),
        )

        assert told(*after) == [
            "Gone: task “b”",
            "New: task “look”, done by county manager",
            "No way any more: “g” → “b”",
            "No way any more: “b” → “e”",
            'New way: “g” → “look” (if outcome = "A")',
            "New way: “look” → “e” (always)",
        ]

    def test_names_a_deadline_before_and_after_with_its_source(self):
        after = (task("a", CHOICE + deadline("P3WD")), *BEFORE[1:])

        assert told(*after) == [
            "Deadline of “a”: 3 working days (from 2020-01-01, test, R) "
            "instead of 5 working days (from 2020-01-01, test, R)"
        ]

    def test_names_a_condition_before_and_after(self):
        after = (*BEFORE[:3], BEFORE[3].replace('outcome = "A"', 'outcome in ("A")'))

        assert told(*after) == ['“g” → “b”: if outcome in ("A") instead of if outcome = "A"']

    def test_names_roles_forms_and_requirements(self):
        extra = '<lamp:require that="n &gt; 3" label="x" en="more than three"/>' + field("n", "integer")
        after = (task("a", CHOICE + deadline("P5WD") + extra, roles="manager"), *BEFORE[1:])

        assert told(*after) == [
            "“a” is done by county manager instead of clerk",
            "The form of “a” also asks for “n” (required)",
            "“a” also requires: more than three",
        ]

    def test_names_an_event_that_hangs_elsewhere(self):
        host = (task("a"), task("b"), flows("s > a", "a > b", "b > e", "t > e"))

        assert told(timer("t", "P3D", on="b"), *host, before=(timer("t", "P3D", on="a"), *host)) == [
            "“t” hangs on b instead of a, or ends it otherwise"
        ]


class TestFileOfAnEditor:
    """Opened in bpmn-js 18, a task drawn before the reply, another renamed, saved."""

    CONTENT = Path(__file__).with_name("enquiry_changed_in_an_editor.bpmn").read_bytes()

    def test_differs_in_what_was_changed_and_in_nothing_else(self):
        found = read_process(self.CONTENT, file="enquiry.bpmn")

        with speaking("zh"):
            said = [each.sentence() for each in compare_processes(packaged_library().latest("ticket_enquiry"), found)]

        assert said == [
            "“查询”改名为“查询与核实”",
            "新增人工任务“复核答复”，由以下岗位办理：客户服务人员",
            "取消走法：“派对了吗？”→“答复客户”",
            "新增走法：“派对了吗？”→“复核答复”（其他情形）",
            "新增走法：“复核答复”→“答复客户”（总是）",
        ]

    def test_says_a_name_changed_in_one_language_in_that_language(self):
        found = read_process(self.CONTENT, file="enquiry.bpmn")

        with speaking("en"):
            first = compare_processes(packaged_library().latest("ticket_enquiry"), found)[0].sentence()

        assert first == "“查询” is called “查询与核实”"


class TestChangedTable:
    @pytest.fixture
    def table(self):
        asked = packaged_library().latest("inspection_case").decisions["approval_level"]
        return packaged_file(asked.digest)

    def test_names_the_rows_that_came_and_went(self, table):
        before = read_decision(table, file="t.dmn")
        after = read_decision(table.replace(b"&gt; 100000", b"&gt; 200000"), file="t.dmn")

        with speaking("en"):
            said = [each.sentence() for each in compare_decisions(before, after)]

        assert said == [
            'Gone row: total_yuan: > 100000 → approval_level: "CITY"',
            'New row: total_yuan: > 200000 → approval_level: "CITY"',
        ]
