"""The inspection case as drawn: every path to its end, and what may not be done on the way."""

from importlib import resources

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnValidator

from lamplighter.base.messages import speaking
from lamplighter.business.workflow.definitions.library import PROCESSES
from lamplighter.business.workflow.forms import FormRefused
from lamplighter.business.workflow.instances import Status
from lamplighter.business.workflow.refusals import (
    DutiesNotSeparated,
    NotRunning,
    RequirementUnmet,
    RoleMissing,
    TaskNotOpen,
)
from lamplighter.business.workflow.replaying import replay
from tests.business.workflow.drawing import AROUND
from tests.business.workflow.inspection import DEFINITION, Case, found, noticed, reviewed

BEGIN = ["CLUE", "DESK_CHECK", "APPROVED", "ON_SITE"]
MONEY = [*BEGIN, "EVIDENCE_FIXED", "NOTICE_SERVED"]
REVIEWED = [*MONEY, "CALCULATED", "REVIEWED"]


def is_filed(case):
    """Filed, and the history alone leads to the same state."""
    assert case.instance.status is Status.FINISHED
    again = replay(definition=DEFINITION, instance_id="C-1", events=case.events, around=AROUND)
    return again == case.instance


class TestOutcomesThatClose:
    @pytest.mark.parametrize(
        ("outcome", "work"),
        [
            ("CLEAN", []),
            ("WRONG_ARCHIVE", ["correct_archive"]),
            ("VACANCY", ["handle_vacancy"]),
            ("SOLAR", ["register_solar"]),
            ("METERING_FAULT", ["repair_metering", "settle_fault", "review_fault", "book_settlement"]),
        ],
    )
    def test_do_their_own_work_and_are_filed(self, outcome, work):
        case = found(outcome).walks(*work, "archive")

        assert case.states == [*BEGIN, outcome, "ARCHIVED"]
        assert is_filed(case)

    def test_settle_a_metering_fault_without_any_penalty(self):
        case = found("METERING_FAULT").walks("repair_metering", "settle_fault", "review_fault", "book_settlement")

        assert "penalty_yuan" not in case.instance.data
        assert {field.name for field in DEFINITION.tasks["settle_fault"].fields} == {
            "fault_rule",
            "settlement_kwh",
            "settlement_yuan",
        }

    def test_calculate_a_settlement_again_that_is_returned(self):
        case = (
            found("METERING_FAULT").walks("repair_metering", "settle_fault").does("review_fault", fault_review="RETURN")
        )

        assert case.open == ["settle_fault"]
        assert is_filed(case.walks("settle_fault", "review_fault", "book_settlement", "archive"))

    def test_plan_anew_what_nobody_opened(self):
        case = found("NO_ACCESS")
        assert case.open == ["plan_visit"]

        case.walks("plan_visit").does("on_site", outcome="NO_ACCESS")
        case.walks("plan_visit").does("on_site", outcome="CLEAN").walks("archive")

        assert case.states == [*BEGIN, "NO_ACCESS", "ON_SITE", "NO_ACCESS", "ON_SITE", "CLEAN", "ARCHIVED"]
        assert is_filed(case)

    def test_need_no_visit_where_the_desk_explains_it(self):
        case = Case().does("desk_check", desk_decision="DISMISS").walks("archive")

        assert case.states == ["CLUE", "DESK_CHECK", "DISMISSED", "ARCHIVED"]

    def test_go_back_to_the_desk_when_the_visit_is_not_approved(self):
        case = Case().walks("desk_check").does("approve_visit", visit_decision="RETURN")

        assert case.open == ["desk_check"]
        assert "APPROVED" not in case.states


class TestTheftAndBreach:
    @pytest.mark.parametrize("outcome", ["THEFT", "BREACH"])
    def test_go_from_evidence_to_payment(self, outcome):
        case = noticed(outcome=outcome).walks("calculate", "review_county", "user_response", "decide_settlement")
        case.walks("record_payment", "archive")

        assert case.states == [*REVIEWED, "USER_CONFIRMED", "PAID", "ARCHIVED"]
        assert is_filed(case)

    @pytest.mark.parametrize(
        ("total", "reduced", "review"),
        [
            ("10000.00", False, "review_section"),
            ("11232.00", False, "review_county"),
            ("11232.00", True, "review_city"),
        ],
    )
    def test_are_reviewed_at_the_level_of_the_amount(self, total, reduced, review):
        reason = "first time, paid at once" if reduced else ""
        case = noticed().does("calculate", total_yuan=total, is_multiple_reduced=reduced, reduction_reason=reason)

        assert case.open == [review]
        assert case.walks(review).open == ["user_response"]

    def test_are_calculated_again_when_the_review_returns_them(self):
        case = noticed().walks("calculate").does("review_county", review_decision="RETURN")

        assert case.open == ["calculate"]
        assert case.walks("calculate", "review_county").states[-3:] == ["CALCULATED", "CALCULATED", "REVIEWED"]

    def test_may_be_paid_by_instalments(self):
        case = reviewed().walks("user_response").does("decide_settlement", payment_way="INSTALMENT")
        case.walks("agree_instalments", "record_last_instalment", "archive")

        assert case.states[-4:] == ["USER_CONFIRMED", "INSTALMENT", "PAID", "ARCHIVED"]
        assert is_filed(case)

    def test_may_be_referred_beside_the_payment(self):
        case = reviewed().walks("user_response").does("decide_settlement", is_referred=True)
        assert case.open == ["record_payment", "refer_case"]

        case.walks("refer_case", "record_payment")
        assert case.open == ["referral_answer"]

        assert case.walks("referral_answer", "archive").states[-4:] == [
            "USER_CONFIRMED",
            "REFERRED",
            "PAID",
            "ARCHIVED",
        ]
        assert is_filed(case)

    def test_may_be_referred_alone_when_the_user_refuses(self):
        case = reviewed().does("user_response", user_answer="REFUSED")
        case.does("decide_settlement", payment_way="NONE", is_referred=True)

        assert case.open == ["refer_case"]
        assert is_filed(case.walks("refer_case", "referral_answer", "archive"))


class TestObjection:
    def objected(self):
        return reviewed().does("user_response", user_answer="OBJECTED")

    def test_that_is_upheld_closes_without_money(self):
        case = self.objected().walks("decide_objection", "archive")

        assert case.states == [*REVIEWED, "OBJECTED", "UPHELD", "ARCHIVED"]
        assert "paid_yuan" not in case.instance.data
        assert is_filed(case)

    def test_that_recalculates_goes_back_to_review_at_the_new_level(self):
        case = self.objected().does("decide_objection", objection_result="RECALCULATE").walks("recalculate")

        assert case.states[-2:] == ["OBJECTED", "RECALCULATED"]
        assert case.open == ["review_section"]  # 9,000 yuan now
        case.walks("review_section", "user_response", "decide_settlement", "record_payment", "archive")
        assert is_filed(case)

    def test_that_is_withdrawn_goes_on_to_payment(self):
        case = self.objected().does("decide_objection", objection_result="WITHDRAWN")

        assert case.open == ["decide_settlement"]
        case.walks("decide_settlement", "record_payment", "archive")
        assert case.states == [*REVIEWED, "OBJECTED", "WITHDRAWN", "PAID", "ARCHIVED"]


class TestStop:
    def stopped(self):
        case = noticed(stop=True).walks("approve_stop", "serve_stop_notice").waits(days=4)
        return case.walks("final_call").waits(minutes=30).walks("stop_supply")

    def test_waits_three_days_after_the_notice_and_half_an_hour_after_the_call(self):
        case = noticed(stop=True).walks("approve_stop", "serve_stop_notice")

        # Served on Monday afternoon: three days end with Thursday.
        assert case.waits(days=3).open == []
        assert case.waits(hours=24).open == ["final_call"]
        assert case.walks("final_call").waits(minutes=29).open == []
        assert case.waits(minutes=1).open == ["stop_supply"]

    def test_ends_with_the_supply_restored(self):
        case = self.stopped().walks("calculate", "review_county", "user_response", "decide_settlement")
        case.walks("record_payment")

        assert case.open == ["restore"]
        case.walks("restore", "archive")
        assert case.states == [
            *MONEY, "STOPPED", "CALCULATED", "REVIEWED", "USER_CONFIRMED", "PAID", "RESTORED", "ARCHIVED",
        ]  # fmt: skip
        assert is_filed(case)

    def test_is_restored_also_when_the_objection_is_upheld(self):
        case = self.stopped().walks("calculate", "review_county").does("user_response", user_answer="OBJECTED")

        assert case.walks("decide_objection").open == ["restore"]

    def test_that_is_refused_leaves_the_supply_on(self):
        case = noticed(stop=True).does("approve_stop", stop_decision="REFUSE")

        assert case.open == ["calculate"]
        case.walks("calculate", "review_county", "user_response", "decide_settlement", "record_payment", "archive")
        assert "RESTORED" not in case.states

    def test_on_the_spot_goes_by_the_rule_of_the_day_of_the_act(self):
        before = noticed(stop=True, acted_on="2024-05-31").does("approve_stop", stop_way="ON_THE_SPOT")
        after = noticed(stop=True, acted_on="2024-06-01")

        assert before.open == ["stop_supply"]
        with speaking("en"), pytest.raises(RequirementUnmet, match="rule of the day of the act"):
            after.does("approve_stop", stop_way="ON_THE_SPOT")

    def test_spares_the_protected_and_everybody_else(self):
        case = noticed(stop=True)
        with speaking("en"), pytest.raises(RequirementUnmet, match="home dialysis"):
            case.does("approve_stop", is_protected=True)

        case = noticed(stop=True, acted_on="2024-05-31").does("approve_stop", stop_way="ON_THE_SPOT")
        with speaking("en"), pytest.raises(RequirementUnmet, match="ST-9"):
            case.does("stop_supply", others_unaffected=False)


class TestMetrologyOpinion:
    @pytest.mark.parametrize(
        "case",
        [
            Case,
            lambda: found("THEFT"),
            noticed,
            reviewed,
            lambda: noticed(stop=True).walks("approve_stop", "serve_stop_notice"),
            lambda: reviewed().walks("user_response").does("decide_settlement", is_referred=True),
        ],
    )
    def test_suspends_from_any_state_and_goes_on_there(self, case):
        case = case()
        before = case.open

        case.asks_metrology()
        assert case.instance.status is Status.SUSPENDED
        for task in before:
            with pytest.raises(NotRunning):
                case.does(task)

        case.gets_opinion()
        assert (case.instance.status, case.open) == (Status.RUNNING, before)
        assert case.instance.data["opinion_result"] == "TAMPERED"
        assert replay(definition=DEFINITION, instance_id="C-1", events=case.events, around=AROUND) == case.instance


class TestRefusals:
    def test_refuse_every_task_that_is_not_next(self):
        case = Case()

        for task in DEFINITION.tasks.keys() - {"desk_check"}:
            with pytest.raises(TaskNotOpen):
                case.does(task)
        assert case.open == ["desk_check"]

    @pytest.mark.parametrize(
        ("case", "task", "person"),
        [
            (Case, "desk_check", "sun"),
            (noticed, "calculate", "li"),
            (lambda: noticed().walks("calculate"), "review_county", "li"),
            (lambda: reviewed().walks("user_response", "decide_settlement"), "record_payment", "zhang"),
        ],
    )
    def test_refuse_whoever_has_not_the_role(self, case, task, person):
        with pytest.raises(RoleMissing):
            case().does(task, by=person)

    @pytest.mark.parametrize("finder", ["zhang", "zhao"])
    def test_refuse_a_calculation_by_either_of_the_two_who_found(self, finder):
        with speaking("zh"), pytest.raises(DutiesNotSeparated, match=f"{finder} 不能再承担 calculator"):
            noticed().does("calculate", by=finder)

    def test_refuse_a_second_inspector_who_is_the_first(self):
        with pytest.raises(FormRefused):
            Case().walks("desk_check", "approve_visit", "plan_visit").does("on_site", second_inspector="zhang")

    def test_refuse_a_leader_on_site_who_approved_the_visit(self):
        with pytest.raises(DutiesNotSeparated):
            Case().walks("desk_check", "approve_visit", "plan_visit").does("on_site", second_inspector="li")

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"is_multiple_reduced": True}, "needs its reason"),
            ({"penalty_yuan": "-1.00"}, "not negative"),
        ],
    )
    def test_refuse_a_calculation_that_cannot_be(self, changed, said):
        with speaking("en"), pytest.raises(RequirementUnmet, match=said):
            noticed().does("calculate", **changed)

    def test_refuse_a_settlement_of_nothing_at_all(self):
        with speaking("en"), pytest.raises(RequirementUnmet, match="without payment the case is referred"):
            reviewed().walks("user_response").does("decide_settlement", payment_way="NONE")


class TestFile:
    CONTENT = resources.files(PROCESSES).joinpath("inspection_case.bpmn").read_bytes()

    def test_is_bpmn_by_the_schema_of_its_standard(self):
        BpmnValidator().validate(etree.fromstring(self.CONTENT))

    def test_has_a_picture_of_every_step_and_arrow(self):
        root = etree.fromstring(self.CONTENT)
        pictured = {element.get("bpmnElement") for element in root.iter("{http://www.omg.org/spec/BPMN/20100524/DI}*")}

        assert pictured >= DEFINITION.kinds.keys() | {flow.id for flow in DEFINITION.flows}

    def test_is_named_in_both_languages(self):
        for task in DEFINITION.tasks.values():
            assert any("\u4e00" <= letter <= "\u9fff" for letter in task.label.zh), task.id
            assert task.label.en.isascii(), task.id
            assert task.documentation.isascii(), task.id
            assert task.documentation, task.id

    def test_grades_every_figure_and_asks_to_confirm_what_is_no_law(self):
        deadlines = {name: task.deadlines for name, task in DEFINITION.tasks.items() if task.deadlines}

        assert not deadlines["restore"][0].needs_confirmation
        assert not deadlines["decide_objection"][0].needs_confirmation
        assert deadlines["user_response"][0].needs_confirmation
        assert DEFINITION.decisions["approval_level"].evidence == "P"
        assert DEFINITION.decisions["on_the_spot_stop"].evidence == "M-L"
