"""Each question of trust: what it asks, and when it says no."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.metering.tables import SOURCE_FILE
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from lamplighter.journeys.brief.records import Area, Balance, Check, Grade, Place, Trust
from lamplighter.journeys.brief.settings import default_settings
from lamplighter.journeys.brief.trust import ask_trust

NIGHT = date(2025, 3, 31)
WORKED_AT = datetime(2025, 4, 1, 2, 0)
NOW = datetime(2025, 4, 1, 3, 30)
Put = Callable[..., None]


def ask(lake: Lake, *, areas: Sequence[Area] = (), now: datetime = NOW) -> Trust:
    with lake.snapshot() as snapshot:
        return ask_trust(
            snapshot,
            areas=areas,
            on_date=NIGHT,
            timezone="Asia/Shanghai",
            worked_at=WORKED_AT,
            now=now,
            settings=default_settings(),
        )


def answer(trust: Trust, code: str) -> Check:
    return next(check for check in trust.checks if check.code == code)


def meter_days(*, measured: Sequence[float]) -> list[dict[str, Any]]:
    return [
        {
            "meter_id": f"M{number}",
            "on_date": NIGHT,
            "role": "customer",
            "energy_kwh": 5.0 if share else None,
            "source": "interval" if share else "none",
            "actual_share": share,
            "estimated_share": 0.0,
            "is_outage": False,
            "policy_version": "test",
        }
        for number, share in enumerate(measured)
    ]


def file_taken(*, at: datetime, quarantined: int) -> dict[str, Any]:
    counts = dict.fromkeys(("accepted_count", "versioned_count", "repeated_count", "blank_count"), 0)
    return {
        **counts,
        "file_id": "f",
        "path": "interval.csv",
        "subject": "interval",
        "taken_at": at,
        "read_count": 1000,
        "quarantined_count": quarantined,
    }


def area(*, is_computable: bool) -> Area:
    return Area(
        area_id="A",
        name="A",
        place=Place("S", "S", "K", None, None, None),
        balance=Balance(None, None, None, None, None, None, None),
        technical_source="none",
        coverage=1.0,
        estimated_share=None,
        is_computable=is_computable,
        why_not=(),
        loss_class="qualified",
        hints=(),
        period=None,
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "bare")


class TestComputableAreas:
    @pytest.mark.parametrize(("computable", "grade"), [(19, Grade.GOOD), (18, Grade.ATTENTION), (16, Grade.BAD)])
    def test_are_held_against_their_share(self, lake: Lake, computable: int, grade: Grade) -> None:
        # Of twenty, one may fail; above three times as many is serious.
        areas = [area(is_computable=number < computable) for number in range(20)]

        assert answer(ask(lake, areas=areas), "computable").grade is grade


class TestMeasuredShare:
    def test_falls_short_where_intervals_are_missing(self, lake: Lake, put: Put) -> None:
        put(lake, TRUSTED_DAY, meter_days(measured=[1.0, 0.9]), days=[NIGHT])

        check = answer(ask(lake), "measured")

        # 95 % of 98 %: 5 are missing where 2 may be.
        assert check.grade is Grade.ATTENTION
        assert check.value == pytest.approx(0.95)


class TestSilentMeters:
    def test_are_counted(self, lake: Lake, put: Put) -> None:
        put(lake, TRUSTED_DAY, meter_days(measured=[0.0, 1.0, 1.0, 1.0]), days=[NIGHT])

        check = answer(ask(lake), "silent")

        # A quarter is silent where 2 % may be.
        assert (check.grade, check.value, check.fields) == (Grade.BAD, 0.25, {"count": 1, "of": 4})


class TestFreshness:
    def test_ends_after_a_day_and_a_half(self, lake: Lake) -> None:
        midnight = datetime(2025, 3, 31, 16, 0)

        assert answer(ask(lake, now=midnight + timedelta(hours=36)), "fresh").grade is Grade.GOOD
        assert answer(ask(lake, now=midnight + timedelta(hours=37)), "fresh").grade is Grade.ATTENTION


class TestLateData:
    def test_ask_for_another_run(self, lake: Lake, put: Put) -> None:
        put(lake, SOURCE_FILE, [file_taken(at=WORKED_AT + timedelta(minutes=1), quarantined=0)])

        assert answer(ask(lake), "late").grade is Grade.ATTENTION

    def test_are_none_where_the_run_came_last(self, lake: Lake, put: Put) -> None:
        put(lake, SOURCE_FILE, [file_taken(at=WORKED_AT - timedelta(minutes=1), quarantined=0)])

        assert answer(ask(lake), "late").grade is Grade.GOOD


class TestReadingsSetAside:
    @pytest.mark.parametrize(("quarantined", "grade"), [(5, Grade.GOOD), (6, Grade.ATTENTION), (16, Grade.BAD)])
    def test_are_held_against_their_share(self, lake: Lake, put: Put, quarantined: int, grade: Grade) -> None:
        put(lake, SOURCE_FILE, [file_taken(at=WORKED_AT, quarantined=quarantined)])

        assert answer(ask(lake), "set_aside").grade is grade


class TestVerdict:
    def test_is_the_worst_answer(self, lake: Lake) -> None:
        assert ask(lake, areas=[area(is_computable=False)]).verdict is Grade.BAD

    def test_never_takes_what_it_cannot_know_for_good(self, lake: Lake) -> None:
        trust = ask(lake)

        unknown = [check.code for check in trust.checks if check.grade is Grade.UNKNOWN]

        assert unknown == ["computable", "measured", "silent", "late", "set_aside"]
