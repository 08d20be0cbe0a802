"""What the meter says of itself, and what surrounds it."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.detection.evidence import context, meter
from lamplighter.business.detection.material import prepare_material
from lamplighter.business.detection.meter_events import clean_events, event_name
from lamplighter.business.detection.settings import default_settings

SETTINGS = default_settings()


def strength(material, code, layer=meter):
    found = {f.code: f for f in layer.evidence(material, SETTINGS).findings}
    full = np.zeros(len(material.window.meters))
    full[found[code].at] = found[code].strength
    return full


def events(*rows):
    return pa.table(
        {
            "meter_id": [row[0] for row in rows],
            "occurred_at": pa.array([row[1] for row in rows], pa.timestamp("us")),
            "code": [row[2] for row in rows],
        }
    )


def electrical(street):
    """Give every meter the voltage and current that belong to its true use, at a power factor of 0.95."""
    kw = street.true_kwh * 2.0
    volts = np.full(kw.shape, 220.0, np.float32)
    amperes = (kw * 1000 / 220.0 / 0.95).astype(np.float32)
    street.channels = {"voltage_a_v": volts, "current_a_a": amperes}
    return street


class TestEventNames:
    @pytest.mark.parametrize(
        ("code", "name"),
        [("645:03300D02", "cover_open"), ("698:301C", "terminal_cover_open"), ("MAGNET", "magnet"), ("x", None)],
    )
    def test_know_the_lists_meters_use(self, code, name):
        assert event_name(code) == name


class TestCleanEvents:
    def clean(self, *rows, meters=("M0", "M1", "M2", "M3", "M4", "M5")):
        return clean_events(
            events=events(*rows),
            installed_on={name: np.datetime64("2025-01-10") for name in meters},
            area_of=dict.fromkeys(meters, "A0"),
            last_day=np.datetime64("2025-02-01"),
            storm_share=0.5,
            storm_least=3,
        )

    def test_set_aside_repeats_impossible_times_and_codes_of_no_list(self):
        found = self.clean(
            ("M0", datetime(2025, 1, 20, 8), "cover_open"),
            ("M0", datetime(2025, 1, 20, 9), "cover_open"),
            ("M0", datetime(2025, 1, 9), "cover_open"),
            ("M0", datetime(2025, 2, 2), "cover_open"),
            ("M0", datetime(2025, 1, 20), "weather"),
        )

        assert found.names.tolist() == ["cover_open"]
        assert found.set_aside == {"impossible_time": 2, "repeat": 1, "unknown_code": 1}

    def test_set_aside_a_storm_but_not_two_neighbours(self):
        storm = [(f"M{k}", datetime(2025, 1, 20), "magnet") for k in range(3)]
        quiet = [(f"M{k}", datetime(2025, 1, 22), "magnet") for k in range(2)]

        found = self.clean(*storm, *quiet)

        assert found.on.tolist() == [date(2025, 1, 22)] * 2
        assert found.set_aside == {"storm": 3}


class TestMeter:
    def test_finds_energy_below_what_voltage_and_current_say(self, draw):
        street = electrical(draw())
        street.steal(4, share=0.5)

        material = street.material()

        assert strength(material, "energy_below_current")[4] > 0.9
        assert np.delete(strength(material, "energy_below_current"), 4).max() == 0.0
        lost = meter.evidence(material, SETTINGS).scores["meter_month_kwh"][4]
        assert lost == pytest.approx(street.shown_kwh[4].sum() / 60 * 365.25 / 12, rel=0.05)

    def test_finds_a_register_that_stands_still_under_current(self, draw):
        street = electrical(draw())
        street.shown_kwh[4, 40:] = 0.0

        found = strength(street.material(), "stands_still")

        assert found[4] == 1.0
        assert np.delete(found, 4).max() == 0.0

    def test_lets_solar_be_solar(self, draw):
        street = electrical(draw())
        street.shown_kwh[4, :, 16:34] = 0.0
        street.reverse_kwh = np.full(street.true_kwh.shape, np.nan, np.float32)
        street.reverse_kwh[4] = 0.0
        street.reverse_kwh[4, :, 16:34] = 0.4

        material = street.material()

        assert strength(material, "stands_still").max() == 0.0
        assert strength(material, "reverse_energy").max() == 0.0
        assert strength(material, "has_solar", context)[4] == 1.0

    def test_does_not_take_reverse_energy_at_night_for_solar(self, draw):
        street = draw()
        street.reverse_kwh = np.full(street.true_kwh.shape, np.nan, np.float32)
        street.reverse_kwh[4] = 0.2

        material = street.material()

        assert strength(material, "reverse_energy")[4] == 1.0
        assert strength(material, "has_solar", context)[4] == 0.0

    def test_finds_a_phase_without_voltage_and_one_without_current(self, draw):
        street = electrical(draw())
        amperes = street.channels["current_a_a"]
        volts = street.channels["voltage_a_v"]
        for phase in "bc":
            street.channels[f"voltage_{phase}_v"] = volts.copy()
            street.channels[f"current_{phase}_a"] = amperes.copy()
        street.channels["voltage_b_v"][4] = 60.0
        street.channels["current_c_a"][5] = 0.0

        material = street.material()

        assert strength(material, "phase_without_voltage")[4] > 0.9
        assert strength(material, "phase_without_current")[5] > 0.1
        assert np.delete(strength(material, "phase_without_voltage"), 4).max() == 0.0
        assert np.delete(strength(material, "phase_without_current"), 5).max() == 0.0

    def test_finds_a_neutral_that_differs(self, draw):
        street = electrical(draw())
        street.channels["current_n_a"] = street.channels["current_a_a"].copy()
        street.channels["current_n_a"][4] *= 2.0

        found = strength(street.material(), "neutral_differs")

        assert found[4] == 1.0
        assert np.delete(found, 4).max() == 0.0

    @pytest.mark.parametrize("name", meter.OPENED)
    def test_weighs_an_opening_more_when_the_use_fell_after_it(self, draw, name):
        street = draw()
        street.shown_kwh[4, 30:] *= 0.2
        opened = datetime(2025, 1, 29, 10)
        street.tables["core_meter_event"] = events(("M004", opened, name), ("M007", opened, name))

        found = strength(street.material(), f"event_{name}")

        assert found[4] > 0.8
        assert found[7] == SETTINGS.number("meter.event_alone")
        assert np.count_nonzero(found) == 2

    def test_is_not_available_without_events_and_currents(self, draw):
        assert not meter.evidence(draw().material(), SETTINGS).is_available.any()


class TestContext:
    def test_says_that_the_area_loses_and_that_another_has_no_room(self, draw):
        street = draw(areas=2)
        street.steal(4, share=0.9)
        street.shown_kwh[25] *= 1.5

        material = street.material()

        assert strength(material, "area_loses", context)[:20].min() > 0.1
        assert strength(material, "area_loses", context)[20:].max() == 0.0
        assert strength(material, "area_has_no_room", context)[20:].min() > 0.5

    def test_says_that_an_area_could_not_be_computed(self, draw):
        street = draw(areas=2)
        block, trusted, losses = street.build()
        counts = losses.period.day_counts.copy()
        counts[1] = 3
        losses = replace(losses, period=replace(losses.period, day_counts=counts))

        material = prepare_material(block=block, trusted=trusted, losses=losses, settings=SETTINGS)

        assert strength(material, "area_not_computable", context).tolist() == [0.0] * 20 + [1.0] * 20

    def test_remembers_outcomes_up_to_the_last_day_only(self, draw):
        street = draw()
        street.tables["core_outcome"] = pa.table(
            {
                "account_id": ["C003", "C004", "C005", "C006"],
                "inspected_on": pa.array([date(2025, 1, 10)] * 3 + [date(2025, 6, 1)], pa.date32()),
                "outcome": ["theft", "clean", "metering_fault", "theft"],
            }
        )

        material = street.material()

        assert np.flatnonzero(strength(material, "theft_before", context)).tolist() == [3]
        assert np.flatnonzero(strength(material, "inspected_clean", context)).tolist() == [4]
        assert np.flatnonzero(strength(material, "fault_before", context)).tolist() == [5]

    def test_says_what_is_new(self, draw):
        street = draw()
        street.archive["installed_on"] = [date(2025, 2, 1) if i == 4 else date(2020, 1, 1) for i in range(20)]

        block, trusted, losses = street.build()
        customers = block.tables["core_customer"]
        opened = pa.array([date(2025, 2, 1) if i == 5 else None for i in range(20)], pa.date32())
        at = customers.column_names.index("opened_on")
        tables = {**block.tables, "core_customer": customers.set_column(at, "opened_on", opened)}
        material = prepare_material(
            block=replace(block, tables=tables), trusted=trusted, losses=losses, settings=SETTINGS
        )

        assert np.flatnonzero(strength(material, "meter_exchanged", context)).tolist() == [4]
        assert np.flatnonzero(strength(material, "account_new", context)).tolist() == [5]

    def test_says_when_the_data_are_thin_and_the_supply_was_interrupted(self, draw):
        street = draw()
        street.shown_kwh[4, :, 10:40] = np.nan
        block, trusted, losses = street.build()
        trusted.is_outage[5, ::5] = True

        material = prepare_material(block=block, trusted=trusted, losses=losses, settings=SETTINGS)

        assert np.flatnonzero(strength(material, "data_thin", context)).tolist() == [4]
        assert np.flatnonzero(strength(material, "supply_interrupted", context)).tolist() == [5]
