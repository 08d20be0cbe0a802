"""The brief read from a small lake whose figures can be checked by hand."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from lamplighter.base.lake import Lake
from lamplighter.journeys.brief import Brief, CompanyMissing, NightNotWorked, NothingWorked, collect_brief
from lamplighter.journeys.brief.records import DetectionState, Grade

NIGHT = date(2025, 3, 31)
NOW = datetime(2025, 4, 1, 3, 30)


def read(lake: Lake, **options: object) -> Brief:
    with lake.snapshot() as snapshot:
        return collect_brief(snapshot, now=NOW, **options)  # type: ignore[arg-type]  # options are passed on as they are


@pytest.fixture(scope="module")
def brief(lake: Lake) -> Brief:
    return read(lake)


class TestNight:
    def test_is_the_newest_worked_day(self, brief: Brief) -> None:
        assert brief.on_date == NIGHT
        assert len(brief.days) == 90
        assert brief.days[-1].on_date == NIGHT

    def test_adds_up_computable_areas_only(self, brief: Brief) -> None:
        # Area 5 of the ten is not computable; each of the others has 20 kWh of technical loss.
        assert sum(area.is_computable for area in brief.areas) == 9
        assert brief.night.technical_kwh == pytest.approx(9 * 20.0)
        assert brief.night.loss_kwh == pytest.approx(sum(a.balance.loss_kwh or 0.0 for a in brief.areas))

    def test_shows_what_cancels_in_the_sum(self, brief: Brief) -> None:
        # Area 3 sells 60 kWh more than it gets; everything else loses or is balanced within 6 kWh.
        assert brief.deficit_kwh < -54.0
        assert brief.surplus_kwh + brief.deficit_kwh == pytest.approx(brief.night.unexplained_kwh)

    def test_says_what_share_of_supply_it_covers(self, brief: Brief) -> None:
        everything = sum(area.balance.supplied_kwh or 0.0 for area in brief.areas)

        assert brief.all_supplied_kwh == pytest.approx(everything)
        assert brief.night.supplied_kwh is not None
        assert brief.night.supplied_kwh < everything

    def test_widens_the_interval_by_that_of_each_area(self, brief: Brief) -> None:
        night = brief.night

        assert night.unexplained_low_kwh == pytest.approx((night.unexplained_kwh or 0.0) - 9 * 8.0)
        assert night.unexplained_high_kwh == pytest.approx((night.unexplained_kwh or 0.0) + 9 * 8.0)

    def test_can_be_an_earlier_one(self, lake: Lake) -> None:
        earlier = read(lake, on_date=NIGHT - timedelta(days=40))

        # The list of a later night must not be known to an earlier brief.
        assert earlier.on_date == NIGHT - timedelta(days=40)
        assert earlier.suspicions.state is DetectionState.NOT_RUN

    def test_is_refused_where_it_was_not_worked(self, lake: Lake) -> None:
        with pytest.raises(NightNotWorked) as refused:
            read(lake, on_date=date(2025, 6, 1))

        assert refused.value.newest == NIGHT

    def test_is_refused_where_nothing_was_worked(self, tmp_path: Path) -> None:
        with pytest.raises(NothingWorked):
            read(Lake.open(tmp_path))

    def test_is_refused_where_nobody_says_whose_it_is(self, tmp_path: Path, write_losses: Callable[..., None]) -> None:
        lake = Lake.open(tmp_path)
        write_losses(lake, areas=1, days=2)

        with pytest.raises(CompanyMissing):
            read(lake)


class TestAreas:
    def test_begin_with_what_is_certainly_unexplained(self, brief: Brief) -> None:
        # Area 4 loses 240 kWh a night; areas 1 and 9 lose 40 a day over the window even at the lower end.
        assert [area.area_id for area in brief.areas[:3]] == ["A04", "A01", "A09"]

    def test_end_with_those_that_cannot_be_computed(self, brief: Brief) -> None:
        last = brief.areas[-1]

        assert (last.area_id, last.why_not, last.balance.loss_kwh) == ("A05", ("coverage_low",), None)

    def test_keep_a_negative_loss_negative(self, brief: Brief) -> None:
        negative = next(area for area in brief.areas if area.area_id == "A03")

        assert negative.loss_class == "negative"
        assert negative.balance.loss_kwh is not None
        assert negative.balance.loss_kwh < 0

    def test_count_the_suspicions_that_live_on_them(self, brief: Brief) -> None:
        assert {a.area_id: a.suspicion_count for a in brief.areas if a.suspicion_count} == {
            "A01": 1,
            "A04": 1,
            "A09": 1,
        }

    def test_say_where_they_lie(self, brief: Brief) -> None:
        place = next(area.place for area in brief.areas if area.area_id == "A01")

        assert (place.station, place.county, place.feeder) == ("柳河供电所", "白塔县", "白2线")

    def test_leave_days_that_are_not_computable_empty(self, brief: Brief) -> None:
        assert set(brief.area_days["A05"].unexplained_kwh) == {None}
        assert None not in brief.area_days["A04"].unexplained_kwh

    def test_add_up_to_their_stations(self, brief: Brief) -> None:
        assert sum(unit.area_count for unit in brief.units) == 10
        assert sum(unit.balance.loss_kwh or 0.0 for unit in brief.units) == pytest.approx(brief.night.loss_kwh)


class TestTrust:
    def test_notes_too_few_computable_areas(self, brief: Brief) -> None:
        check = next(check for check in brief.trust.checks if check.code == "computable")

        # 9 of 10 where 95 % are asked: short, but by less than three times what is allowed.
        assert (check.grade, check.value, check.limit) == (Grade.ATTENTION, 0.9, 0.95)
        assert check.needs_confirmation
        assert brief.trust.verdict is Grade.ATTENTION

    def test_counts_readings_set_aside(self, brief: Brief) -> None:
        check = next(check for check in brief.trust.checks if check.code == "set_aside")

        assert (check.grade, check.value) == (Grade.GOOD, 0.002)

    def test_measures_age_from_midnight_of_the_company(self, brief: Brief) -> None:
        # The night ended at 16:00 UTC in Shanghai; the brief was written at 3:30 the next day.
        assert next(check.value for check in brief.trust.checks if check.code == "fresh") == pytest.approx(11.5)

    def test_names_the_rules_that_spoke(self, brief: Brief) -> None:
        assert [(flag.rule_id, flag.meters) for flag in brief.trust.flags] == [("V-04", 3), ("V-01", 2)]


class TestList:
    def test_carries_coloured_suspicions_in_order(self, brief: Brief) -> None:
        rows = brief.suspicions.rows

        assert [(row.rank, row.colour, row.area_id) for row in rows] == [
            (1, "red", "A01"),
            (2, "orange", "A04"),
            (3, "yellow", "A09"),
        ]
        assert brief.suspicions.account_count == 4

    def test_counts_as_new_what_had_no_such_colour_before(self, brief: Brief) -> None:
        # A week before only the second was orange.
        assert dict(brief.suspicions.counts) == {"red": 1, "orange": 1, "yellow": 1}
        assert dict(brief.suspicions.new_counts) == {"red": 1, "yellow": 1}

    def test_adds_up_what_is_at_stake_and_says_what_is_unknown(self, brief: Brief) -> None:
        assert brief.suspicions.expected_kwh == pytest.approx(420.0 + 320.0)
        assert brief.suspicions.unknown_kwh_count == 1
        assert brief.suspicions.expected_yuan == pytest.approx(3000.0 + 2200.0 + 1400.0)

    def test_never_holds_an_account_number(self, brief: Brief) -> None:
        assert [row.masked_account for row in brief.suspicions.rows] == ["******1001", "******4001", "******9001"]

    def test_has_evidence_for_and_against_the_strongest_first(self, brief: Brief) -> None:
        pieces = brief.suspicions.rows[0].evidence

        assert [(piece.code, piece.is_for) for piece in pieces] == [
            ("under_registers", True),
            ("lasting_drop", True),
            ("inspected_clean", False),
        ]

    def test_dates_the_change_and_not_the_search(self, brief: Brief) -> None:
        # The drop is dated; the day from which the balance was looked at says nothing of when it began.
        assert [row.onset for row in brief.suspicions.rows] == [date(2025, 2, 15)] * 3

    def test_shows_the_fall_beside_peers_that_did_not_fall(self, brief: Brief) -> None:
        curve = brief.suspicions.rows[0].curve
        assert curve is not None
        own, peers = [value or 0.0 for value in curve.energy_kwh], [value or 0.0 for value in curve.peer_mid_kwh]

        assert sum(own[:45]) == pytest.approx(sum(peers[:45]), rel=0.05)
        assert sum(own[45:]) < 0.4 * sum(peers[45:])

    def test_leaves_other_suspects_out_of_the_peers(self, brief: Brief) -> None:
        curve = brief.suspicions.rows[0].curve
        assert curve is not None

        # Nine of twelve customers of each of ten areas are residential; three of them are suspects.
        assert curve.peer_count == 10 * 9 - 3

    def test_says_that_detection_never_ran(self, make_lake: Callable[..., Lake]) -> None:
        brief = read(make_lake(areas=2, with_list=False))

        assert brief.suspicions.state is DetectionState.NOT_RUN
        assert "out_suspicion" in brief.missing

    def test_says_that_nothing_was_found(
        self, make_lake: Callable[..., Lake], write_plain_list: Callable[[Lake], None]
    ) -> None:
        lake = make_lake(areas=2, with_list=False)
        write_plain_list(lake)

        assert read(lake).suspicions.state is DetectionState.NONE_FOUND
        assert read(lake).suspicions.account_count == 1

    def test_may_be_of_an_earlier_night_and_says_so(
        self, make_lake: Callable[..., Lake], write_older_list: Callable[[Lake], date]
    ) -> None:
        lake = make_lake(areas=2, with_list=False)
        as_of = write_older_list(lake)

        brief = read(lake)

        assert brief.suspicions.as_of_on == as_of
        assert brief.suspicions.previous_on is None
        curve = brief.suspicions.rows[0].curve
        assert curve is not None
        assert len(curve.energy_kwh) == len(brief.days)
