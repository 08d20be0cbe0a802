"""The rule pack on a whole street: from block to tables, whatever the order of the meters."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.detection.evidence import meter
from lamplighter.business.detection.rules import find_evidence
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.tables import (
    ANOMALY_COVERAGE,
    ANOMALY_SCORE,
    METER_ANOMALY,
    METER_SCENARIO,
)
from tests.business.detection.test_meter import electrical, events

SETTINGS = default_settings()
OPENED = datetime(2025, 1, 29, 10)


def tampered(draw):
    """C004's neutral carries twice the current, C007's cover was opened and its use fell, C009's cover only opened."""
    street = electrical(draw())
    street.channels["current_n_a"] = street.channels["current_a_a"].copy()
    street.channels["current_n_a"][4] *= 2.0
    street.shown_kwh[7, 30:] *= 0.3
    street.channels["current_a_a"][7, 30:] *= 0.3
    street.channels["current_n_a"][7, 30:] *= 0.3
    street.tables["core_meter_event"] = events(
        ("M007", OPENED, "cover_open"), ("M009", OPENED, "645:03300D01"), ("M009", OPENED, ""), ("M008", OPENED, "x")
    )
    return street


def tables_of(street):
    return meter.evidence(street.material(), SETTINGS).tables


def rows_of(street, name):
    return {row["meter_id"]: row for row in tables_of(street)[name].to_pylist()}


class TestTables:
    def test_keep_their_contracts(self, draw):
        tables = tables_of(tampered(draw))

        for contract in (METER_ANOMALY, METER_SCENARIO, ANOMALY_SCORE, ANOMALY_COVERAGE):
            table = tables[contract.name]
            assert table.column_names == [column.name for column in contract.columns]
            assert table.num_rows
            keys = list(zip(*(table[name].to_pylist() for name in contract.key), strict=True))
            assert len(set(keys)) == len(keys)
            required = [column.name for column in contract.columns if column.is_required]
            assert sum(table[name].null_count for name in required) == 0

    def test_say_what_was_found_where_and_when(self, draw):
        found = [row for row in tables_of(tampered(draw))["out_meter_anomaly"].to_pylist() if row["code"] == "AN-21"]

        assert [(row["meter_id"], row["first_on"], row["severity"], row["action"]) for row in found] == [
            ("M007", date(2025, 1, 29), 1, "seals"),
            ("M009", date(2025, 1, 29), 1, "seals"),
        ]
        assert [row["weight"] for row in found] == pytest.approx([0.6, 0.4])

    def test_score_and_decide(self, draw):
        scores = rows_of(tampered(draw), "out_anomaly_score")

        assert scores["M004"]["theft_score"] == pytest.approx(45.0)
        assert scores["M004"]["decision"] == "desk_check"
        # What C007 no longer shows is in the area's loss: 1 - (1 - 0.60) x (1 - 0.35) = 0.74.
        assert scores["M007"]["theft_score"] == pytest.approx(74.0)
        assert scores["M007"]["decision"] == "work_order"
        assert (scores["M004"]["scenarios"], scores["M007"]["scenarios"]) == ("neutral_tamper", "bypass_behind_cover")
        assert set(scores) == {"M004", "M007", "M009"}

    def test_say_on_how_many_meters_a_rule_could_be_judged_and_what_was_set_aside(self, draw):
        coverage = {row["subject"]: row for row in tables_of(tampered(draw))["out_anomaly_coverage"].to_pylist()}

        assert (coverage["AN-20"]["scope_count"], coverage["AN-20"]["judged_count"]) == (20, 20)
        assert coverage["AN-20"]["found_count"] == 1
        assert coverage["AN-18"]["lacks"] == "power_factor"
        assert coverage["AN-14"]["scope_count"] == 0
        assert (coverage["garbled"]["scope_count"], coverage["unknown_code"]["scope_count"]) == (1, 1)

    def test_of_a_company_without_any_such_data_say_so(self, draw):
        tables = tables_of(draw())

        lacks = {row["subject"]: row["lacks"] for row in tables["out_anomaly_coverage"].to_pylist()}
        assert lacks["AN-21"] == "events"
        assert lacks["AN-08"] == "voltage;current"
        assert tables["out_meter_anomaly"].num_rows == 0

    def test_count_a_day_far_above_contract_as_a_fault_of_the_data(self, draw):
        # 8 kW x 24 h x 5 = 960 kWh a day.
        street = draw()
        street.shown_kwh[3, 40] = 961.0 / 48
        street.shown_kwh[5, 40] = 959.0 / 48

        coverage = {row["subject"]: row for row in tables_of(street)["out_anomaly_coverage"].to_pylist()}

        assert coverage["beyond_capacity"]["scope_count"] == 1

    def test_remember_a_theft_but_not_one_of_tomorrow(self, draw):
        street = tampered(draw)
        street.tables["core_outcome"] = pa.table(
            {
                "account_id": ["C004", "C009"],
                "inspected_on": pa.array([date(2024, 6, 1), date(2025, 6, 1)], pa.date32()),
                "outcome": ["theft", "theft"],
            }
        )

        scores = rows_of(street, "out_anomaly_score")

        assert scores["M004"]["theft_score"] == pytest.approx(100 * (1 - 0.55 * 0.75))
        assert scores["M009"]["theft_score"] == pytest.approx(40.0)

    def test_adds_the_loss_a_customer_moves_with(self, draw):
        street = tampered(draw)
        street.steal(9, share=0.5)
        street.channels["current_a_a"][9] *= 0.5
        street.channels["current_n_a"][9] *= 0.5

        score = rows_of(street, "out_anomaly_score")["M009"]

        assert score["moves_with_loss"]
        assert score["theft_score"] == pytest.approx(100 * (1 - 0.60 * 0.65))

    def test_use_what_validation_found_on_earlier_nights_and_this_one(self, draw):
        street = draw()
        block, trusted, losses = street.build()

        def flags(meter_id, rule, channel, day):
            return pa.table(
                {
                    "meter_id": [meter_id],
                    "on_date": pa.array([day], pa.date32()),
                    "channel": [channel],
                    "rule_id": [rule],
                    "value": [-4.0],
                }
            )

        earlier = flags("M002", "V-13", "total_kwh", date(2025, 1, 5))
        tables = {**block.tables, "core_meter_flag": earlier}
        today = pa.concat_tables(
            [
                flags("M003", "V-12", "total_kwh", date(2025, 2, 1)),
                flags("M004", "V-12", "energy_kwh", date(2025, 2, 1)),
            ]
        )
        registers = {"total_kwh": np.zeros((20, 61))}

        found = find_evidence(
            block=replace(block, tables=tables, registers=registers),
            trusted=replace(trusted, flags=today),
            losses=losses,
        )["out_meter_anomaly"].to_pylist()

        # A slot beyond what the meter can pass is a fault of communication, not a meter that runs away.
        assert {(row["meter_id"], row["code"]) for row in found} == {("M002", "AN-03"), ("M003", "AN-02")}

    def test_do_not_depend_on_the_order_of_meters_and_events(self, draw):
        street = tampered(draw)
        tables = tables_of(street)
        order = np.random.default_rng(5).permutation(20)
        turned = tampered(draw)
        turned.shown_kwh, turned.true_kwh = turned.shown_kwh[order], turned.true_kwh[order]
        turned.channels = {name: values[order] for name, values in turned.channels.items()}
        names = [f"M{i:03d}" for i in order]
        turned.archive = {"meter_id": names, "account_id": [f"C{i:03d}" for i in order]}
        turned.tables["core_meter_event"] = street.tables["core_meter_event"].take([3, 1, 0, 2])
        block, trusted, losses = turned.build()
        block = replace(block, meter_ids=np.array(names, dtype=object))

        again = find_evidence(block=block, trusted=trusted, losses=losses)

        for name in ("out_meter_anomaly", "out_meter_scenario", "out_anomaly_score", "out_anomaly_coverage"):
            assert again[name].num_rows == tables[name].num_rows
            for column in tables[name].column_names:
                ours, theirs = tables[name][column].to_pylist(), again[name][column].to_pylist()
                assert theirs == (pytest.approx(ours) if column in ("value", "theft_score", "weight") else ours), column


class TestScores:
    def test_are_of_the_rules_alone(self, draw):
        scores = meter.evidence(tampered(draw).material(), SETTINGS).scores

        assert scores["meter_anomaly_score"][[4, 7, 9, 0]] == pytest.approx([0.45, 0.6, 0.4, 0.0])
        assert scores["meter_anomaly_worst"][[4, 9, 0]].tolist() == [4.0, 4.0, 0.0]
        assert scores["meter_anomaly_rules"][0] == 0.0
        assert {"meter_anomaly_score", "meter_anomaly_worst", "meter_anomaly_rules"} <= set(meter.SCORES)
