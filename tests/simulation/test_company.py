"""The company folder as a whole: complete, honest with itself, repeatable, and without the truth."""

import ast
import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

import lamplighter
from lamplighter.simulation import (
    FolderNotEmpty,
    FoldersOverlap,
    SimulationSettings,
    SimulationSummary,
    simulate_company,
)
from lamplighter.simulation.schemas import COMPANY, TRUTH

Simulate = Callable[[SimulationSettings], SimulationSummary]


def hash_files(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def read(folder: Path, name: str) -> pa.Table:
    return pq.read_table(folder / f"{name}.parquet")


def read_intervals(folder: Path) -> pa.Table:
    tables = [pq.read_table(path) for path in sorted((folder / "interval").glob("*.parquet"))]
    return pa.concat_tables(tables, promote_options="default")


def sum_by_meter(intervals: pa.Table, channel: str) -> dict[str, float]:
    wanted = intervals.filter(pc.equal(intervals["channel"], channel))
    slots = [name for name in wanted.column_names if name.startswith("v")]
    values = np.stack([wanted[name].to_numpy().astype(float) for name in slots], axis=1)
    total: dict[str, float] = {}
    for meter, kwh in zip(wanted["meter_id"].to_pylist(), np.nansum(values, axis=1), strict=True):
        total[meter] = total.get(meter, 0.0) + float(kwh)
    return total


class TestFolder:
    def test_holds_every_file_with_its_columns(self, small_company: SimulationSummary) -> None:
        found = {path.stem: pq.read_schema(path).names for path in small_company.folder.glob("*.parquet")}

        assert found == {name: schema.names for name, schema in COMPANY.items()}

    def test_names_the_company_and_its_prices(self, small_company: SimulationSummary) -> None:
        company = tomllib.loads((small_company.folder / "company.toml").read_text(encoding="utf-8"))

        assert company["timezone"] == "Asia/Shanghai"
        assert company["interval_minutes"] == 15
        assert set(company["price_yuan_per_kwh"]) >= set(read(small_company.folder, "customers")["class"].to_pylist())

    def test_every_unit_has_land_and_a_parent_above(self, small_company: SimulationSummary) -> None:
        units = read(small_company.folder, "units").to_pylist()
        outlines = json.loads((small_company.folder / "units.geojson").read_text(encoding="utf-8"))

        known = {unit["unit_id"] for unit in units}
        assert {feature["properties"]["unit_id"] for feature in outlines["features"]} == known
        assert all(unit["parent_id"] in known for unit in units if unit["level"] != "province")
        assert {unit["level"] for unit in units} == {"province", "city", "county", "station"}

    def test_every_interval_row_has_a_registered_meter(self, small_company: SimulationSummary) -> None:
        meters = set(read(small_company.folder, "meters")["meter_id"].to_pylist())

        assert set(read_intervals(small_company.folder)["meter_id"].to_pylist()) <= meters
        assert set(read(small_company.folder, "registers")["meter_id"].to_pylist()) <= meters
        assert set(read(small_company.folder, "events")["meter_id"].to_pylist()) <= meters

    def test_every_customer_has_a_meter_on_an_area_or_a_feeder(self, small_company: SimulationSummary) -> None:
        meters = read(small_company.folder, "meters").to_pylist()
        accounts = set(read(small_company.folder, "customers")["account_id"].to_pylist())

        assert {row["account_id"] for row in meters if row["account_id"]} == accounts
        assert all((row["area_id"] is None) != (row["feeder_id"] is None) for row in meters)
        assert {row["role"] for row in meters} >= {"customer", "supply", "feeder"}

    def test_missing_values_are_null_and_never_a_number(self, small_company: SimulationSummary) -> None:
        intervals = read_intervals(small_company.folder)
        slots = [name for name in intervals.column_names if name.startswith("v")]

        assert sum(intervals[name].null_count for name in slots) > 0
        assert not any(pc.any(pc.is_nan(intervals[name])).as_py() for name in slots)

    def test_counts_what_it_wrote(self, small_company: SimulationSummary) -> None:
        intervals = read_intervals(small_company.folder)
        slots = [name for name in intervals.column_names if name.startswith("v")]

        assert small_company.interval_rows == intervals.num_rows
        assert small_company.readings == sum(len(intervals) - intervals[name].null_count for name in slots)
        assert small_company.customers == read(small_company.folder, "customers").num_rows

    def test_files_are_split_by_month_and_feeder(self, small_company: SimulationSummary) -> None:
        names = {path.name for path in (small_company.folder / "interval").iterdir() if "late" not in path.name}

        assert names == {f"2025-{month}-0000{feeder}.parquet" for month in ("01", "02") for feeder in (0, 1)}

    def test_late_rows_say_when_they_came(self, simulate: Simulate, small_settings: SimulationSettings) -> None:
        company = simulate(replace(small_settings, areas=1, days=60, customers_per_area=(60, 60)))

        late = [pq.read_table(path) for path in (company.folder / "interval").glob("*-late.parquet")]

        assert late
        for table in late:
            came = table["known_at"].to_numpy().astype("datetime64[D]")
            assert (came >= table["on_date"].to_numpy().astype("datetime64[D]") + 2).all()


class TestRegisters:
    def test_loses_as_many_readings_as_asked_for(
        self, simulate: Callable[[SimulationSettings], SimulationSummary], small_settings: SimulationSettings
    ) -> None:
        company = simulate(replace(small_settings, areas=1, missing_share=0.1))

        meters = read(company.folder, "meters")
        low = meters.filter(pc.is_valid(meters["area_id"]))["meter_id"]
        energy = read_intervals(company.folder).filter(pc.field("channel") == "energy_kwh")
        energy = energy.filter(pc.is_in(energy["meter_id"], value_set=low.combine_chunks()))
        slots = [name for name in energy.column_names if name.startswith("v")]
        lost = sum(energy[name].null_count for name in slots) / (energy.num_rows * len(slots))
        # Bursts and single readings fall on each other now and then.
        assert lost == pytest.approx(0.095, abs=0.02)

    def test_dial_difference_equals_the_intervals_of_the_day(self, small_company: SimulationSummary) -> None:
        intervals = read_intervals(small_company.folder)
        energy = intervals.filter(pc.equal(intervals["channel"], "energy_kwh"))
        slots = [f"v{slot:02d}" for slot in range(96)]
        complete = {
            (row["meter_id"], row["on_date"]): sum(row[slot] for slot in slots)
            for row in energy.to_pylist()
            if all(row[slot] is not None for slot in slots)
        }
        dials = {
            (row["meter_id"], row["on_date"]): row["total_kwh"]
            for row in read(small_company.folder, "registers").to_pylist()
        }

        checked = 0
        for (meter, day), kwh in complete.items():
            ends = (meter, date.fromordinal(day.toordinal() + 1))
            if (meter, day) in dials and ends in dials:
                moved = (dials[ends] - dials[meter, day]) % 1_000_000
                assert moved == pytest.approx(kwh, abs=0.021)
                checked += 1

        assert checked > 300

    def test_time_of_use_dials_move_as_much_as_the_total(self, small_company: SimulationSummary) -> None:
        registers = read(small_company.folder, "registers").to_pylist()
        first: dict[str, dict[str, float]] = {}
        last: dict[str, dict[str, float]] = {}
        for row in sorted(registers, key=lambda row: (row["meter_id"], row["on_date"])):
            first.setdefault(row["meter_id"], row)
            last[row["meter_id"]] = row

        for meter, start in first.items():
            moved = [
                (last[meter][name] - start[name]) % 1_000_000
                for name in ("total_kwh", "sharp_kwh", "peak_kwh", "flat_kwh", "valley_kwh")
            ]
            assert sum(moved[1:]) == pytest.approx(moved[0], abs=0.05)


class TestExchange:
    def test_old_and_new_meter_share_the_day_and_no_interval(
        self, simulate: Simulate, small_settings: SimulationSettings
    ) -> None:
        company = simulate(replace(small_settings, areas=2, customers_per_area=(90, 90), seed=1))
        truth = company.folder.parent / "truth"
        exchanged = {row["account_id"] for row in read(truth, "benign").to_pylist() if row["kind"] == "meter_exchange"}
        rows = [row for row in read(company.folder, "meters").to_pylist() if row["account_id"] in exchanged]
        intervals = read_intervals(company.folder)
        wanted = pc.is_in(intervals["meter_id"], pa.array([row["meter_id"] for row in rows]))
        energy = intervals.filter(pc.and_(wanted, pc.equal(intervals["channel"], "energy_kwh"))).to_pylist()
        slots = [f"v{slot:02d}" for slot in range(96)]

        shared = 0
        for account in exchanged:
            old, new = sorted(
                (row for row in rows if row["account_id"] == account), key=lambda row: row["installed_on"]
            )
            assert (old["removed_on"] - new["installed_on"]).days == 1
            days = {
                meter["meter_id"]: [
                    {slot for slot in slots if row[slot] is not None}
                    for row in energy
                    if row["meter_id"] == meter["meter_id"] and row["on_date"] == new["installed_on"]
                ]
                for meter in (old, new)
            }
            seen = [slots_of[0] for slots_of in days.values() if slots_of]
            assert len(seen) < 2 or not seen[0] & seen[1]
            shared += len(seen) == 2
        assert shared


class TestEnergyBalance:
    def test_area_supply_is_use_less_solar_plus_loss_plus_theft(
        self, simulate: Simulate, small_settings: SimulationSettings
    ) -> None:
        # Clean meters all, nothing lost on the way: what is missing between supply and customers is loss and theft.
        settings = replace(small_settings, areas=2, days=8, difficulty=0.0, seed=10)
        company = simulate(settings)
        truth = company.folder.parent / "truth"
        meters = {row["meter_id"]: row for row in read(company.folder, "meters").to_pylist()}
        registers = read(company.folder, "registers").to_pylist()
        ends: dict[str, dict[date, dict[str, float]]] = {}
        for row in registers:
            ends.setdefault(row["meter_id"], {})[row["on_date"]] = row

        errors = {row["meter_id"] for row in read(truth, "archive_errors").to_pylist()}
        faults = {row["meter_id"] for row in read(truth, "faults").to_pylist()}
        supplied = sold = 0.0
        for meter, days in ends.items():
            row = meters[meter]
            if row["area_id"] is None:
                continue
            assert meter not in faults | errors
            assert len(days) == 9 or min(days) == settings.start_on
            first, last = days[min(days)], days[max(days)]
            kwh = (last["total_kwh"] - first["total_kwh"]) * row["multiplier"]
            kwh -= ((last["reverse_kwh"] or 0.0) - (first["reverse_kwh"] or 0.0)) * row["multiplier"]
            supplied, sold = (supplied + kwh, sold) if row["role"] == "supply" else (supplied, sold + kwh)
        loss = read(truth, "area_loss")
        technical, stolen = pc.sum(loss["technical_kwh"]).as_py(), pc.sum(loss["stolen_kwh"]).as_py()
        camera = sum(row["strength"] for row in read(truth, "benign").to_pylist() if row["kind"] == "unmetered_load")

        assert supplied - sold == pytest.approx(technical + stolen + camera, abs=0.01 * supplied)
        assert technical > 0
        assert stolen > 0

    def test_causes_of_the_loss_add_up_to_it(self, small_company: SimulationSummary) -> None:
        truth = small_company.folder.parent / "truth"
        meters = {row["meter_id"]: row for row in read(small_company.folder, "meters").to_pylist()}
        ends: dict[str, list[dict[str, object]]] = {}
        for row in read(small_company.folder, "registers").to_pylist():
            ends.setdefault(row["meter_id"], []).append(row)
        loss: dict[str, float] = {}
        for meter, rows in ends.items():
            area = meters[meter]["area_id"]
            if area is None:
                continue
            rows.sort(key=lambda row: row["on_date"])
            kwh = (rows[-1]["total_kwh"] - rows[0]["total_kwh"]) % 1_000_000
            kwh -= ((rows[-1]["reverse_kwh"] or 0.0) - (rows[0]["reverse_kwh"] or 0.0)) % 1_000_000
            sign = 1.0 if meters[meter]["role"] == "supply" else -1.0
            loss[area] = loss.get(area, 0.0) + sign * kwh * meters[meter]["multiplier"]
        causes: dict[str, float] = {}
        for row in read(truth, "area_causes").to_pylist():
            parts = sum(kwh for name, kwh in row.items() if name.endswith("_kwh"))
            causes[row["area_id"]] = causes.get(row["area_id"], 0.0) + parts

        # A dial is read to 0.01 times the ratio of its transformers, some days of some meters are lost.
        for area, kwh in loss.items():
            assert causes[area] == pytest.approx(kwh, abs=25.0)

    def test_feeder_supply_is_areas_customers_transformers_and_line(self, small_company: SimulationSummary) -> None:
        truth = small_company.folder.parent / "truth"
        feeders = read(truth, "feeder_loss").to_pylist()
        areas = read(truth, "area_loss").to_pylist()
        totals = sum_by_meter(read_intervals(small_company.folder), "energy_kwh")
        meters = read(small_company.folder, "meters").to_pylist()
        high = sum(
            totals[row["meter_id"]] * row["multiplier"]
            for row in meters
            if row["feeder_id"] is not None and row["role"] == "customer"
        )

        supplied = sum(row["supplied_kwh"] for row in feeders)
        lost = sum(row["line_kwh"] + row["transformer_kwh"] for row in feeders)
        to_areas = sum(row["supplied_kwh"] - row["fed_back_kwh"] for row in areas)

        assert all(row["line_kwh"] > 0 for row in feeders if row["supplied_kwh"] > 0)
        stolen = sum(
            row["stolen_kwh"]
            for row in read(truth, "thefts").to_pylist()
            if row["area_id"] is None and row["account_id"]
        )

        # High-side meters count their own transformers' loss too: a little over, never under.
        assert supplied - lost - to_areas == pytest.approx(high + stolen, rel=0.03)


class TestRepeatability:
    def test_same_seed_gives_the_same_bytes(
        self, simulate: Simulate, small_company: SimulationSummary, small_settings: SimulationSettings
    ) -> None:
        again = simulate(small_settings)

        assert hash_files(again.folder.parent) == hash_files(small_company.folder.parent)

    def test_number_of_processes_changes_nothing(
        self, simulate: Simulate, small_company: SimulationSummary, small_settings: SimulationSettings
    ) -> None:
        by_two = simulate(replace(small_settings, processes=2))

        assert hash_files(by_two.folder.parent) == hash_files(small_company.folder.parent)

    def test_another_seed_gives_another_company(
        self, simulate: Simulate, small_company: SimulationSummary, small_settings: SimulationSettings
    ) -> None:
        other = simulate(replace(small_settings, seed=5))

        # The same numbers are given out, but the people behind them are others.
        for name in ("customers", "meters", "registers", "lines", "weather"):
            assert read(other.folder, name) != read(small_company.folder, name)

    def test_more_areas_leave_the_first_feeder_as_it_was(
        self, simulate: Simulate, small_company: SimulationSummary, small_settings: SimulationSettings
    ) -> None:
        larger = simulate(replace(small_settings, areas=4))

        # Account and asset numbers depend on the area alone, and so do its lines.
        wanted = ["area_id", "rated_kva"]
        first = read(small_company.folder, "areas").select(wanted).slice(0, 2)
        assert read(larger.folder, "areas").select(wanted).slice(0, 2) == first


class TestFormats:
    def test_csv_says_the_same_as_parquet(
        self, simulate: Simulate, small_company: SimulationSummary, small_settings: SimulationSettings
    ) -> None:
        company = simulate(replace(small_settings, file_format="csv"))

        written = pcsv.read_csv(company.folder / "interval" / "2025-01-00000.csv")
        expected = pq.read_table(small_company.folder / "interval" / "2025-01-00000.parquet")
        assert written["v40"].to_numpy().astype(np.float32) == pytest.approx(expected["v40"].to_numpy(), nan_ok=True)
        assert written["meter_id"].to_pylist() == expected["meter_id"].to_pylist()
        assert {path.stem for path in company.folder.glob("*.csv")} == set(COMPANY)

    def test_files_by_day_hold_one_day_each(self, simulate: Simulate, small_settings: SimulationSettings) -> None:
        company = simulate(replace(small_settings, areas=1, days=3, file_span="day", has_late_files=False))

        days = {
            path.name[:10]: set(map(str, pq.read_table(path)["on_date"].to_pylist()))
            for path in (company.folder / "interval").iterdir()
        }
        assert days == {day: {day} for day in ("2025-01-27", "2025-01-28", "2025-01-29")}

    def test_half_hours_have_48_slots(self, simulate: Simulate, small_settings: SimulationSettings) -> None:
        company = simulate(replace(small_settings, areas=1, days=2, interval_minutes=30))

        names = read_intervals(company.folder).column_names
        assert "v47" in names
        assert "v48" not in names

    def test_channels_not_asked_for_stay_away(self, simulate: Simulate, small_settings: SimulationSettings) -> None:
        company = simulate(replace(small_settings, areas=1, days=2, channels=("energy_kwh",)))

        assert set(read_intervals(company.folder)["channel"].to_pylist()) == {"energy_kwh"}


class TestTruthApart:
    def test_company_folder_has_no_column_of_the_truth(self, small_company: SimulationSummary) -> None:
        hidden = {name for schema in TRUTH.values() for name in schema.names}
        shared = {"account_id", "meter_id", "area_id", "feeder_id", "on_date", "kind"}

        for path in small_company.folder.rglob("*.parquet"):
            assert not set(pq.read_schema(path).names) & (hidden - shared), path.name

    def test_analysis_never_names_the_truth(self) -> None:
        package = Path(lamplighter.__file__).parent
        names = {f"{name}.parquet" for name in TRUTH} | {"lamplighter.simulation", "stolen_kwh_per_day"}
        # Training makes its own thefts; what the simulation hides is not to be had below it.
        for room in ("business", "methods", "base"):
            for path in (package / room).rglob("*.py"):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
                imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
                imported |= {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
                assert not (said | imported) & names, path
                assert not any(name.startswith("lamplighter.simulation") for name in imported), path

    def test_order_of_rows_does_not_tell_the_true_area(self, small_company: SimulationSummary) -> None:
        accounts = read(small_company.folder, "customers").to_pylist()
        low = [row["account_id"] for row in accounts if row["voltage_kv"] < 10]

        # Two feeders, each sorted by account number.
        assert sum(a > b for a, b in pairwise(low)) <= 1

    def test_refuses_a_truth_folder_inside_the_company(
        self, tmp_path: Path, small_settings: SimulationSettings
    ) -> None:
        with pytest.raises(FoldersOverlap):
            simulate_company(folder=tmp_path / "c", truth=tmp_path / "c" / "truth", settings=small_settings)

    def test_refuses_a_folder_with_files(self, tmp_path: Path, small_settings: SimulationSettings) -> None:
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "old.csv").write_text("x", encoding="utf-8")

        with pytest.raises(FolderNotEmpty) as refusal:
            simulate_company(folder=tmp_path / "c", truth=tmp_path / "t", settings=small_settings)

        assert refusal.value.count == 1
