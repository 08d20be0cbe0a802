"""What a meter shows of a theft or a fault: one customer of a real small area is changed, the rest are left alone."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lamplighter.business.detection.attacks import AttackKind, Theft
from lamplighter.simulation import SimulationSettings
from lamplighter.simulation.area import AreaFlow, run_area
from lamplighter.simulation.calendar import draw_weather, make_calendar
from lamplighter.simulation.fates import Benign, Fate, Fault, Spell
from lamplighter.simulation.loads import Surroundings
from lamplighter.simulation.people import Kind
from lamplighter.simulation.plan import plan_feeder
from lamplighter.simulation.profiles import read_profiles
from lamplighter.simulation.readings import MeterDays, read_customers

DAYS = 4
Look = Callable[..., tuple[AreaFlow, list[MeterDays]]]


@pytest.fixture(scope="module")
def look(small_settings: SimulationSettings) -> Look:
    """Give one customer of the wiring a fate, and return the area and what that customer's meters said."""
    settings = replace(
        small_settings, areas=8, areas_per_feeder=8, days=DAYS, difficulty=0.0, customers_per_area=(40, 40)
    )
    plan = plan_feeder(number=0, settings=settings)
    calendar = make_calendar(start_on=settings.start_on, days=DAYS)
    library = read_profiles(settings)
    around = Surroundings(
        calendar=calendar,
        weather=draw_weather(calendar=calendar, seed=1, county=0),
        library=library,
        source_day=library.match_days(days=calendar.days, is_rest=calendar.is_rest),
        slots=96,
        is_village=False,
    )

    def run(fate: Fate, *, wiring: str, turn: int = 0) -> tuple[AreaFlow, list[MeterDays]]:
        found = [
            (area, place)
            for area in plan.areas
            for place, customer in enumerate(area.customers)
            if customer.wiring == wiring and customer.kind in (Kind.HOME, Kind.SHOP, Kind.WORKSHOP)
        ]
        area, place = found[turn]
        fates = tuple(fate if k == place else Fate() for k in range(len(area.customers)))
        flow = run_area(
            plan=replace(area, fates=fates),
            around=around,
            source_pu=np.full(DAYS * 96, 1.03),
            is_dark=np.zeros((DAYS, 96), dtype=np.bool_),
            settings=settings,
        )
        number = area.customers[place].number
        meters = [meter for one, meter in read_customers(area=flow, settings=settings) if one.customer.number == number]
        return flow, meters

    return run


def make_theft(kind: AttackKind, *, theta: float) -> Theft:
    return Theft(kind=kind, theta=theta, onset_day=2, end_day=DAYS, from_slot=0, slots_long=48, seed=0)


def total(meter: MeterDays, days: slice) -> float:
    return float(np.nansum(meter.channels["energy_kwh"][days]))


class TestTheft:
    def test_slow_meter_leaves_the_current_as_it_is(self, look: Look) -> None:
        _, (honest,) = look(Fate(), wiring="1P")
        _, (slow,) = look(Fate(theft=make_theft(AttackKind.SLOW_METER, theta=0.5)), wiring="1P")

        assert total(slow, slice(0, 2)) == pytest.approx(total(honest, slice(0, 2)), rel=1e-3)
        assert total(slow, slice(2, 4)) == pytest.approx(0.5 * total(honest, slice(2, 4)), rel=0.01)
        current = [np.nanmean(meter.channels["current_a_a"][2:]) for meter in (slow, honest)]
        assert current[0] == pytest.approx(current[1], rel=0.03)

    def test_area_keeps_drawing_what_is_stolen(self, look: Look) -> None:
        honest, _ = look(Fate(), wiring="1P")
        stolen, _ = look(Fate(theft=make_theft(AttackKind.ZERO_USE_LIVE, theta=0.0)), wiring="1P")

        assert stolen.supply_kwh == pytest.approx(honest.supply_kwh, rel=1e-9)
        assert stolen.electrical.voltage_v == pytest.approx(honest.electrical.voltage_v)

    def test_hook_up_raises_the_supply_and_lowers_the_voltage(self, look: Look) -> None:
        honest, (before,) = look(Fate(), wiring="1P")
        hooked, (after,) = look(Fate(theft=make_theft(AttackKind.HOOK_UP, theta=2.5)), wiring="1P")

        assert total(after, slice(0, 4)) == pytest.approx(total(before, slice(0, 4)), rel=1e-3)
        assert hooked.supply_kwh[2:].sum() > honest.supply_kwh[2:].sum()
        assert hooked.technical_kwh[2:].sum() > honest.technical_kwh[2:].sum()

    def test_shorted_transformer_hides_the_current_of_its_phase(self, look: Look) -> None:
        _, (meter,) = look(Fate(theft=make_theft(AttackKind.CT_SHORT, theta=2 / 3)), wiring="3P")

        # Seed 0 shorts phase A.
        amps = {phase: meter.channels[f"current_{phase}_a"] for phase in "abc"}
        assert np.nanmean(amps["a"][2:]) < 0.1 * np.nanmean(amps["b"][2:])
        assert np.nanmean(amps["a"][:2]) > 0.3 * np.nanmean(amps["b"][:2])

    def test_dead_phase_shows_no_voltage_and_full_current(self, look: Look) -> None:
        _, (meter,) = look(Fate(theft=make_theft(AttackKind.DEAD_PHASE_VOLTAGE, theta=2 / 3)), wiring="3P")

        assert np.nanmax(meter.channels["voltage_a_v"][2:]) < 0.6 * 220
        assert np.nanmin(meter.channels["voltage_a_v"][:2]) > 190
        assert np.nanmean(meter.channels["current_a_a"][2:]) > 0.1

    def test_neutral_carries_what_the_line_does_not(self, look: Look) -> None:
        theft = replace(make_theft(AttackKind.NEUTRAL_TAMPER, theta=0.1), seed=1)

        # Not every meter has a neutral register: take the first that has.
        for turn in range(12):
            _, (meter,) = look(Fate(theft=theft), wiring="1P", turn=turn)
            if "current_n_a" in meter.channels:
                break

        line, neutral = meter.channels["current_a_a"], meter.channels["current_n_a"]
        assert np.nanmean(neutral[:2]) == pytest.approx(np.nanmean(line[:2]), rel=0.05)
        assert np.nanmean(neutral[2:]) > 1.3 * np.nanmean(line[2:])


class TestFault:
    def test_stopped_meter_counts_nothing_while_current_flows(self, look: Look) -> None:
        fault = (Fault.STOPPED, Spell(onset_day=2, end_day=DAYS, strength=0.5))

        _, (meter,) = look(Fate(fault=fault), wiring="1P")

        assert total(meter, slice(2, 4)) == 0.0
        assert total(meter, slice(0, 2)) > 0.0
        assert np.nanmean(meter.channels["current_a_a"][2:]) > 0.05
        assert np.diff(meter.dials["total_kwh"])[2:].tolist() == [0.0, 0.0]

    def test_lost_phase_voltage_loses_that_phase(self, look: Look) -> None:
        fault = (Fault.PHASE_VOLTAGE_LOST, Spell(onset_day=2, end_day=DAYS, strength=0.5))
        _, (honest,) = look(Fate(), wiring="3P")

        _, (meter,) = look(Fate(fault=fault), wiring="3P")

        # Strength 0.5 loses phase B.
        assert np.nanmax(meter.channels["voltage_b_v"][2:]) < 0.6 * 220
        assert 0.4 < total(meter, slice(2, 4)) / total(honest, slice(2, 4)) < 0.9


class TestLookAlike:
    def test_skewed_clock_moves_energy_and_keeps_the_sum(self, look: Look) -> None:
        _, (true,) = look(Fate(), wiring="1P")
        spell = Spell(onset_day=0, end_day=DAYS, strength=1.0)

        _, (skewed,) = look(Fate(benign={Benign.CLOCK_SKEW: spell}), wiring="1P")

        assert total(skewed, slice(0, 4)) == pytest.approx(total(true, slice(0, 4)), rel=0.02)
        assert np.nanmax(np.abs(skewed.channels["energy_kwh"] - true.channels["energy_kwh"])) > 0.01

    def test_exchange_gives_two_meters_and_all_the_energy(self, look: Look) -> None:
        _, (whole,) = look(Fate(), wiring="1P")
        spell = Spell(onset_day=1, end_day=DAYS, strength=0.5)

        _, (old, new) = look(Fate(benign={Benign.METER_EXCHANGE: spell}), wiring="1P")

        assert old.meter_id != new.meter_id
        both = total(old, slice(0, 4)) + total(new, slice(0, 4))
        assert both == pytest.approx(total(whole, slice(0, 4)), rel=0.02)
        assert new.dials["total_kwh"][0] < 3

    def test_missing_reads_lose_days_and_no_energy(self, look: Look) -> None:
        spell = Spell(onset_day=0, end_day=DAYS, strength=0.5)

        _, (meter,) = look(Fate(benign={Benign.MISSING_READS: spell}), wiring="1P")

        assert np.isnan(meter.channels["energy_kwh"]).mean() > 0.1
        assert meter.dials["total_kwh"][-1] > meter.dials["total_kwh"][0]

    def test_surplus_roof_counts_both_ways(self, look: Look) -> None:
        spell = Spell(onset_day=0, end_day=DAYS, strength=0.5)

        _, (meter,) = look(Fate(benign={Benign.SOLAR: spell}), wiring="1P")

        fed_in, drawn = meter.channels["reverse_kwh"], meter.channels["energy_kwh"]
        assert np.nansum(fed_in) > 1
        # Never both in one interval, up to what the register held back.
        assert np.nanmax(np.minimum(fed_in, drawn)) < 0.05
        assert np.nansum(fed_in[:, :20]) == 0
