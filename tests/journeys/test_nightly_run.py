import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lamplighter.base.engine import LocalEngine
from lamplighter.base.governance import Contract
from lamplighter.base.lake import Lake, LakeBusy
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.detection.tables import (
    ANOMALY_COVERAGE,
    ANOMALY_PRECISION,
    ANOMALY_SCORE,
    EVIDENCE,
    EVIDENCE_SCORE,
    METER_ANOMALY,
    METER_SCENARIO,
    OUTCOME,
    SUSPICION,
)
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY, AREA_LOSS_MONTHLY, FEEDER_LOSS, UNIT_LOSS
from lamplighter.business.metering.tables import INTERVAL
from lamplighter.business.trusted_energy.tables import METER_FLAG, TRUSTED_CURVE, TRUSTED_DAY
from lamplighter.journeys.nightly_run import LakeEmpty, NightReport, NightRules, read_rules, run_nightly

NIGHT = dt.datetime(2025, 3, 2)
FIRST, LAST = dt.date(2025, 1, 27), dt.date(2025, 2, 5)
RESULTS = (TRUSTED_DAY, TRUSTED_CURVE, METER_FLAG, AREA_LOSS_DAILY, AREA_LOSS_MONTHLY, FEEDER_LOSS, UNIT_LOSS, EVIDENCE,
           EVIDENCE_SCORE, SUSPICION, METER_ANOMALY, METER_SCENARIO, ANOMALY_SCORE, ANOMALY_COVERAGE,
           ANOMALY_PRECISION)  # fmt: skip


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> NightRules:
    return read_rules(tmp_path_factory.mktemp("settings"), on=NIGHT.date())


def work(lake: Lake, rules: NightRules, *, now: dt.datetime = NIGHT, **choices: Any) -> NightReport:
    return run_nightly(lake=lake, engine=LocalEngine(processes=1), rules=rules, now=now, **choices)


def results(lake: Lake, *contracts: Contract, **choices: Any) -> dict[str, list[dict[str, Any]]]:
    """Every row of some tables of results, without the instant they were worked at."""
    with lake.snapshot() as state:
        return {
            contract.name: state.read(contract, **choices).drop_columns(["known_at"]).to_pylist()
            for contract in contracts or RESULTS
        }


def _clean(accounts: Sequence[str], *, on: dt.date) -> pa.Table:
    """Return outcomes of visits that found nothing."""
    count = len(accounts)
    return pa.table(
        {
            "account_id": list(accounts),
            "inspected_on": pa.array([on] * count, pa.date32()),
            "outcome": ["clean"] * count,
            "recovered_kwh": pa.nulls(count, pa.float64()),
            "note": pa.nulls(count, pa.string()),
        }
    )


def assert_alike(one: dict[str, list[dict[str, Any]]], other: dict[str, list[dict[str, Any]]]) -> None:
    """Hold two states against each other; sums of a relation may differ in their last digits, nothing else may."""
    for table, rows in one.items():
        assert len(rows) == len(other[table]), table
        for mine, theirs in zip(rows, other[table], strict=True):
            for name, value in mine.items():
                wanted = theirs[name]
                if isinstance(value, float) and isinstance(wanted, float):
                    wanted = pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True)
                assert value == wanted, (table, name)


class TestNight:
    def test_works_every_day_once_and_then_owes_nothing(self, lake: Lake, rules: NightRules) -> None:
        first = work(lake, rules)
        second = work(lake, rules, now=NIGHT + dt.timedelta(hours=1))

        assert (first.first_on, first.last_on, first.newest_on) == (FIRST, LAST, LAST)
        assert first.area_count == 3
        assert first.meter_days > 0
        assert (second.bucket_days, second.first_on) == (0, None)
        assert second.suspicion_count == first.suspicion_count

    def test_lists_every_live_account_exactly_once(self, lake: Lake, rules: NightRules) -> None:
        work(lake, rules)

        with lake.snapshot() as state:
            listed = state.read(SUSPICION).column("account_id").to_pylist()
            customers = state.read(CUSTOMER).to_pylist()
        live = {row["account_id"] for row in customers if row["closed_on"] is None or row["closed_on"] > LAST}

        assert len(listed) == len(set(listed))
        assert set(listed) == live

    def test_carries_out_every_anomaly_rule_and_says_for_lack_of_what_it_could_not(
        self, lake: Lake, rules: NightRules
    ) -> None:
        work(lake, rules)

        coverage = results(lake, ANOMALY_COVERAGE)[ANOMALY_COVERAGE.name]
        rows = {row["subject"]: row for row in coverage if row["kind"] == "rule"}
        assert set(rows) == set(rules.detection.pack.rules)
        assert rows["AN-04"]["judged_count"] > 0
        assert (rows["AN-24"]["judged_count"], rows["AN-24"]["lacks"]) == (0, "check_device")

    def test_weighs_anomalies_by_what_visits_found_after_earlier_nights(self, lake: Lake, rules: NightRules) -> None:
        work(lake, rules, on=LAST - dt.timedelta(days=2), each_day=True)
        anomalies = results(lake, METER_ANOMALY)[METER_ANOMALY.name]
        # The rule found at most accounts; a visit the day after finds each of them honest.
        found: dict[str, set[str]] = {}
        for row in anomalies:
            if rules.detection.pack.rules[row["code"]].weight > 0.0:
                found.setdefault(row["code"], set()).add(row["account_id"])
        code = max(found, key=lambda code: (len(found[code]), code))
        visited = sorted(found[code])
        with lake.transaction() as change:
            change.append(OUTCOME, _clean(visited, on=LAST - dt.timedelta(days=1)), known_at=NIGHT)
            change.publish()

        work(lake, rules, now=NIGHT + dt.timedelta(hours=1))

        learned = {
            row["code"]: row
            for row in results(lake, ANOMALY_PRECISION)[ANOMALY_PRECISION.name]
            if row["as_of_on"] == LAST
        }
        prior = rules.detection.number(f"{code}.weight")
        expected = prior * 10 / (10 + len(visited))
        assert (learned[code]["visits"], learned[code]["hits"]) == (len(visited), 0)
        assert learned[code]["mean"] == pytest.approx(expected)
        again = [
            row
            for row in results(lake, METER_ANOMALY)[METER_ANOMALY.name]
            if row["code"] == code and row["as_of_on"] == LAST
        ]
        assert again
        assert max(row["weight"] for row in again) <= 1.5 * expected + 1e-9

    def test_gives_the_same_trusted_energy_night_by_night_as_all_at_once(
        self, lake: Lake, rules: NightRules, tmp_path: Path
    ) -> None:
        shutil.copytree(lake.root, tmp_path / "other")
        other = Lake.open(tmp_path / "other")

        work(lake, rules)
        work(other, rules, each_day=True)

        energy = (TRUSTED_DAY, TRUSTED_CURVE, METER_FLAG)
        assert results(lake, *energy) == results(other, *energy)
        sums = ["area_id", "on_date", "supplied_kwh", "sold_kwh", "loss_kwh", "coverage"]
        both = [results(each, AREA_LOSS_DAILY, columns=[*sums, "known_at"]) for each in (lake, other)]
        assert both[0] == both[1]

    def test_gives_the_same_in_two_processes_as_in_one(self, two_lakes: tuple[Lake, Lake], rules: NightRules) -> None:
        lake, other = two_lakes

        work(lake, rules)
        run_nightly(lake=other, engine=LocalEngine(processes=2), rules=rules, now=NIGHT)

        with lake.snapshot() as state:
            assert state.buckets(TRUSTED_DAY) == [0, 1, 2]
        assert_alike(results(lake), results(other))

    def test_works_a_day_again_when_a_later_value_came_and_keeps_the_earlier_result(
        self, lake: Lake, rules: NightRules
    ) -> None:
        work(lake, rules)
        day = dt.date(2025, 1, 30)
        with lake.snapshot() as state:
            on_day = (pc.field("on_date") == day) & (pc.field("channel") == "energy_kwh")
            row = state.read(INTERVAL, where=on_day).slice(0, 1)
            bucket = next(
                b for b in state.buckets(INTERVAL) if state.read(INTERVAL, buckets=[b], where=on_day).num_rows
            )
        meter = row.column("meter_id")[0].as_py()
        doubled = [None if v is None else 2 * v for v in row.column("values")[0].as_py()]
        later = row.drop_columns(["known_at"]).set_column(
            row.column_names.index("values"), "values", pa.array([doubled], pa.list_(pa.float32()))
        )
        with lake.transaction() as change:
            change.append(INTERVAL, later, known_at=NIGHT + dt.timedelta(hours=1), bucket=bucket)

        report = work(lake, rules, now=NIGHT + dt.timedelta(hours=2))

        mine = (pc.field("meter_id") == meter) & (pc.field("on_date") == day)
        now, then = (
            results(lake, TRUSTED_DAY, where=mine, **at)["core_trusted_day"][0] for at in ({}, {"as_known_at": NIGHT})
        )
        assert (report.first_on, report.last_on, report.bucket_days) == (day, LAST, 2)
        assert now != then

    def test_goes_on_where_it_was_stopped(self, two_lakes: tuple[Lake, Lake], rules: NightRules) -> None:
        lake, other = two_lakes
        work(other, rules)

        with pytest.raises(KeyboardInterrupt):
            run_nightly(lake=lake, engine=StoppedAfterOne(), rules=rules, now=NIGHT)
        with lake.snapshot() as state:
            worked_before = state.buckets(TRUSTED_DAY)
        report = work(lake, rules)

        assert worked_before == [0]
        assert report.bucket_days == 20
        assert_alike(results(lake), results(other))

    def test_works_one_day_when_told_to(self, lake: Lake, rules: NightRules) -> None:
        report = work(lake, rules, on=dt.date(2025, 1, 29))

        assert (report.first_on, report.last_on) == (dt.date(2025, 1, 29), dt.date(2025, 1, 29))
        assert {row["on_date"] for row in results(lake, TRUSTED_DAY)["core_trusted_day"]} == {dt.date(2025, 1, 29)}

    def test_says_what_to_do_when_nothing_was_imported(self, tmp_path: Path, rules: NightRules) -> None:
        with pytest.raises(LakeEmpty, match="company import"):
            work(Lake.open(tmp_path / "empty"), rules)

    def test_leaves_an_import_that_is_running_alone(self, lake: Lake, rules: NightRules) -> None:
        with lake.transaction(), pytest.raises(LakeBusy):
            work(lake, rules)


class StoppedAfterOne:
    """An engine that somebody stops with Ctrl-C after the first result."""

    def map(self, task: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        yield task(items[0])
        raise KeyboardInterrupt

    def query(self, sql: str, *, tables: Mapping[str, pa.Table]) -> pa.Table:
        raise AssertionError("the night was stopped before this")
