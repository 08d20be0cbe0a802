"""Lines, units and months, from a lake as a night leaves it.

(substation) F1 ── A1: supply 100, customers 60 + 36
                ├─ A2: supply 50, customer 49, solar exports 4
                └─ H1: 10 kV customer 200
F1's own meter: 362. Its own loss: 362 + 0 - (100 + 50 + 200) = 12.
"""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.line_loss.operations import roll_up_losses
from lamplighter.business.line_loss.queries import (
    AreaDayUnknown,
    explain_area_day,
    newest_worked_day,
    read_area_losses,
    read_area_months,
    read_feeder_losses,
    read_unit_losses,
)
from lamplighter.business.line_loss.records import LossClass, Term
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY
from lamplighter.business.metering.tables import INTERVAL_MONTHLY, METER
from lamplighter.business.network.tables import AREA, ASSIGNMENT, FEEDER, LINE, UNIT
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from tests.business.line_loss.drawing import THRESHOLDS

NOW = dt.datetime(2025, 2, 1)
DAYS = [dt.date(2025, 1, 30), dt.date(2025, 1, 31)]
MONTH = dt.date(2025, 1, 1)

METERS = {
    "F1-0": (None, "F1", "feeder", 362.0, 0.0),
    "A1-0": ("A1", None, "supply", 100.0, 0.0),
    "A1-1": ("A1", None, "customer", 60.0, None),
    "A1-2": ("A1", None, "customer", 36.0, None),
    "A2-0": ("A2", None, "supply", 50.0, 0.0),
    "A2-1": ("A2", None, "customer", 49.0, None),
    "A2-2": ("A2", None, "solar", 0.0, 4.0),
    "H1-1": (None, "F1", "customer", 200.0, None),
}
"""Area, feeder, role, forward and reverse kWh of a day, by meter."""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake.open(tmp_path / "lake")
    with lake.transaction() as change:
        ids = {"province_id": "P", "city_id": "C", "county_id": "Y", "station_id": "S"}
        levels = {"P": "province", "C": "city", "Y": "county", "S": "station"}
        parents = {"P": None, "C": "P", "Y": "C", "S": "Y"}
        units = []
        for unit, level in levels.items():
            own = {name: value if "PCYS".index(value) <= "PCYS".index(unit) else unit for name, value in ids.items()}
            units.append({"unit_id": unit, "parent_id": parents[unit], "level": level, "name": unit} | own)
        feeder = {"feeder_id": "F1", "station_id": "S", "substation_id": "SUB", "voltage_kv": 10.0}
        plates = {"rated_kva": 100.0, "no_load_loss_kw": 0.1, "load_loss_kw": 1.5, "bucket": 0}
        areas = [{"area_id": area, "feeder_id": "F1", "station_id": "S"} | plates for area in ("A1", "A2")]
        meters = [
            {"meter_id": meter, "account_id": f"C-{meter}", "area_id": area, "feeder_id": feeder_id, "role": role}
            | {"multiplier": 1.0, "bucket": 0}
            for meter, (area, feeder_id, role, _, _) in METERS.items()
        ]
        for contract, rows in ((UNIT, units), (FEEDER, [feeder]), (AREA, areas), (METER, meters)):
            add(change, contract, rows)
    return lake


def add(change, contract, rows):
    names = {name for row in rows for name in row}
    schema = pa.schema([field for field in contract.schema if field.name in names])
    change.append(contract, pa.Table.from_pylist(rows, schema=schema), known_at=NOW)


def work_days(lake: Lake, *, silent: tuple[str, ...] = (), days=DAYS, moved: bool = False) -> None:
    """Write the trusted days and area losses a night would have written."""
    energies, losses = [], []
    for day in days:
        for meter, (area, _, role, forward, reverse) in METERS.items():
            known = meter not in silent
            energies.append(
                {
                    "meter_id": meter,
                    "on_date": day,
                    "area_id": area,
                    "role": role,
                    "energy_kwh": forward if known else None,
                    "reverse_kwh": reverse if known else None,
                    "source": "interval" if known else "none",
                    "actual_share": 1.0 if known else 0.0,
                    "estimated_share": 0.0,
                    "is_outage": False,
                    "policy_version": "t",
                }
            )
        for area, supplied, sold in (("A1", 100.0, 96.0), ("A2", 54.0, 49.0)):
            losses.append(
                {
                    "area_id": area,
                    "on_date": day,
                    "supplied_kwh": supplied,
                    "sold_kwh": sold,
                    "loss_kwh": supplied - sold,
                    "loss_rate": (supplied - sold) / supplied,
                    "technical_kwh": 2.0,
                    "technical_source": "network",
                    "unexplained_kwh": supplied - sold - 2,
                    "unexplained_low_kwh": supplied - sold - 5,
                    "unexplained_high_kwh": supplied - sold + 1,
                    "coverage": 1.0,
                    "estimated_share": 0.0,
                    "is_computable": True,
                    "loss_class": "economic",
                    "policy_version": "t",
                }
            )
    with lake.transaction() as change:
        for contract, rows in ((TRUSTED_DAY, energies), (AREA_LOSS_DAILY, losses)):
            schema = pa.schema([field for field in contract.schema if field.name in rows[0]])
            change.append_run(contract, pa.Table.from_pylist(rows, schema=schema), known_at=NOW, days=days, bucket=0)


def roll_up(lake: Lake, *, days=DAYS, thresholds=THRESHOLDS):
    with lake.transaction() as change:
        return roll_up_losses(
            lake=lake,
            change=change,
            engine=LocalEngine(processes=1),
            thresholds=thresholds,
            days=days,
            now=NOW,
        )


def feeder_day(lake: Lake, day=DAYS[0]):
    with lake.snapshot() as state:
        (row,) = read_feeder_losses(state, on=day).to_pylist()
    return row


class TestLineLoss:
    def test_is_the_lines_own_and_not_the_sum_of_its_areas_losses(self, lake):
        work_days(lake)
        roll_up(lake)
        row = feeder_day(lake)

        assert (row["supplied_kwh"], row["sold_kwh"], row["loss_kwh"]) == (362.0, 350.0, 12.0)
        assert row["boundary"] == "transformers"
        assert row["is_computable"]

    def test_counts_the_transformers_losses_as_the_lines(self, lake):
        work_days(lake)
        roll_up(lake)
        row = feeder_day(lake)
        # 2 x 0.1 kW x 24 h, and next to nothing for transformers at 4 and 2 % of their rating.
        assert row["technical_source"] == "transformers"
        assert row["technical_kwh"] == pytest.approx(4.8, abs=0.1)

    def test_adds_the_conductors_where_the_line_is_known_as_a_tree(self, lake):
        work_days(lake)
        plates = roll_up(lake) and feeder_day(lake)["technical_kwh"]
        with lake.transaction() as change:
            ends = {"A1": 50.0, "A2": 100.0}
            rows = [{"feeder_id": "F1", "from_node": "bus", "to_node": area} for area in ends]
            rows = [row | {"length_m": 1000.0, "ohm_per_km": ends[row["to_node"]]} for row in rows]
            add(change, LINE, rows)
        # H1 hangs on no node of the tree: two of three ends are placed.
        roll_up(lake, thresholds=THRESHOLDS.replace(placed_share_min=0.6))
        row = feeder_day(lake)
        amperes = [kwh / 24 / (3**0.5 * 10 * 0.95) for kwh in (100.0, 50.0)]
        conductors = 3 * 1.15 * (amperes[0] ** 2 * 50 + amperes[1] ** 2 * 100) * 24 / 1000

        assert row["technical_source"] == "network"
        assert row["technical_kwh"] - plates == pytest.approx(conductors)

    def test_does_not_know_a_line_whose_own_meter_is_silent(self, lake):
        work_days(lake, silent=("F1-0",))
        roll_up(lake)
        row = feeder_day(lake)

        assert row["loss_kwh"] is None
        assert row["not_computable_reason"].startswith("supply_unknown")

    def test_is_no_figure_when_an_area_under_it_is_silent(self, lake):
        work_days(lake, silent=("A2-0",))
        roll_up(lake)

        assert feeder_day(lake)["not_computable_reason"] == "coverage_low"

    def test_follows_an_area_switched_to_another_line(self, lake):
        work_days(lake)
        with lake.transaction() as change:
            add(change, FEEDER, [{"feeder_id": "F2", "station_id": "S"}])
            rows = [{"child_id": "A2", "child_kind": "area", "parent_id": "F1", "valid_from": dt.date(2020, 1, 1)}]
            rows[0]["valid_to"] = DAYS[1]
            rows.append({"child_id": "A2", "child_kind": "area", "parent_id": "F2", "valid_from": DAYS[1]})
            add(change, ASSIGNMENT, rows)
        roll_up(lake)
        with lake.snapshot() as state:
            after = {row["feeder_id"]: row for row in read_feeder_losses(state, on=DAYS[1]).to_pylist()}

        assert feeder_day(lake, DAYS[0])["sold_kwh"] == 350.0
        assert after["F1"]["sold_kwh"] == 300.0
        assert after["F2"]["not_computable_reason"] == "supply_unknown"

    def test_says_that_solar_is_missing_when_the_archive_knows_more_than_was_measured(self, lake):
        work_days(lake)
        with lake.transaction() as change:
            marked = [{"account_id": f"C-{meter}", "class": "residential"} for meter in ("A1-1", "A1-2", "H1-1")]
            add(change, CUSTOMER, [row | {"attributes": '{"has_generation": true}'} for row in marked])
        roll_up(lake)
        row = feeder_day(lake)

        # Three of four plants have no measured export: 12 / 362 may be anything.
        assert row["not_computable_reason"] == "solar_unknown"
        assert row["loss_class"] == "not_computable"
        assert row["cause_hints"] == "P3"


class TestMonth:
    def test_of_an_area_sums_its_computable_days(self, lake):
        work_days(lake)
        roll_up(lake)
        with lake.snapshot() as state:
            rows = {row["area_id"]: row for row in read_area_months(state, month="2025-01").to_pylist()}

        assert rows["A1"]["day_count"] == 2
        assert rows["A1"]["loss_kwh"] == 8.0
        assert rows["A1"]["loss_rate"] == pytest.approx(0.04)
        assert (rows["A1"]["unexplained_low_kwh"], rows["A1"]["unexplained_high_kwh"]) == (-2.0, 10.0)

    def test_of_a_line_stands_beside_its_first_day_and_replaces_nothing(self, lake):
        work_days(lake, days=[MONTH])
        roll_up(lake, days=[MONTH])
        with lake.snapshot() as state:
            month = read_feeder_losses(state, month="2025-01").to_pylist()
            day = read_feeder_losses(state, on=MONTH).to_pylist()

        assert [row["period"] for row in month] == ["month"]
        assert [row["period"] for row in day] == ["day"]

    def test_is_no_figure_when_too_few_of_its_days_are(self, lake):
        work_days(lake, days=[DAYS[0]])
        work_days(lake, days=[DAYS[1]], silent=("F1-0",))
        roll_up(lake)
        with lake.snapshot() as state:
            (row,) = read_feeder_losses(state, month="2025-01").to_pylist()

        assert not row["is_computable"]
        assert row["loss_kwh"] == 12.0

    def test_known_only_by_the_month_follows_the_line_to_what_was_told(self, lake):
        with lake.transaction() as change:
            rows = [
                {"meter_id": meter, "month": MONTH, "channel": channel, "value": value * 31}
                for meter, (_, _, _, forward, reverse) in METERS.items()
                for channel, value in (("energy_kwh", forward), ("reverse_kwh", reverse))
                if value is not None
            ]
            add(change, INTERVAL_MONTHLY, rows)
        roll_up(lake, days=[])
        with lake.snapshot() as state:
            (row,) = read_feeder_losses(state, month="2025-01").to_pylist()

        assert row["loss_kwh"] == pytest.approx(12 * 31)
        assert row["coverage"] == 1.0

    def test_a_repeat_says_the_same(self, lake):
        work_days(lake)
        first, second = roll_up(lake), roll_up(lake)
        with lake.snapshot() as state:
            count = read_unit_losses(state, on=DAYS[0]).num_rows

        assert first == second
        assert count == 12


class TestUnits:
    def test_are_summed_by_region_and_by_voltage(self, lake):
        work_days(lake)
        roll_up(lake)
        with lake.snapshot() as state:
            rows = {(row["unit_id"], row["level"]): row for row in read_unit_losses(state, on=DAYS[0]).to_pylist()}

        # 0.4 kV: 100 + 54 in, 96 + 49 out. 10 kV: the line's own. Region: 362 + 4 in, 60 + 36 + 49 + 200 out.
        assert rows["P", "0.4 kV"]["loss_kwh"] == 9.0
        assert rows["P", "10 kV"]["loss_kwh"] == 12.0
        assert (rows["P", "province"]["supplied_kwh"], rows["P", "province"]["sold_kwh"]) == (366.0, 345.0)
        assert {unit for unit, _ in rows} == {"P", "C", "Y", "S"}

    def test_voltage_levels_and_areas_add_up_to_the_region(self, lake):
        work_days(lake)
        roll_up(lake)
        with lake.snapshot() as state:
            rows = {(row["unit_id"], row["level"]): row for row in read_unit_losses(state, on=DAYS[0]).to_pylist()}

        assert rows["S", "station"]["loss_kwh"] == rows["S", "0.4 kV"]["loss_kwh"] + rows["S", "10 kV"]["loss_kwh"]

    def test_of_a_region_count_the_technical_loss_of_lines_and_of_areas(self, lake):
        work_days(lake)
        roll_up(lake)
        with lake.snapshot() as state:
            rows = {(row["unit_id"], row["level"]): row for row in read_unit_losses(state, on=DAYS[0]).to_pylist()}
        parts = rows["S", "10 kV"]["technical_kwh"] + rows["S", "0.4 kV"]["technical_kwh"]

        assert rows["S", "station"]["technical_kwh"] == pytest.approx(parts)
        assert rows["S", "station"]["unexplained_kwh"] == pytest.approx(rows["S", "station"]["loss_kwh"] - parts)

    def test_are_summed_from_areas_where_no_line_is_metered(self, lake):
        work_days(lake, silent=("F1-0",))
        roll_up(lake)
        with lake.snapshot() as state:
            rows = {(row["unit_id"], row["level"]): row for row in read_unit_losses(state, on=DAYS[0]).to_pylist()}

        assert rows["S", "station"]["loss_kwh"] == 9.0
        assert rows["S", "10 kV"]["computable_count"] == 0

    def test_intervals_of_independent_areas_add_as_squares(self, lake):
        work_days(lake)
        roll_up(lake)
        with lake.snapshot() as state:
            rows = {(row["unit_id"], row["level"]): row for row in read_unit_losses(state, on=DAYS[0]).to_pylist()}
        low_voltage = rows["S", "0.4 kV"]

        assert low_voltage["unexplained_kwh"] == 5.0
        assert low_voltage["unexplained_high_kwh"] == pytest.approx(5.0 + (3.0**2 + 3.0**2) ** 0.5)


class TestExplanation:
    def test_takes_a_day_apart_meter_by_meter(self, lake):
        work_days(lake)
        with lake.snapshot() as state:
            found = explain_area_day(state, area_id="A2", on=DAYS[0])

        assert found.terms[Term.SUPPLY_FORWARD] == 50.0
        assert found.terms[Term.SOLAR_EXPORT] == 4.0
        assert found.terms[Term.CUSTOMER_IMPORT] == 49.0
        assert [share.meter_id for share in found.meters] == ["A2-0", "A2-2", "A2-1", "A2-2"]
        assert found.loss_class is LossClass.ECONOMIC

    def test_adds_up_to_the_balance(self, lake):
        work_days(lake)
        with lake.snapshot() as state:
            found = explain_area_day(state, area_id="A2", on=DAYS[0])
        supplied = sum(kwh for term, kwh in found.terms.items() if term < Term.CUSTOMER_IMPORT)
        sold = sum(kwh for term, kwh in found.terms.items() if term >= Term.CUSTOMER_IMPORT)

        assert (supplied, sold) == (found.supplied_kwh, found.sold_kwh)

    def test_refuses_a_day_that_was_not_worked(self, lake):
        with lake.snapshot() as state, pytest.raises(AreaDayUnknown, match="A9"):
            explain_area_day(state, area_id="A9", on=DAYS[0])


class TestReading:
    def test_gives_the_worst_area_first(self, lake):
        work_days(lake)
        with lake.snapshot() as state:
            assert read_area_losses(state, on=DAYS[0]).column("area_id").to_pylist() == ["A2", "A1"]
            assert newest_worked_day(state) == DAYS[1]

    def test_of_an_empty_lake_knows_no_day(self, tmp_path):
        with Lake.open(tmp_path / "empty").snapshot() as state:
            assert newest_worked_day(state) is None
