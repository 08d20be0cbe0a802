"""The parts of the simulated company, each by itself."""

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplighter.base.messages import speaking
from lamplighter.business.detection.attacks import AttackKind
from lamplighter.simulation import ProfileFileUnfit, ProfilesMissing, SettingOutOfRange, SimulationSettings
from lamplighter.simulation.archive import recorded_phase, recorded_ratio
from lamplighter.simulation.area import solve_area
from lamplighter.simulation.calendar import draw_weather, make_calendar
from lamplighter.simulation.fates import Benign, Fate, Fault, Spell, draw_fates
from lamplighter.simulation.grid import draw_layout, make_transformer
from lamplighter.simulation.loads import Surroundings, draw_solar, draw_use
from lamplighter.simulation.metering import read_dial, read_energy
from lamplighter.simulation.organisation import make_organisation
from lamplighter.simulation.people import Customer, Kind
from lamplighter.simulation.plan import plan_feeder
from lamplighter.simulation.profiles import read_profiles
from lamplighter.simulation.readings import period_slots
from lamplighter.simulation.shapes import draw_shape, is_dark


def make_customer(*, kind: Kind = Kind.HOME, wiring: str = "1P", mean_kw: float = 0.5) -> Customer:
    phase = 0 if wiring == "1P" else -1
    return Customer(
        number=1,
        kind=kind,
        wiring=wiring,
        phase=phase,
        mean_kw=mean_kw,
        contract_kw=60.0 if wiring == "CT" else 8.0,
        power_factor=0.95,
        node=1,
        box=0,
    )


def use_with(fate: Fate, settings: SimulationSettings, *, kind: Kind = Kind.HOME, days: int = 60) -> np.ndarray:
    settings = replace(settings, days=days)
    calendar = make_calendar(start_on=date(2025, 3, 3), days=days)
    library = read_profiles(settings)
    around = Surroundings(
        calendar=calendar,
        weather=draw_weather(calendar=calendar, seed=1, county=0),
        library=library,
        source_day=library.match_days(days=calendar.days, is_rest=calendar.is_rest),
        slots=96,
        is_village=False,
    )
    customer = make_customer(kind=kind)
    return draw_use(customer=customer, fate=fate, around=around, rng=np.random.default_rng(3))


class TestSettings:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"days": 0},
            {"areas": 0},
            {"customers_per_area": (9, 4)},
            {"theft_rate": 0.9},
            {"difficulty": 1.5},
            {"channels": ("voltage_a_v",)},
        ],
    )
    def test_refuses_what_is_not_possible(self, wrong: dict[str, object]) -> None:
        with pytest.raises(SettingOutOfRange) as refusal:
            replace(SimulationSettings(), **wrong)  # type: ignore[arg-type]  # wrong on purpose

        assert refusal.value.name in wrong

    def test_hard_meters_are_coarse(self) -> None:
        easy, hard = SimulationSettings(difficulty=0.5), SimulationSettings(difficulty=0.9)

        assert (easy.volt_step, hard.volt_step) == (0.1, 1.0)
        assert (easy.register_step_kwh, hard.register_step_kwh) == (0.0001, 0.01)

    def test_refusal_speaks_both_languages(self) -> None:
        with speaking("zh"):
            refusal = SettingOutOfRange("days", value=0, allowed="1 … 731")

        assert "days" in str(refusal)
        assert "无效" in str(refusal)


class TestCalendar:
    def test_a_weekend_day_worked_instead_is_no_rest(self) -> None:
        calendar = make_calendar(start_on=date(2025, 4, 26), days=2)

        assert calendar.is_rest.tolist() == [True, False]

    def test_winter_is_cold_and_summer_hot(self) -> None:
        year = make_calendar(start_on=date(2025, 1, 1), days=365)

        weather = draw_weather(calendar=year, seed=1, county=0)

        assert weather.mean_c[:31].mean() < 10 < 24 < weather.mean_c[181:212].mean()
        assert (weather.min_c < weather.mean_c).all()


class TestOrganisation:
    def test_a_million_customers_still_have_a_tree(self) -> None:
        organisation = make_organisation(SimulationSettings(areas=16_700))

        levels = Counter(unit.level for unit in organisation.units)
        assert levels["province"] == 1
        assert levels["station"] == 1044
        assert len({unit.name for unit in organisation.units}) == len(organisation.units)


class TestProfiles:
    def test_half_hours_split_in_two_keep_their_energy(self, small_settings: SimulationSettings) -> None:
        split = read_profiles(small_settings).groups["home"]
        whole = read_profiles(replace(small_settings, interval_minutes=30)).groups["home"]

        # Each is scaled to mean 1, so two quarter hours make two halves' worth.
        halves = split.reshape(*whole.shape, 2)
        assert halves.mean(axis=3) == pytest.approx(whole, rel=1e-4)
        assert np.abs(halves[..., 0] - halves[..., 1]).mean() > 0.05

    def test_unsplit_half_hours_are_flat(self, small_settings: SimulationSettings) -> None:
        flat = read_profiles(replace(small_settings, split_to_15=False)).groups["home"]

        assert np.array_equal(flat[..., 0::2], flat[..., 1::2])

    def test_days_are_matched_by_weekday(self, small_settings: SimulationSettings) -> None:
        library = read_profiles(small_settings)
        # Monday 3 March 2025 … Sunday the 9th; the source begins on Monday 1 January 2024.
        calendar = make_calendar(start_on=date(2025, 3, 3), days=7)

        matched = library.match_days(days=calendar.days, is_rest=calendar.is_rest)

        assert (matched % 7).tolist() == [0, 1, 2, 3, 4, 5, 6]

    def test_missing_file_is_named(self, small_settings: SimulationSettings, tmp_path: Path) -> None:
        with pytest.raises(ProfilesMissing) as refusal:
            read_profiles(replace(small_settings, profiles=tmp_path / "none.parquet"))

        assert "none.parquet" in refusal.value.source

    def test_file_without_its_columns_is_refused(self, small_settings: SimulationSettings, tmp_path: Path) -> None:
        pq.write_table(pa.table({"home": ["a"], "kwh": [1.0]}), tmp_path / "odd.parquet")

        with pytest.raises(ProfileFileUnfit) as refusal:
            read_profiles(replace(small_settings, profiles=tmp_path / "odd.parquet"))

        assert "household_id" in refusal.value.reason

    @pytest.mark.requires("real-data")
    def test_real_homes_are_read_at_both_intervals(self, real_data: Path) -> None:
        path = real_data / "lcl_households_2013.parquet"

        native = read_profiles(SimulationSettings(profiles=path, interval_minutes=30))
        split = read_profiles(SimulationSettings(profiles=path))

        assert native.groups["home"].shape[1:] == (365, 48)
        assert split.groups["home"].shape[1:] == (365, 96)
        assert native.groups["home"].shape[0] > 50

    @pytest.mark.requires("simbench")
    def test_simbench_is_read_without_importing_it(self) -> None:
        library = read_profiles(SimulationSettings())

        assert library.groups["home"].shape[1:] == (366, 96)
        assert library.groups["home"].mean(axis=(1, 2)) == pytest.approx(1.0, rel=1e-3)
        assert {"shop", "workshop", "farm"} <= set(library.groups)


class TestGrid:
    def test_losses_are_those_of_the_standard(self) -> None:
        rng = np.random.default_rng(0)

        found = {one.series: one for one in (make_transformer(rated_kva=400.0, rng=rng) for _ in range(40))}

        assert (found["S13"].no_load_w, found["S13"].load_w) == (410.0, 4520.0)
        assert found["S20"].no_load_w == 370.0

    def test_network_keeps_voltage_and_ends_at_boxes(self) -> None:
        rng = np.random.default_rng(2)

        layout, box_node = draw_layout(
            box_kw=np.full(12, 1.5),
            box_single_kw=np.full(12, 20.0),
            is_heavy=np.zeros(12, dtype=np.bool_),
            is_large=np.zeros(12, dtype=np.bool_),
            span_m=170.0,
            difficulty=0.5,
            rng=rng,
        )

        assert layout.is_service[box_node - 1].all()
        assert (layout.from_node <= np.arange(layout.from_node.size)).all()
        assert not np.array_equal(layout.length_m, layout.recorded_length_m)
        assert {conductor.use for conductor in layout.conductor} == {"trunk", "branch", "service"}


class TestSolveArea:
    def test_builds_where_the_drawn_loads_are_more_than_the_planned_lines_carry(
        self, small_settings: SimulationSettings
    ) -> None:
        plan = plan_feeder(number=0, settings=small_settings).areas[0]
        lines = plan.layout.from_node.size
        heavy = np.full((2, 1, 3), 6.0e4)

        built, flow = solve_area(
            plan, load_node=np.array([lines]), load_w=heavy, load_var=0.2 * heavy, source_pu=np.ones(2)
        )

        doublings = np.log2(plan.layout.length_m / built.layout.length_m)
        assert doublings.min() == doublings.max() >= 1
        assert (built.layout.recorded_length_m * 2**doublings == plan.layout.recorded_length_m).all()
        assert np.isfinite(flow.voltage_v).all()

    def test_leaves_a_network_alone_that_carries_its_load(self, small_settings: SimulationSettings) -> None:
        plan = plan_feeder(number=0, settings=small_settings).areas[0]
        light = np.full((1, 1, 3), 100.0)

        built, _ = solve_area(plan, load_node=np.array([1]), load_w=light, load_var=light, source_pu=np.ones(1))

        assert built is plan


class TestFates:
    def test_prevalence_is_near_the_rate_asked_for(self) -> None:
        settings = SimulationSettings(seed=2, areas=128)
        plans = [plan_feeder(number=number, settings=settings) for number in range(settings.feeders)]

        fates = [fate for plan in plans for area in plan.areas for fate in area.fates]

        share = sum(fate.theft is not None for fate in fates) / len(fates)
        assert 0.028 <= share <= 0.042
        # Every harmless look-alike and every fault is there beside the thieves.
        assert {kind for fate in fates for kind in fate.benign} == set(Benign)
        assert {fate.fault[0] for fate in fates if fate.fault is not None} == set(Fault)

    def test_thieves_use_every_attack(self) -> None:
        settings = SimulationSettings(theft_rate=0.5)
        customers = tuple(make_customer(kind=Kind.SHOP, wiring=wiring) for wiring in ("1P", "3P", "CT")) * 100

        fates = draw_fates(customers=customers, settings=settings, rng=np.random.default_rng(1))

        assert {fate.theft.kind for fate in fates if fate.theft is not None} == set(AttackKind)

    def test_wrong_area_is_a_neighbour_on_the_same_feeder(self) -> None:
        settings = SimulationSettings(seed=2, areas=8)

        plan = plan_feeder(number=0, settings=settings)

        wrong = [
            (area.number, plan.archive[customer.number].area)
            for area in plan.areas
            for customer, fate in zip(area.customers, area.fates, strict=True)
            if Benign.WRONG_AREA in fate.benign
        ]
        assert wrong
        assert all(true != recorded and 0 <= recorded < 8 for true, recorded in wrong)

    def test_archive_is_as_wrong_as_asked_for_thieves_too(self) -> None:
        settings = SimulationSettings(seed=2, areas=64, theft_rate=0.2, wrong_area_share=0.08, wrong_phase_share=0.15)
        areas = [
            area for number in range(settings.feeders) for area in plan_feeder(number=number, settings=settings).areas
        ]

        every = [pair for area in areas for pair in zip(area.customers, area.fates, strict=True)]
        homes = [(customer, fate) for customer, fate in every if customer.kind is not Kind.SOLAR_PLANT]
        singles = [fate for customer, fate in homes if customer.wiring == "1P"]

        def is_moved(fate: Fate) -> bool:
            return Benign.WRONG_AREA in fate.benign

        thieves = [fate for _, fate in homes if fate.theft is not None]
        turned = [fate.fault is not None and fate.fault[0] is Fault.WRONG_PHASE for fate in singles]
        assert np.mean([is_moved(fate) for _, fate in homes]) == pytest.approx(0.08, abs=0.01)
        assert np.mean([is_moved(fate) for fate in thieves]) == pytest.approx(0.08, abs=0.03)
        assert np.mean(turned) == pytest.approx(0.15, abs=0.02)

    def test_what_befalls_a_customer_does_not_change_with_the_errors_of_the_archive(self) -> None:
        usual, wrong = (
            plan_feeder(number=0, settings=SimulationSettings(seed=2, areas=8, **knobs)).areas[0]
            for knobs in ({}, {"wrong_area_share": 0.3, "wrong_phase_share": 0.3})
        )

        assert usual.customers == wrong.customers
        assert [fate.theft for fate in usual.fates] == [fate.theft for fate in wrong.fates]

    def test_nobody_steals_when_the_rate_is_zero(self) -> None:
        settings = SimulationSettings(seed=2, areas=8, theft_rate=0.0)
        area = plan_feeder(number=0, settings=settings).areas[0]

        fates = draw_fates(customers=area.customers, settings=settings, rng=np.random.default_rng(1))

        assert not [fate for fate in fates if fate.theft is not None]


class TestLookAlikes:
    """Each look-alike, against the same customer's life without it (same chance, so days before are equal)."""

    def test_vacancy_leaves_next_to_nothing(self, small_settings: SimulationSettings) -> None:
        spell = Spell(onset_day=20, end_day=40, strength=0.5)

        lived, empty = (use_with(Fate(benign=benign), small_settings) for benign in ({}, {Benign.VACANCY: spell}))

        assert np.array_equal(lived[:20], empty[:20])
        assert empty[20:40].sum() < 0.05 * lived[20:40].sum()
        assert np.array_equal(lived[40:], empty[40:])

    def test_tenant_change_changes_the_level(self, small_settings: SimulationSettings) -> None:
        spell = Spell(onset_day=30, end_day=60, strength=0.5)

        before, after = (
            use_with(Fate(benign=benign), small_settings) for benign in ({}, {Benign.TENANT_CHANGE: spell})
        )

        assert np.array_equal(before[:30], after[:30])
        assert not np.array_equal(before[30:], after[30:])

    def test_second_home_is_empty_on_working_days(self, small_settings: SimulationSettings) -> None:
        spell = Spell(onset_day=0, end_day=60, strength=0.1)

        use = use_with(Fate(benign={Benign.SECOND_HOME: spell}), small_settings)

        working = ~make_calendar(start_on=date(2025, 3, 3), days=60).is_rest
        daily = use.mean(axis=1)
        assert daily[working].max() < 0.3 * daily[~working].max()
        assert (daily[~working] > 0.3 * daily[~working].max()).mean() > 0.2

    def test_load_limiter_cuts_at_a_level(self, small_settings: SimulationSettings) -> None:
        spell = Spell(onset_day=0, end_day=60, strength=0.5)

        use = use_with(Fate(benign={Benign.LOAD_LIMITER: spell}), small_settings)

        assert (use == use.max()).mean() > 0.1

    def test_timer_load_runs_the_same_hours_every_day(self, small_settings: SimulationSettings) -> None:
        spell = Spell(onset_day=0, end_day=60, strength=0.5)

        use = use_with(Fate(benign={Benign.TIMER_LOAD: spell}), small_settings, kind=Kind.FARM)

        assert (use == use[0]).all()
        assert np.unique(use).size == 2

    def test_flat_machine_hardly_moves(self, small_settings: SimulationSettings) -> None:
        spell = Spell(onset_day=0, end_day=60, strength=0.5)

        use = use_with(Fate(benign={Benign.FLAT_MACHINE: spell}), small_settings, kind=Kind.SHOP)

        assert use.std() < 0.05 * use.mean()

    def test_electric_car_adds_nights_of_power(self, small_settings: SimulationSettings) -> None:
        spell = Spell(onset_day=30, end_day=60, strength=0.9)

        without, with_car = (use_with(Fate(benign=benign), small_settings) for benign in ({}, {Benign.EV: spell}))

        assert np.array_equal(without[:30], with_car[:30])
        added = with_car[30:].mean() - without[30:].mean()
        assert added > 0.1

    def test_roof_gives_by_day_only(self, small_settings: SimulationSettings) -> None:
        calendar = make_calendar(start_on=date(2025, 3, 3), days=20)
        library = read_profiles(small_settings)
        around = Surroundings(
            calendar=calendar,
            weather=draw_weather(calendar=calendar, seed=1, county=0),
            library=library,
            source_day=library.match_days(days=calendar.days, is_rest=calendar.is_rest),
            slots=96,
            is_village=False,
        )
        fate = Fate(benign={Benign.SOLAR: Spell(onset_day=5, end_day=20, strength=0.9)})

        out = draw_solar(customer=make_customer(), fate=fate, around=around, rng=np.random.default_rng(1))

        assert out is not None
        assert not out[:5].any()
        assert not out[:, :20].any()
        assert out[5:, 44:56].min(axis=1).max() > 0.5

    def test_street_lamps_burn_in_the_dark(self) -> None:
        calendar = make_calendar(start_on=date(2025, 3, 3), days=3)

        shape = draw_shape(kind=Kind.LIGHTING, calendar=calendar, slots=96, rng=np.random.default_rng(1))

        assert np.array_equal(shape > 0, is_dark(calendar=calendar, slots=96))


class TestMeters:
    def test_coarse_register_loses_nothing(self) -> None:
        kwh = np.random.default_rng(1).uniform(0, 0.2, 500)

        told = read_energy(kwh=kwh, step=0.01)

        assert told.sum() == pytest.approx(kwh.sum(), abs=0.01)
        assert np.allclose(told / 0.01, np.rint(told / 0.01))

    def test_late_clock_counts_part_of_the_next_interval(self) -> None:
        told = read_energy(kwh=np.array([1.0, 3.0, 1.0]), step=0.0001, skew=0.5)

        assert told == pytest.approx([2.0, 2.0, 1.0])

    def test_early_clock_counts_part_of_the_last_interval(self) -> None:
        told = read_energy(kwh=np.array([1.0, 3.0, 1.0]), step=0.0001, skew=-0.5)

        assert told == pytest.approx([1.0, 2.0, 2.0])

    def test_dial_rolls_over_after_six_digits(self) -> None:
        dial = read_dial(daily_kwh=np.array([5.0, 5.0]), start_kwh=999_994.0)

        assert dial.tolist() == [999_994.0, 999_999.0, 4.0]

    def test_time_of_use_periods_cover_the_day_once(self) -> None:
        covered = np.sum(list(period_slots(96).values()), axis=0)

        assert (covered == 1).all()


class TestArchive:
    def test_wrong_ratio_is_the_next_size(self) -> None:
        customer = make_customer(kind=Kind.WORKSHOP, wiring="CT")
        spell = Spell(onset_day=0, end_day=9, strength=0.2)

        # 60 kW want 100 A: 100/5 = 20; the archive says 150/5 = 30.
        assert recorded_ratio(customer, Fate()) == 20.0
        assert recorded_ratio(customer, Fate(fault=(Fault.WRONG_RATIO, spell))) == 30.0

    def test_wrong_phase_is_another_phase(self) -> None:
        spell = Spell(onset_day=0, end_day=9, strength=0.9)

        assert recorded_phase(make_customer(), Fate()) == "A"
        assert recorded_phase(make_customer(), Fate(fault=(Fault.WRONG_PHASE, spell))) == "C"
