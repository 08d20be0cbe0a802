"""What the rule pack left in the lake, read back; precision from outcomes in the lake."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.anomaly_queries import (
    NoAnomalies,
    read_anomalies,
    read_coverage,
    read_outcome_precision,
    read_scenarios,
)
from lamplighter.business.detection.evidence import meter
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.tables import (
    ANOMALY_COVERAGE,
    ANOMALY_SCORE,
    METER_ANOMALY,
    METER_SCENARIO,
    OUTCOME,
)
from lamplighter.business.metering.tables import METER
from lamplighter.business.network.tables import AREA, UNIT
from tests.business.detection.neighbourhood import AS_OF, NIGHT, draw_street
from tests.business.detection.test_anomaly_output import tampered

SETTINGS = default_settings()
MADE = (METER_ANOMALY, METER_SCENARIO, ANOMALY_SCORE, ANOMALY_COVERAGE)


def fill(contract, **columns):
    count = len(next(iter(columns.values())))
    fields = [field for field in contract.schema if field.name != "known_at"]
    blank = {"": None}
    return pa.table(
        {
            field.name: pa.array(
                columns.get(field.name, [_plain(field.type) if not field.nullable else blank[""]] * count), field.type
            )
            for field in fields
        }
    )


def _plain(kind):
    return "" if pa.types.is_string(kind) else 0


def fill_anomaly_lake(path) -> Lake:
    street = tampered(draw_street)
    material = street.material()
    tables = meter.evidence(material, SETTINGS).tables
    made = Lake.open(path)
    with made.transaction() as change:
        for contract in MADE:
            change.append_run(contract, tables[contract.name], known_at=NIGHT, days=[AS_OF])
        ids = [f"M{i:03d}" for i in range(20)]
        areas = ["A0"] * 5 + ["A1"] * 15
        change.append(
            METER,
            fill(METER, meter_id=ids, area_id=areas, role=["customer"] * 20, multiplier=[1.0] * 20),
            known_at=NIGHT,
        )
        change.append(AREA, fill(AREA, area_id=["A0", "A1"], station_id=["S0", "S1"]), known_at=NIGHT)
        units = {"unit_id": ["S0", "S1"], "county_id": ["X", "Y"]}
        change.append(UNIT, fill(UNIT, **units), known_at=NIGHT)
        change.publish()
    return made


def record(lake, *rows):
    with lake.transaction() as change:
        change.append(
            OUTCOME,
            fill(
                OUTCOME,
                account_id=[row[0] for row in rows],
                inspected_on=[row[1] for row in rows],
                outcome=[row[2] for row in rows],
            ),
            known_at=datetime(2025, 6, 1),
        )
        change.publish()


@pytest.fixture
def lake(tmp_path):
    return fill_anomaly_lake(tmp_path / "lake")


class TestReadAnomalies:
    def test_gives_the_highest_score_first_with_what_is_to_be_done(self, lake):
        with lake.snapshot() as state:
            rows = read_anomalies(state).to_pylist()

        assert rows[0]["meter_id"] == "M007"
        assert (rows[0]["decision"], rows[0]["scenarios"]) == ("work_order", "bypass_behind_cover")
        assert [row["theft_score"] for row in rows] == sorted((row["theft_score"] for row in rows), reverse=True)

    def test_filters_by_rule_and_by_unit(self, lake):
        with lake.snapshot() as state:
            covers = read_anomalies(state, code="AN-21")["meter_id"].to_pylist()
            of_station = read_anomalies(state, unit="S0")["meter_id"].unique().to_pylist()
            of_county = read_anomalies(state, unit="Y")["meter_id"].unique().to_pylist()

        assert covers == ["M007", "M009"]
        assert of_station == ["M004"]
        assert "M004" not in of_county
        assert "M007" in of_county

    def test_says_so_where_there_are_none(self, lake, tmp_path):
        with Lake.open(tmp_path / "empty").snapshot() as state, pytest.raises(NoAnomalies, match="nightly run"):
            read_anomalies(state)
        with lake.snapshot() as state, pytest.raises(NoAnomalies, match="2025-01-09"):
            read_anomalies(state, as_of=date(2025, 1, 9))


class TestReadScenarios:
    def test_gives_the_likeliest_first(self, lake):
        with lake.snapshot() as state:
            rows = read_scenarios(state).to_pylist()

        assert [(row["scenario"], row["meter_id"], row["chance"]) for row in rows[:2]] == [
            ("bypass_behind_cover", "M007", 0.6),
            ("neutral_tamper", "M004", 0.45),
        ]


class TestReadCoverage:
    def test_names_every_rule_once(self, lake):
        with lake.snapshot() as state:
            rows = read_coverage(state)
            by_bucket = read_coverage(state, by_bucket=True)

        rules = [row["subject"] for row in rows.to_pylist() if row["kind"] == "rule"]
        assert rules == sorted(SETTINGS.pack.rules)
        assert by_bucket.num_rows == rows.num_rows


class TestReadOutcomePrecision:
    def test_learns_from_visits_after_the_night_only(self, lake):
        record(lake, ("C007", date(2025, 3, 9), "theft"), ("C009", date(2025, 3, 9), "clean"))
        record(lake, ("C004", date(2025, 3, 1), "theft"))

        with lake.snapshot() as state:
            known = {each.code: each for each in read_outcome_precision(state, settings=SETTINGS)}
            before = {
                each.code: each for each in read_outcome_precision(state, settings=SETTINGS, as_of=date(2025, 3, 8))
            }

        # Weight 0.40 worth ten visits, one of two confirmed: Beta(5, 7).
        assert (known["AN-21"].visits, known["AN-21"].hits) == (2, 1)
        assert known["AN-21"].mean == pytest.approx(5 / 12)
        assert (known["bypass_behind_cover"].visits, known["bypass_behind_cover"].hits) == (1, 1)
        assert known["AN-20"].visits == 0
        assert before["AN-21"].visits == 0
