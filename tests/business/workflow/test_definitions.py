"""Files of others: what is hostile or cannot be walked is refused, each with its own sentence, all faults at once."""

import re
from itertools import pairwise

import pytest

from lamplighter.base.messages import speaking
from lamplighter.business.workflow.definitions.faults import DefinitionRefused
from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.engine import _specification
from tests.business.workflow.drawing import HEAD, deadline, drawn, field, flows, read, task, timer

STRAIGHT = flows("s > a", "a > e")
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><d>&c;</d>'
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'


def faults_of(content):
    with pytest.raises(DefinitionRefused) as refused:
        read_process(content, file="p.bpmn")
    return {(fault.element, fault.code) for fault in refused.value.faults}


def sentence_of(content):
    with speaking("en"), pytest.raises(DefinitionRefused) as refused:
        read_process(content, file="p.bpmn")
    assert len(refused.value.faults) == 1, str(refused.value)
    return refused.value.faults[0].sentence("en")


OUTCOME = field("outcome", "choice", "A", "B")


def choosing(*arrows, declared=OUTCOME, default=""):
    """A task whose form an exclusive gateway looks at."""
    return drawn(
        task("a", declared),
        f'<exclusiveGateway id="g"{default}/>',
        task("b"),
        task("c"),
        flows("s > a", "a > g", *arrows, "b > e", "c > e"),
    )


class TestHostileFiles:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (drawn('<scriptTask id="a"><script>import os</script></scriptTask>', STRAIGHT), "Script tasks are not"),
            (BOMB.encode(), "document type"),
            (OUTSIDE.encode(), "document type"),
            (b"<a" * 10, "not well-formed"),
            (b"x" * 1_000_001, "1,000,001 bytes"),
            (b"<a>" * 40 + b"</a>" * 40, "nested deeper than 24"),
            (b"<a>" + b"<b/>" * 20_001 + b"</a>", "more than 20,000 elements"),
            (b"<html/>", "its root is html"),
            (b'<?xml version="1.0" encoding="no-such"?><a/>', "not written in UTF-8"),
            (b'<?xml version="1.0" encoding="utf-7"?><a/>', "not written in UTF-8"),
            (drawn(task("a"), STRAIGHT).decode().encode("utf-16"), "not written in UTF-8"),
            ('<?xml version="1.0"?><a name="\u6821\u8868"/>'.encode("gb18030"), "not written in UTF-8"),
            (b"PK\x03\x04" + b"\0" * 40, "The file is an archive"),
            (b"\x1f\x8b" + b"\0" * 40, "The file is an archive"),
            (b"", "not well-formed"),
        ],
    )
    def test_are_refused_with_their_own_sentence(self, content, expected):
        assert expected in sentence_of(content)

    @pytest.mark.parametrize(
        "condition",
        [
            "__import__('os').system('true')",
            "().__class__.__bases__",
            "open('/etc/passwd').read() == ''",
            "exec('x')",
            "${facade.run()}",
        ],
    )
    def test_cannot_bring_code_in_a_condition(self, condition):
        escaped = condition.replace("<", "&lt;")

        assert ("g_b", "expression_bad") in faults_of(choosing(f"g > b if {escaped}", 'g > c if outcome = "B"'))

    @pytest.mark.parametrize(
        ("part", "code"),
        [
            ('<callActivity id="a" calledElement="q"/>', "element_not_allowed"),
            ('<sendTask id="a"/>', "element_not_allowed"),
            ('<subProcess id="a"/>', "element_not_allowed"),
            ('<dataStoreReference id="a"/>', "element_not_allowed"),
            ('<include xmlns="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>', "foreign_element"),
            ('<userTask id="a" xmlns:c="urn:camunda" c:assignee="${run()}" lamp:roles="clerk"/>', "foreign_attribute"),
            ('<serviceTask id="a" lamp:service="x" operationRef="http"/>', "calls_outside"),
            ('<userTask id="a" lamp:roles="clerk" lamp:expression="1"/>', "attribute_unknown"),
            (
                '<userTask id="a" lamp:roles="clerk"><extensionElements>'
                '<c:executionListener xmlns:c="urn:camunda" expression="${run()}"/></extensionElements></userTask>',
                "foreign_element",
            ),
            (
                '<userTask id="a" lamp:roles="clerk"><extensionElements><z:taskDefinition '
                'xmlns:z="http://camunda.org/schema/zeebe/1.0" type="pay"/></extensionElements></userTask>',
                "foreign_element",
            ),
            (
                '<serviceTask id="a" xmlns:f="http://flowable.org/bpmn" f:class="java.lang.Runtime"/>',
                "foreign_attribute",
            ),
            ('<serviceTask id="a" xmlns:f="http://flowable.org/bpmn" f:expression="${x.y()}"/>', "foreign_attribute"),
            ('<inclusiveGateway id="a"/>', "element_not_allowed"),
            ('<eventBasedGateway id="a"/>', "element_not_allowed"),
            ('<transaction id="a"/>', "element_not_allowed"),
            ('<adHocSubProcess id="a"/>', "element_not_allowed"),
            ('<intermediateCatchEvent id="a"><signalEventDefinition/></intermediateCatchEvent>', "element_not_allowed"),
            ('<endEvent id="a"><terminateEventDefinition/></endEvent>', "element_not_allowed"),
            ('<startEvent id="a"><timerEventDefinition/></startEvent>', "element_not_allowed"),
            (
                '<userTask id="a" lamp:roles="clerk"><multiInstanceLoopCharacteristics/></userTask>',
                "element_not_allowed",
            ),
        ],
    )
    def test_cannot_bring_what_other_engines_would_run(self, part, code):
        assert code in {found for _, found in faults_of(drawn(part, STRAIGHT))}

    def test_name_only_services_of_the_registry(self):
        service = '<serviceTask id="a" lamp:service="drop_tables"/>'

        assert "“drop_tables” is not in the registry" in sentence_of(drawn(service, STRAIGHT))

    def test_of_more_than_400_steps_are_refused(self):
        tasks = [f"t{number}" for number in range(399)]
        chain = ["s", *tasks, "e"]
        arrows = flows(*(f"{one} > {other}" for one, other in pairwise(chain)))

        assert "401 steps" in sentence_of(drawn(*map(task, tasks), arrows))

    def test_leave_no_text_for_the_engine_to_take_for_code(self):
        definition = read_process(choosing('g > b if outcome = "A"', 'g > c if outcome = "B"'), file="p.bpmn")

        assert b"outcome" not in definition.engine_source
        assert b">g_b</" in definition.engine_source
        assert set(_specification(definition.engine_source, "p").task_specs) >= {"s", "a", "g", "b", "c", "e"}


class TestFaults:
    def test_are_told_all_at_once_with_their_elements(self):
        content = drawn(
            '<scriptTask id="x"/>',
            task("a", field("n", "number") + deadline("5 days")),
            '<serviceTask id="y" lamp:service="none"/>',
            flows("s > a", "a > y", "y > nowhere"),
            more="",
        )

        assert faults_of(content) >= {
            ("x", "script"),
            ("a", "kind_unknown"),
            ("a", "duration_bad"),
            ("y", "service_unknown"),
            ("y_nowhere", "flow_into_nothing"),
            ("p", "role_missing"),
        }

    def test_are_counted_and_say_what_next_in_both_languages(self):
        content = drawn(task("a", roles=""), "<foo/>", STRAIGHT)
        with speaking("zh"), pytest.raises(DefinitionRefused, match=r"p\.bpmn 不能使用：共 2 处错误"):
            read_process(content, file="p.bpmn")
        with speaking("en"), pytest.raises(DefinitionRefused) as refused:
            read_process(content, file="p.bpmn")

        assert re.search(r"2 faults\..*workflow check p\.bpmn", str(refused.value))
        assert "a: Nobody may do this" in str(refused.value)


class TestStructure:
    @pytest.mark.parametrize(
        ("parts", "fault"),
        [
            ((task("a"), task("a"), STRAIGHT), ("a", "id_twice")),
            ((task("a"), flows("s > a")), ("a", "goes_nowhere")),
            ((task("a"), task("b"), flows("s > a", "a > e", "b > e")), ("b", "never_reached")),
            ((task("a"), task("b"), flows("s > a", "a > b", "a > e", "b > e")), ("a", "many_out")),
            ((task("a"), '<startEvent id="s2"/>', flows("s > a", "s2 > a", "a > e")), ("", "start_twice")),
            ((task("a"), flows("s > a", "a > e", "e > a")), ("e", "end_goes_on")),
            ((task("a"), flows("s > a", "a > s", "a > e")), ("s", "entered_from_within")),
            ((task("Start"), flows("s > Start", "Start > e")), ("Start", "id_bad")),
            ((task("a b"), flows("s > a b", "a b > e")), ("a b", "id_bad")),
            ((task("../a"), flows("s > ../a", "../a > e")), ("../a", "id_bad")),
            ((task("a" * 81), flows(f"s > {'a' * 81}", f"{'a' * 81} > e")), ("a" * 81, "id_bad")),
            ((task("\u529e"), flows("s > \u529e", "\u529e > e")), ("\u529e", "id_bad")),
            ((task("a"), flows("s > a if true", "a > e")), ("s_a", "condition_misplaced")),
            ((timer("t", "P3D", on="e"), task("a"), flows("s > a", "a > e", "t > e")), ("t", "boundary_misplaced")),
        ],
    )
    def test_must_lead_from_one_start_to_an_end(self, parts, fault):
        assert fault in faults_of(drawn(*parts))

    def test_must_have_a_start(self):
        content = drawn(task("a"), flows("a > e")).replace(b'<startEvent id="s"/>', b"")

        assert ("", "start_missing") in faults_of(content)

    def test_must_have_an_end(self):
        content = drawn(task("a"), flows("s > a", "a > a")).replace(b'<endEvent id="e"/>', b"")

        assert ("", "end_missing") in faults_of(content)

    def test_must_not_go_round_without_waiting(self):
        content = drawn(
            task("a", field("again", "boolean")),
            '<exclusiveGateway id="g"/><intermediateThrowEvent id="m"/>',
            flows("s > a", "a > g", "g > m if again", "g > e if not(again)", "m > g"),
        )

        assert {code for _, code in faults_of(content)} == {"cycle_without_wait"}

    def test_must_have_a_way_out_of_a_round(self):
        content = drawn(task("a"), task("b"), flows("s > a", "a > b", "b > a")).replace(b'<endEvent id="e"/>', b"")

        assert ("", "end_missing") in faults_of(content)
        loop = drawn(
            task("a", field("again", "boolean")),
            '<exclusiveGateway id="g"/>',
            flows("s > a", "a > g", "g > a if again or not(again)", "g > e if again and not(again)"),
        )
        assert faults_of(loop) == {("g_e", "way_never_taken")}

    def test_may_go_round_through_a_task(self):
        content = drawn(
            task("a", field("again", "boolean")),
            '<exclusiveGateway id="g"/>',
            flows("s > a", "a > g", "g > a if again", "g > e if not(again)"),
        )

        assert read_process(content, file="p.bpmn").name == "p"

    def test_must_not_join_what_was_never_split(self):
        content = drawn(
            task("a", field("outcome", "choice", "A", "B")),
            '<exclusiveGateway id="g"/><parallelGateway id="j"/>',
            task("b"),
            task("c"),
            flows("s > a", "a > g", 'g > b if outcome = "A"', 'g > c if outcome = "B"', "b > j", "c > j", "j > e"),
        )

        assert faults_of(content) == {("j", "stuck")}

    def test_must_not_do_twice_what_was_split(self):
        content = drawn(
            '<parallelGateway id="g"/>',
            task("a"),
            task("b"),
            task("c"),
            flows("s > g", "g > a", "g > b", "a > c", "b > c", "c > e"),
        )

        assert faults_of(content) == {("c", "twice_at_once")}

    def test_must_not_stand_in_too_many_places_at_once(self):
        tasks = [f"t{number}" for number in range(16)]
        content = drawn(
            '<parallelGateway id="g"/><parallelGateway id="j"/>',
            *map(task, tasks),
            flows("s > g", "j > e", *(f"g > {name}" for name in tasks), *(f"{name} > j" for name in tasks)),
        )

        assert faults_of(content) == {("", "too_many_ways")}


class TestChoices:
    @pytest.mark.parametrize(
        ("arrows", "default", "fault"),
        [
            (('g > b if outcome = "A"', 'g > c if outcome = "A"'), "", ("g", "choice_with_two_ways")),
            (('g > b if outcome = "A"', 'g > c if outcome in ("A", "B")'), "", ("g", "choice_with_two_ways")),
            (('g > b if outcome = "A"', "g > c"), "", ("g_c", "condition_missing")),
            (('g > b if outcome = "A"', "g > c if n > 1"), "", ("g", "default_missing")),
            (('g > b if outcome = "C"', 'g > c if outcome = "B"'), "", ("g_b", "option_unknown")),
            (('g > b if outcom = "A"', 'g > c if outcome = "B"'), "", ("g_b", "name_unknown")),
        ],
    )
    def test_have_exactly_one_way_for_every_case(self, arrows, default, fault):
        declared = field("outcome", "choice", "A", "B") + field("n", "integer")

        assert fault in faults_of(choosing(*arrows, declared=declared, default=default))

    def test_may_leave_the_rest_to_a_default(self):
        content = choosing('g > b if outcome = "A"', "g > c", default=' default="g_c"')

        assert [flow.is_default for flow in read_process(content, file="p.bpmn").flows if flow.source == "g"] == [
            False,
            True,
        ]

    def test_say_for_which_case_there_is_no_way(self):
        with speaking("en"):
            assert "For outcome = B no arrow" in sentence_of(choosing('g > b if outcome = "A"', "g > c if false"))


class TestDeadlines:
    def test_need_source_and_grade(self):
        bare = '<lamp:deadline duration="P5WD" validFrom="2024-06-01"/>'

        assert ("a", "source_missing") in faults_of(drawn(task("a", bare), STRAIGHT))

    def test_are_kept_by_the_day_from_which_they_hold(self):
        both = deadline("P3WD", valid_from="2024-06-01") + deadline("P5WD", valid_from="1996-10-08")
        definition = read(task("a", both), STRAIGHT)

        assert [each.duration.amount for each in definition.tasks["a"].deadlines] == [5, 3]

    @pytest.mark.parametrize(
        "duration", ["PT0M", "P0D", "-P1D", "P99999D", "R/PT1S", "P1Y", "2026-01-01T00:00:00Z", ""]
    )
    def test_never_fire_at_once_nor_never(self, duration):
        assert ("t", "duration_bad") in faults_of(drawn(timer("t", duration), flows("s > t", "t > e")))

    @pytest.mark.parametrize("duration", ["P3651D", "P9999WD", "PT99999H"])
    def test_are_no_longer_than_ten_years(self, duration):
        assert ("t", "duration_too_long") in faults_of(drawn(timer("t", duration), flows("s > t", "t > e")))

    def test_of_a_timer_agree_with_what_is_drawn(self):
        wrong = timer("t", "P3D").replace("<timeDuration>P3D", "<timeDuration>P7D")

        assert ("t", "timer_differs") in faults_of(drawn(wrong, flows("s > t", "t > e")))


class TestDeclarations:
    def test_of_one_name_agree_everywhere(self):
        content = drawn(
            task("a", field("x", "integer")), task("b", field("x", "date")), flows("s > a", "a > b", "b > e")
        )

        assert faults_of(content) == {("b", "declared_otherwise")}

    def test_of_duties_that_are_kept_apart_exist(self):
        apart = '<lamp:separation duties="finder calculator" source="test" evidence="R"/>'
        content = drawn(
            f"<extensionElements>{apart}</extensionElements>", task("a", more='lamp:duty="finder"'), STRAIGHT
        )

        assert faults_of(content) == {("p", "duty_unknown")}

    def test_carry_a_version(self):
        assert faults_of(drawn(task("a"), STRAIGHT, version=0)) == {("p", "version_missing")}


class TestOneFile:
    def test_holds_one_process(self):
        two = f'{HEAD}<process id="p"/><process id="q"/></definitions>'.encode()

        assert faults_of(two) == {("", "one_process")}
