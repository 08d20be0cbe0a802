"""Appraisals: issued once, never changed, appealed by one person and decided by another."""

import dataclasses
import datetime as dt

import pytest

from lamplighter.base.security.actor import Actor, Level, Right, RightMissing
from lamplighter.base.security.models import Unit
from lamplighter.business.kpi.appraisals import (
    AppraisalRow,
    AppraisalUnknown,
    DecidedAlready,
    OwnAppeal,
    PeriodRunning,
    WordsMissing,
    appeal,
    decide_appeal,
    find_appraisal,
    issue_appraisal,
)
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.records import Period
from lamplighter.business.kpi.rules.definitions import read_kpi_settings
from lamplighter.business.network.desk_queries import FoundUnit
from tests.business.kpi.desk import MARCH, NOW, at, put

SETTINGS = read_kpi_settings(on=NOW.date())
RIGHTS = frozenset({Right.SEE_FIGURES, Right.SUPERVISE_TICKETS})
BOSS = Actor(1, "Gao", "S1", Level.STATION, frozenset(), RIGHTS)
OTHER = dataclasses.replace(BOSS, staff_id=2, name="Lin")
CLERK = dataclasses.replace(BOSS, staff_id=3, name="Sun", rights=frozenset({Right.SEE_FIGURES}))
SIBLING = dataclasses.replace(OTHER, unit_id="S2")
UNIT = FoundUnit("S1", "S1所", Level.STATION, "N")

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued() -> AppraisalRow:
    """March of S1: one of two in time."""
    ids = {"province_id": "P", "city_id": "C", "county_id": "N", "station_id": "S1"}
    Unit.objects.create(unit_id="S1", name="S1所", level="station", parent_id="N", **ids)
    put(1)
    put(2, replied_at=at(9), closed_at=at(9))
    count_figures(settings=SETTINGS, now=NOW)
    return issue_appraisal(actor=BOSS, unit=UNIT, period=Period(MARCH, MARCH), settings=SETTINGS, now=NOW)


def in_time(row: AppraisalRow | None) -> float:
    assert row is not None
    value: float = next(each for each in row.figures if each["code"] == "K-6")["figure"]["value"]
    return value


class TestIssuing:
    def test_keeps_the_figures_whatever_is_counted_later(self, issued: AppraisalRow) -> None:
        put(3)
        count_figures(settings=SETTINGS, now=NOW)
        again = issue_appraisal(actor=BOSS, unit=UNIT, period=Period(MARCH, MARCH), settings=SETTINGS, now=NOW)

        assert (again.number, in_time(again)) == (issued.number, 0.5)

    def test_waits_until_the_period_is_over(self, issued: AppraisalRow) -> None:
        april = dt.date(2026, 4, 1)

        with pytest.raises(PeriodRunning):
            issue_appraisal(actor=BOSS, unit=UNIT, period=Period(april, april), settings=SETTINGS, now=NOW)

    def test_is_closed_to_whoever_does_not_supervise(self, issued: AppraisalRow) -> None:
        with pytest.raises(RightMissing):
            issue_appraisal(actor=CLERK, unit=UNIT, period=Period(MARCH, MARCH), settings=SETTINGS, now=NOW)

    def test_shows_nothing_to_a_sibling_unit(self, issued: AppraisalRow) -> None:
        assert find_appraisal(actor=SIBLING, number=issued.number) is None


class TestAppeals:
    def appealed(self, issued: AppraisalRow, by: Actor = CLERK) -> int:
        appeal(actor=by, number=issued.number, code="K-6", words="工单 2 因台风顺延", now=NOW)
        found = find_appraisal(actor=BOSS, number=issued.number)
        assert found is not None
        return found.appeals[-1].number

    def test_stand_beside_the_figure_with_their_end_and_change_nothing_of_it(self, issued: AppraisalRow) -> None:
        number = self.appealed(issued)

        decide_appeal(actor=BOSS, number=number, is_upheld=True, answer="停电记录属实", now=NOW)

        found = find_appraisal(actor=CLERK, number=issued.number)
        assert found is not None
        assert [(each.code, each.is_upheld, each.answer, each.decided_by) for each in found.appeals] == [
            ("K-6", True, "停电记录属实", "Gao")
        ]
        assert in_time(found) == 0.5

    def test_are_not_decided_by_who_made_them(self, issued: AppraisalRow) -> None:
        number = self.appealed(issued, by=BOSS)

        with pytest.raises(OwnAppeal):
            decide_appeal(actor=BOSS, number=number, is_upheld=True, answer="是", now=NOW)

    def test_are_decided_once(self, issued: AppraisalRow) -> None:
        number = self.appealed(issued)
        decide_appeal(actor=BOSS, number=number, is_upheld=False, answer="无依据", now=NOW)

        with pytest.raises(DecidedAlready):
            decide_appeal(actor=OTHER, number=number, is_upheld=True, answer="是", now=NOW)

    def test_need_words_a_known_figure_and_a_unit_one_sees(self, issued: AppraisalRow) -> None:
        number = self.appealed(issued)

        with pytest.raises(WordsMissing):
            appeal(actor=CLERK, number=issued.number, code="K-6", words=" ", now=NOW)
        with pytest.raises(AppraisalUnknown):
            appeal(actor=CLERK, number=issued.number, code="K-99", words="?", now=NOW)
        with pytest.raises(AppraisalUnknown):
            decide_appeal(actor=SIBLING, number=number, is_upheld=True, answer="是", now=NOW)
