"""One company at each depth of data: what it hands over, and the list it gets for it."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from benchmarks.tiers import write_tier

from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import BILLED_MONTH, CUSTOMER
from lamplighter.business.detection.queries import read_list_file
from lamplighter.business.detection.tables import EVIDENCE, EVIDENCE_SCORE, SUSPICION
from lamplighter.business.line_loss.tables import AREA_LOSS_MONTHLY, AREA_PERIOD
from lamplighter.business.metering.tables import INTERVAL_MONTHLY, METER
from lamplighter.journeys.brief.collect import collect_brief
from lamplighter.journeys.brief.payload import build_payload
from lamplighter.journeys.brief.settings import default_settings
from lamplighter.journeys.company_import import ImportReport, import_company
from lamplighter.journeys.nightly_run import read_rules, run_nightly

NOW, NIGHT = dt.datetime(2025, 3, 1), dt.datetime(2025, 3, 2)
LAST = dt.date(2025, 1, 31)
ENTERING = {("supply", "energy_kwh"), ("solar", "reverse_kwh")}
LEAVING = {("supply", "reverse_kwh"), ("solar", "energy_kwh")}
WITHOUT_CURVE = {"balance", "voltage"}


@pytest.fixture(scope="module")
def january(simulate, small_settings) -> Path:
    """Two areas over January: a month of dials and of bills."""
    settings = replace(small_settings, areas=2, start_on=dt.date(2025, 1, 1), days=31, customers_per_area=(10, 12))
    return simulate(settings).folder


@dataclass(frozen=True)
class Worked:
    """A folder taken in, and the night that followed."""

    report: ImportReport
    lake: Lake

    def rows(self, contract: Any, **choices: Any) -> list[dict[str, Any]]:
        with self.lake.snapshot() as state:
            return state.read(contract, **choices).to_pylist()

    @property
    def listed(self) -> dict[str, dict[str, Any]]:
        return {row["account_id"]: row for row in self.rows(SUSPICION)}

    def metered(self) -> dict[str, dict[str, Any]]:
        """The listed accounts that have a customer's meter; a plant that only feeds in has none."""
        return {account: row for account, row in self.listed.items() if row["meter_id"]}

    def scores(self, name: str) -> list[float | None]:
        return [row["value"] for row in self.rows(EVIDENCE_SCORE, where=pc.field("score") == name)]


def work(folder: Path, home: Path) -> Worked:
    lake = Lake.open(home / "lake")
    report = import_company(folder=folder, lake=lake, now=NOW)
    rules = read_rules(home, on=NIGHT.date())
    run_nightly(lake=lake, engine=LocalEngine(processes=1), rules=rules, now=NIGHT)
    return Worked(report, lake)


@pytest.fixture(scope="module")
def company(january, tmp_path_factory):
    """Work a tier of the company once."""
    done: dict[str, Worked] = {}

    def at(tier: str) -> Worked:
        if tier not in done:
            home = tmp_path_factory.mktemp(tier)
            done[tier] = work(write_tier(january, home / "company", tier), home)
        return done[tier]

    return at


def live_accounts(worked: Worked) -> set[str]:
    return {row["account_id"] for row in worked.rows(CUSTOMER) if row["closed_on"] is None or row["closed_on"] > LAST}


class TestEveryDepth:
    @pytest.mark.parametrize(("tier", "depth"), [("kwh", "interval"), ("daily", "daily"), ("monthly", "monthly")])
    def test_lists_every_live_account_once_and_says_what_each_row_rests_on(self, company, tier, depth):
        worked = company(tier)

        assert Counter(row["account_id"] for row in worked.rows(SUSPICION)) == Counter(live_accounts(worked))
        assert {row["data_depth"] for row in worked.metered().values()} == {depth}
        assert {row["as_of_on"] for row in worked.listed.values()} == {LAST}

    @pytest.mark.parametrize("tier", ["kwh", "daily", "monthly"])
    def test_gives_each_account_a_probability(self, company, tier):
        found = [row["theft_probability"] for row in company(tier).listed.values()]

        assert all(0.0 < probability < 1.0 for probability in found)


class TestDaily:
    def test_switches_off_the_balance_and_the_voltage_alone(self, company):
        layers = [set(row["layers"].split(";")) for row in company("daily").metered().values()]

        assert all(not found & WITHOUT_CURVE for found in layers)
        assert sum({"handover", "shape", "peers"} <= found for found in layers) > len(layers) / 2

    def test_blames_nobody_for_slots_that_no_company_of_dials_has(self, company):
        worked = company("daily")
        thin = worked.rows(EVIDENCE, where=pc.field("code") == "data_thin")

        assert len(thin) < len(worked.metered()) / 4
        assert set(worked.scores("context_actual")) == {None}

    def test_says_at_import_what_the_missing_curves_switch_off(self, company):
        assert company("daily").report.missing == ("interval", "monthly")


class TestMonthly:
    def test_keeps_peers_and_context_alone(self, company):
        layers = {row["layers"] for row in company("monthly").metered().values()}

        assert layers <= {"peers;context", "context"}
        assert "peers;context" in layers

    def test_reckons_an_areas_loss_from_its_supply_and_its_bills(self, company):
        worked = company("monthly")
        january = {"where": pc.field("month") == dt.date(2025, 1, 1)}
        months = [row for row in worked.rows(AREA_LOSS_MONTHLY, **january) if row["is_computable"]]
        meters = {row["meter_id"]: row for row in worked.rows(METER)}
        supplied, sold = Counter(), Counter()
        for row in worked.rows(INTERVAL_MONTHLY, **january):
            meter = meters[row["meter_id"]]
            if (meter["role"], row["channel"]) in ENTERING:
                supplied[meter["area_id"]] += row["value"] * meter["multiplier"]
            if (meter["role"], row["channel"]) in LEAVING:
                sold[meter["area_id"]] += row["value"] * meter["multiplier"]
        area_of = {row["account_id"]: row["area_id"] for row in meters.values() if row["role"] == "customer"}
        for row in worked.rows(BILLED_MONTH, **january):
            sold[area_of.get(row["account_id"])] += row["energy_kwh"]

        assert months
        for row in months:
            assert row["supplied_kwh"] == pytest.approx(supplied[row["area_id"]])
            assert row["sold_kwh"] == pytest.approx(sold[row["area_id"]])
            assert row["loss_kwh"] == pytest.approx(supplied[row["area_id"]] - sold[row["area_id"]])
            assert row["day_count"] == 31

    def test_leaves_kwh_unknown_where_the_area_is_not_computable(self, company):
        worked = company("monthly")
        known = {row["area_id"]: row["unexplained_high_kwh"] for row in worked.rows(AREA_PERIOD)}

        for row in worked.listed.values():
            if known.get(row["area_id"]) is None:
                assert row["expected_kwh"] is None
            else:
                assert 0.0 <= row["expected_kwh"] <= known[row["area_id"]]

    def test_says_at_the_head_of_the_brief_that_the_list_rests_on_bills(self, company):
        with company("monthly").lake.snapshot() as state:
            payload = build_payload(collect_brief(state, now=NIGHT), default_settings())

        assert payload["list"]["depth_words"]["zh"].startswith("名单仅依据月电费")
        assert payload["list"]["depth_words"]["en"].startswith("The list rests on monthly bills only")

    def test_labels_the_rows_of_the_list_file(self, company):
        with company("monthly").lake.snapshot() as state:
            table = read_list_file(state)

        assert table.column_names[-3:] == ["data_depth", "as_of", "model_version"]
        assert "monthly" in table["data_depth"].to_pylist()


class TestMixed:
    def test_labels_each_row_by_its_own_depth_and_knows_kwh_where_there_is_a_loss(self, january, tmp_path):
        """Half of the meters have dials, the others bills alone."""
        folder = write_tier(january, tmp_path / "company", "daily")
        meters = pq.read_table(folder / "meters.parquet")
        areas = sorted(set(meters["area_id"].drop_null().to_pylist()))
        read = meters.filter(pc.equal(meters["area_id"], areas[0]))["meter_id"].combine_chunks()
        dials = pq.read_table(folder / "registers.parquet")
        (folder / "registers.parquet").unlink()
        pq.write_table(dials.filter(pc.is_in(dials["meter_id"], value_set=read)), folder / "registers.parquet")

        worked = work(folder, tmp_path)

        area_of = {row["meter_id"]: row["area_id"] for row in worked.rows(METER)}
        depths = {
            (area_of[row["meter_id"]] == areas[0], row["data_depth"])
            for row in worked.metered().values()
            if area_of[row["meter_id"]] is not None
        }
        assert depths == {(True, "daily"), (False, "monthly")}
        # The company reads no supply by the month: of those with bills alone no kWh is known, and none is 0.
        by_bills = [row for row in worked.listed.values() if row["data_depth"] != "daily"]
        assert {row["expected_kwh"] for row in by_bills} == {None}
        assert any(row["expected_kwh"] is not None for row in worked.listed.values())
