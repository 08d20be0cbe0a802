import datetime as dt
import json

import pytest
from benchmarks.service_dialogues import HARD, gold_dialogues
from benchmarks.written_dialogues import SETS, written_dialogues

from lamplighter.business.service_desk.quality.dialogue_file import DialogueBroken, read_dialogue, read_dialogues
from lamplighter.business.service_desk.quality.known import known_on
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.service_desk.quality.scoring import score_dialogue

KNOWN = known_on(dt.date(2026, 3, 2))


def score(*lines, **given):
    turns = [{"i": at, "who": who, "text": words} for at, (who, words) in enumerate(lines)]
    document = {"id": "x", "channel": "call", "ended_by": "customer", "turns": turns, **given}
    return score_dialogue(read_dialogue(json.dumps(document)), known=KNOWN)


class TestGold:
    @pytest.mark.parametrize("gold", list(gold_dialogues()), ids=lambda gold: gold.id)
    def test_is_scored_as_planted(self, gold):
        found = score_dialogue(gold.dialogue(), known=KNOWN)

        assert {deduction.item for deduction in found.deductions} == gold.items

    @pytest.mark.parametrize("name", SETS)
    def test_conversations_written_by_hand_are_scored_as_somebody_would(self, name):
        gold = list(written_dialogues(name))

        found = {
            each.id: {lost.item for lost in score_dialogue(each.dialogue(), known=KNOWN).deductions} for each in gold
        }
        assert found == {each.id: each.items for each in gold}

    def test_hard_cases_cost_nothing(self):
        assert [score_dialogue(gold.dialogue(), known=KNOWN).total for gold in HARD] == [100.0] * len(HARD)


class TestScore:
    def test_adds_up_to_a_hundred_and_a_veto_takes_all(self):
        rubric = packaged_rubric()

        assert sum(item.weight for item in rubric.items.values()) - rubric.items["veto"].weight == 100
        assert score(("agent", "您好，供电公司，请讲。"), ("customer", "嗯"), ("agent", "你这个白痴，再见")).total == 0

    def test_shows_the_words_of_a_deduction(self):
        found = score(("agent", "您好，供电公司，请讲。"), ("customer", "交费"), ("agent", "爱交不交，再见"))

        taboo = next(each for each in found.deductions if each.item == "polite.forbidden_words")
        assert (taboo.turn, taboo.points, taboo.span.words) == (2, 7.0, "爱交不交")

    def test_costs_an_item_no_more_than_its_weight(self):
        found = score(
            ("agent", "您好，供电公司，请讲。"),
            ("customer", "交费"),
            ("agent", "爱交不交"),
            ("customer", "啊"),
            ("agent", "随便你，感谢您的来电，再见"),
        )

        assert found.total == 93.0

    def test_says_what_it_cannot_judge(self):
        found = score(("agent", "您好，供电公司，请讲。"), ("customer", "嗯"), ("agent", "感谢您的来电，再见"))

        assert {each.item for each in found.unjudged} >= {"pace", "record", "listening", "identity"}

    def test_compares_figures_with_the_truth_that_came_with_it(self):
        lines = (
            ("agent", "您好，供电公司，请讲。"),
            ("customer", "第二档电价多少"),
            ("agent", "第二档是每度0.688元。感谢您的来电，再见"),
        )
        truth = [{"words": ["第二档"], "value": 0.588, "unit": "元"}]

        assert [each.item for each in score(*lines, truth=truth).deductions] == ["business.wrong_fact"]
        right = [{"words": ["第二档"], "value": 0.688, "unit": "元"}]
        assert score(*lines, truth=right).deductions == ()

    def test_compares_time_limits_with_the_rules(self):
        found = score(
            ("agent", "您好，供电公司，请讲。"),
            ("customer", "欠费停的电"),
            ("agent", "您交清后72小时内恢复供电，感谢您的来电，再见"),
        )

        assert [each.item for each in found.deductions] == ["business.wrong_rule"]

    def test_records_promises_for_later(self):
        found = score(
            ("agent", "您好，供电公司，请讲。"),
            ("customer", "我要投诉"),
            ("agent", "非常抱歉，24小时内会有专人联系您，感谢您的来电，再见"),
        )

        assert [(promise.turn, "24小时" in promise.words) for promise in found.promises] == [(2, True)]

    def test_compares_numbers_of_the_ticket_with_what_was_said(self):
        lines = (("agent", "您好，供电公司，请讲。"), ("customer", "电话13812345678"), ("agent", "感谢您的来电，再见"))

        found = score(*lines, ticket={"telephone": "13812345679"})

        assert [each.item for each in found.deductions] == ["record.content"]
        assert score(*lines, ticket={"telephone": "13812345678"}).deductions == ()


class TestFile:
    def test_names_the_line_that_is_no_conversation(self, tmp_path):
        path = tmp_path / "talks.jsonl"
        path.write_text('{"id": "a", "turns": []}\n{"id": "b"}\n', encoding="utf-8")

        with pytest.raises(DialogueBroken) as raised:
            list(read_dialogues(path))

        assert raised.value.line == 2
