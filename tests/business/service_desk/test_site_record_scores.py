"""The record of a field visit against its rubric: what costs points, where, and what cannot be judged."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from lamplighter.business.service_desk.quality.record_rubric import SITE_RECORD, record_rubric
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.service_desk.quality.site_records import Places, SiteRecord, score_site_record

MORNING = dt.datetime(2026, 4, 1, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
TOLD = "已告知全程录音录像,客户同意后入户。二相互感器短接。"


def visit(*, note: str = TOLD, **known: Any) -> SiteRecord:
    """A visit with nothing to lose, told otherwise where a test says so."""
    words = ("到场：张伟、赵敏", "照片和文件 4 件", "拒绝签字 · 邻居周某", note)
    turns = tuple(Turn(at, Who.AGENT, 0.0, 0.0, each, each) for at, each in enumerate(words))
    sound = SiteRecord(
        dialogue=Dialogue("site_record-1", SITE_RECORD, "", turns),
        places=Places(0, 1, 2, 3),
        inspectors=2,
        is_certificate_shown=True,
        expired=[],
        sheet_no="W-1",
        on=MORNING.date(),
        has_position=True,
        position_reason="",
        away_m=310.0,
        accuracy_m=12.0,
        started_at=MORNING,
        window=(540.0, 600.0),
        is_no_access=False,
        missing_steps=[],
        refused_files=0,
        is_signed=True,
        is_chain_whole=True,
    )
    return replace(sound, **known)


def lost(**known: Any) -> list[tuple[str, int | None, float]]:
    return [(each.item, each.turn, each.points) for each in score_site_record(visit(**known)).deductions]


class TestTheRubric:
    def test_adds_up_to_a_hundred_and_names_a_source_and_a_grade_for_each_item(self) -> None:
        rubric = record_rubric(SITE_RECORD)

        assert sum(item.weight for item in rubric.items.values()) == 100
        assert all(item.source and item.evidence for item in rubric.items.values())


class TestAVisit:
    def test_without_a_fault_loses_nothing(self) -> None:
        found = score_site_record(visit())

        assert (found.total, found.deductions, found.unjudged) == (100.0, (), ())

    @pytest.mark.parametrize(
        ("known", "item", "turn", "points"),
        [
            ({"inspectors": 1}, "visit_inspectors.alone", 0, 15.0),
            ({"is_certificate_shown": False}, "visit_inspectors.certificate_not_shown", 0, 10.0),
            ({"expired": ["赵敏"]}, "visit_inspectors.certificate_expired", 0, 10.0),
            ({"sheet_no": ""}, "visit_sheet.number", 0, 10.0),
            ({"on": dt.date(2026, 4, 2)}, "visit_sheet.other_day", 0, 5.0),
            ({"has_position": False}, "visit_position.missing", 0, 10.0),
            # 300 m by the rubric and 12 m the telephone is unsure of.
            ({"away_m": 313.0}, "visit_position.far", 0, 10.0),
            ({"window": (600.0, 660.0)}, "visit_times.window", 0, 5.0),
            ({"missing_steps": ["电能表正面"]}, "visit_evidence.step", 1, 5.0),
            ({"refused_files": 2}, "visit_evidence.file_refused", 1, 5.0),
            ({"is_signed": False}, "visit_signature.unsigned", 2, 10.0),
            ({"is_chain_whole": False}, "visit_seal.broken", None, 10.0),
        ],
    )
    def test_loses_the_points_of_one_fault_at_its_place(
        self, known: dict[str, Any], item: str, turn: int | None, points: float
    ) -> None:
        assert lost(**known) == [(item, turn, points)]

    def test_by_day_begins_from_eight_and_before_twenty(self) -> None:
        at = {"window": None}
        assert lost(started_at=MORNING.replace(hour=8, minute=0), **at) == []
        assert lost(started_at=MORNING.replace(hour=19, minute=59), **at) == []
        assert lost(started_at=MORNING.replace(hour=20, minute=0), **at) == [("visit_times.night", 0, 10.0)]
        assert lost(started_at=MORNING.replace(hour=7, minute=59), **at) == [("visit_times.night", 0, 10.0)]

    def test_shows_the_word_of_the_notes_that_is_not_neutral(self) -> None:
        found = score_site_record(visit(note=f"{TOLD}户主狡辩"))

        assert [(each.item, each.turn, each.span.words) for each in found.deductions] == [
            ("visit_words.not_neutral", 3, "狡辩")
        ]

    def test_costs_no_more_than_an_item_weighs(self) -> None:
        # Five steps of 5 points each: the item weighs 20.
        assert score_site_record(visit(missing_steps=list("abcde"))).total == 80.0


class TestWhatCannotBeJudged:
    @pytest.mark.parametrize(
        ("known", "item", "why"),
        [
            ({"expired": None}, "visit_inspectors", "no_certificates"),
            ({"has_position": False, "position_reason": "地下室无信号"}, "visit_position", "position_reason"),
            ({"away_m": None}, "visit_position", "place_unknown"),
            ({"note": "接线正常"}, "visit_consent", "no_consent_field"),
        ],
    )
    def test_is_said_and_costs_nothing(self, known: dict[str, Any], item: str, why: str) -> None:
        found = score_site_record(visit(**known))

        assert found.total == 100.0
        assert [(each.item, each.why) for each in found.unjudged] == [(item, why)]

    def test_is_evidence_signature_and_consent_where_nobody_was_let_in(self) -> None:
        found = score_site_record(visit(is_no_access=True, is_signed=False, is_certificate_shown=False))

        assert found.total == 100.0
        assert {each.item for each in found.unjudged} == {"visit_evidence", "visit_signature", "visit_consent"}
