import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import BILLED_MONTH
from lamplighter.business.metering.tables import INTERVAL, METER, METER_EVENT, REGISTER_DAILY
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from lamplighter.journeys.nightly_run.plan import BucketDays, plan_night

MORNING = dt.datetime(2025, 2, 1)
FIRST = dt.date(2025, 1, 1)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path)


def register_meter(lake: Lake, meter: str, *, bucket: int, hour: int = 0, installed_on: dt.date | None = None) -> None:
    row = {
        "meter_id": [meter],
        "role": ["customer"],
        "multiplier": [1.0 + hour],
        "bucket": pa.array([bucket], pa.int32()),
    }
    with lake.transaction() as change:
        change.append(
            METER,
            pa.table({**row, "installed_on": pa.array([installed_on], pa.date32())}),
            known_at=MORNING + dt.timedelta(hours=hour),
        )


def receive(lake: Lake, *numbers: int, bucket: int = 0, meter: str = "M1") -> None:
    rows = pa.table(
        {
            "meter_id": [meter] * len(numbers),
            "on_date": [day(number) for number in numbers],
            "channel": ["energy_kwh"] * len(numbers),
            "slot_count": pa.array([1] * len(numbers), pa.int16()),
            "values": pa.array([[1.0]] * len(numbers), pa.list_(pa.float32())),
        }
    )
    with lake.transaction() as change:
        change.append(INTERVAL, rows, known_at=MORNING, bucket=bucket)


def work(lake: Lake, *, hour: int = 1) -> list[BucketDays]:
    """Pretend to work what is owed and return it."""
    with lake.snapshot() as state:
        plan = plan_night(state)
        generation = state.generation
    works = [work for found in plan.rounds for work in found]
    with lake.transaction() as change:
        for owed in works:
            change.append_run(
                TRUSTED_DAY,
                TRUSTED_DAY.schema.empty_table(),
                known_at=MORNING + dt.timedelta(hours=hour),
                days=owed.days,
                bucket=owed.bucket,
                read_generation=generation,
            )
    return works


class TestPlanNight:
    def test_owes_nothing_in_an_empty_lake(self, lake: Lake) -> None:
        with lake.snapshot() as state:
            plan = plan_night(state)

        assert (plan.rounds, plan.newest_on) == ((), None)

    def test_owes_each_bucket_every_day_up_to_the_newest_of_the_company_also_days_without_data(
        self, lake: Lake
    ) -> None:
        receive(lake, 0, 3, bucket=1)
        receive(lake, 2, bucket=2)

        assert work(lake) == [BucketDays(1, day(0), day(3), 0), BucketDays(2, day(2), day(3), 0)]
        assert work(lake) == []

    def test_cuts_long_runs_into_rounds_and_hands_on_history(self, lake: Lake) -> None:
        receive(lake, *range(5))

        with lake.snapshot() as state:
            plan = plan_night(state, run_days=2, history_days=3)

        assert [found[0] for found in plan.rounds] == [
            BucketDays(0, day(0), day(1), 0),
            BucketDays(0, day(2), day(3), 2),
            BucketDays(0, day(4), day(4), 3),
        ]

    def test_keeps_a_block_with_its_history_within_bounds(self, lake: Lake) -> None:
        receive(lake, *range(10))

        with lake.snapshot() as state:
            plan = plan_night(state, block_days=5, history_days=3)

        assert [found[0] for found in plan.rounds] == [
            BucketDays(0, day(0), day(4), 0),
            BucketDays(0, day(5), day(6), 3),
            BucketDays(0, day(7), day(8), 3),
            BucketDays(0, day(9), day(9), 3),
        ]

    def test_owes_a_worked_day_again_when_a_later_value_arrived_and_the_newest_that_looks_back_on_it(
        self, lake: Lake
    ) -> None:
        receive(lake, 0, 1, 2, 3)
        work(lake)
        receive(lake, 1)

        assert [(owed.first_on, owed.last_on) for owed in work(lake, hour=2)] == [(day(1), day(1)), (day(3), day(3))]
        assert work(lake) == []

    def test_owes_the_day_that_a_late_register_closes(self, lake: Lake) -> None:
        receive(lake, 0, 1, 2)
        work(lake)
        with lake.transaction() as change:
            row = pa.table({"meter_id": ["M1"], "on_date": [day(2)], "total_kwh": [5.0]})
            change.append(REGISTER_DAILY, row, known_at=MORNING)

        assert [(owed.first_on, owed.last_on) for owed in work(lake)] == [(day(1), day(2))]

    def test_is_not_led_to_other_centuries_by_an_event_of_an_impossible_date(self, lake: Lake) -> None:
        receive(lake, 0, 1)
        with lake.transaction() as change:
            row = pa.table({"meter_id": ["M1"], "occurred_at": [dt.datetime(2099, 1, 1)], "code": ["cover_opened"]})
            change.append(METER_EVENT, row, known_at=MORNING)

        with lake.snapshot() as state:
            assert plan_night(state).newest_on == day(1)

    def test_owes_every_day_again_when_the_archive_of_a_meter_changed(self, lake: Lake) -> None:
        register_meter(lake, "M1", bucket=0)
        receive(lake, 0, 1, 2)
        work(lake, hour=1)
        register_meter(lake, "M1", bucket=0, hour=2)

        assert [(owed.first_on, owed.last_on) for owed in work(lake, hour=3)] == [(day(0), day(2))]
        assert work(lake, hour=4) == []

    def test_owes_only_days_since_its_installation_for_a_new_meter(self, lake: Lake) -> None:
        register_meter(lake, "M1", bucket=0)
        receive(lake, 0, 1, 2)
        work(lake, hour=1)
        register_meter(lake, "M2", bucket=0, hour=2, installed_on=day(2))

        assert [(owed.first_on, owed.last_on) for owed in work(lake, hour=3)] == [(day(2), day(2))]

    def test_works_one_day_when_told_to_whether_owed_or_not(self, lake: Lake) -> None:
        receive(lake, 0, 1, 2)
        work(lake)

        with lake.snapshot() as state:
            plan = plan_night(state, on=day(1))

        assert plan.rounds == ((BucketDays(0, day(1), day(1), 1),),)


def bill(lake: Lake, month: dt.date, *, kwh: float = 100.0) -> None:
    rows = pa.table({"account_id": ["C1"], "month": [month], "energy_kwh": [kwh]})
    with lake.transaction() as change:
        change.append(BILLED_MONTH, rows, known_at=MORNING + dt.timedelta(hours=kwh / 100.0))


class TestMonths:
    def test_owe_the_last_day_of_the_newest_billed_month(self, lake):
        register_meter(lake, "M1", bucket=3)
        bill(lake, dt.date(2025, 1, 1))
        bill(lake, dt.date(2025, 2, 1))

        owed = work(lake)

        last = dt.date(2025, 2, 28)
        assert owed == [BucketDays(3, last, last, 0)]
        assert work(lake) == []

    def test_owe_it_again_when_a_bill_was_corrected(self, lake):
        register_meter(lake, "M1", bucket=0)
        bill(lake, dt.date(2025, 2, 1))
        work(lake)

        bill(lake, dt.date(2025, 2, 1), kwh=200.0)

        assert [run.days for run in work(lake, hour=3)] == [[dt.date(2025, 2, 28)]]

    def test_owe_the_newest_reading_beside_buckets_that_are_read(self, lake):
        register_meter(lake, "M1", bucket=0)
        register_meter(lake, "M2", bucket=1)
        receive(lake, 0, 1, 2, bucket=0)
        bill(lake, dt.date(2025, 2, 1))

        owed = work(lake)

        # Bills do not move the night on: February is billed before January's readings end.
        assert owed == [BucketDays(0, day(0), day(2), 0), BucketDays(1, day(2), day(2), 0)]

    def test_owe_nothing_without_a_bill_or_a_reading(self, lake):
        register_meter(lake, "M1", bucket=0)

        assert work(lake) == []
