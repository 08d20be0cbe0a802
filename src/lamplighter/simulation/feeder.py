"""The work of one feeder: plan, loads, power flow, readings, files; the unit that processes share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.simulation.archive import (
    list_areas,
    list_assignments,
    list_customers,
    list_lines,
    list_meters,
    name_areas,
    recorded_ratio,
)
from lamplighter.simulation.area import AreaFlow, run_area
from lamplighter.simulation.calendar import draw_weather, make_calendar
from lamplighter.simulation.commerce import Account, list_commerce
from lamplighter.simulation.events import list_events
from lamplighter.simulation.folder import build_table, write_intervals
from lamplighter.simulation.high_archive import list_feeder_lines, list_high_customers, list_high_meters
from lamplighter.simulation.high_readings import read_feeder, read_high_customer
from lamplighter.simulation.high_voltage import (
    AreaTotals,
    FeederFlow,
    HighCustomer,
    draw_high_customers,
    feeder_meter_number,
    run_feeder_line,
    run_high_customer,
    sum_area_totals,
)
from lamplighter.simulation.loads import Surroundings
from lamplighter.simulation.loss_causes import LossCauses
from lamplighter.simulation.metering import DIAL_SIZE_KWH
from lamplighter.simulation.noise import draw_lasting_noise
from lamplighter.simulation.organisation import make_organisation, station_id, station_of_feeder
from lamplighter.simulation.outages import draw_outages, list_outages, mark_dark, mark_feeder_dark
from lamplighter.simulation.people import Kind, meter_id, read_population
from lamplighter.simulation.plan import AreaPlan, FeederPlan, feeder_id, plan_feeder
from lamplighter.simulation.profiles import ProfileLibrary
from lamplighter.simulation.readings import MeterDays, read_customers, read_supply
from lamplighter.simulation.registers import list_registers
from lamplighter.simulation.schemas import COMPANY, TRUTH
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings
from lamplighter.simulation.truth import record_area, record_customers, record_feeder, record_high_thefts

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FeederResult:
    """What one feeder adds to the small files, and counts.

    Attributes:
        number: the feeder.
        company: rows by file of the company folder.
        truth: rows by file of the truth folder.
        customers: accounts.
        interval_rows: rows written to the interval files.
        readings: values in them.
    """

    number: int
    company: dict[str, pa.Table]
    truth: dict[str, pa.Table]
    customers: int
    interval_rows: int
    readings: int


@dataclass(kw_only=True)
class _Collected:
    causes: LossCauses
    meters: list[MeterDays] = field(default_factory=list)
    company: dict[str, list[dict[str, object]]] = field(default_factory=lambda: {name: [] for name in COMPANY})
    truth: dict[str, list[dict[str, object]]] = field(default_factory=lambda: {name: [] for name in TRUTH})


def run_feeder(*, number: int, folder: Path, library: ProfileLibrary, settings: SimulationSettings) -> FeederResult:
    """Simulate one feeder, write its interval files and return the rows of the small files.

    Areas are worked one after another and let go, so that memory is bounded by one feeder.
    """
    plan = plan_feeder(number=number, settings=settings)
    around = _look_around(plan, library=library, settings=settings)
    collected = _Collected(causes=LossCauses(days=settings.days))
    outages = draw_outages(plan=plan, settings=settings)
    bus_pu = _draw_bus_voltage(number, settings=settings)
    totals: list[AreaTotals] = []
    built: list[AreaPlan] = []
    for area in plan.areas:
        flow = run_area(
            plan=area,
            around=around[area.character == "village"],
            source_pu=_area_voltage(area, bus_pu=bus_pu, plan=plan),
            is_dark=mark_dark(outages=outages, area=area, settings=settings),
            settings=settings,
        )
        totals.append(sum_area_totals(flow, settings=settings))
        built.append(flow.plan)
        _collect_area(flow, plan=plan, into=collected, settings=settings)
    plan = replace(plan, areas=tuple(built))
    collected.truth["area_causes"] = collected.causes.rows(settings)
    high = draw_high_customers(feeder=number, areas=len(plan.areas), settings=settings)
    line = _run_high_side(
        plan=plan,
        high=high,
        totals=totals,
        around=around[0],
        bus_pu=bus_pu,
        is_dark=mark_feeder_dark(outages=outages, settings=settings),
        into=collected,
        settings=settings,
    )
    rows, readings = write_intervals(
        folder=folder / "interval", feeder=number, meters=collected.meters, settings=settings
    )
    names = name_areas(plan, settings=settings)
    company = {
        "feeders": build_table(schema=COMPANY["feeders"], rows=[_describe_feeder(plan, settings=settings)]),
        "areas": build_table(schema=COMPANY["areas"], rows=list_areas(plan, names=names)),
        "lines": build_table(schema=COMPANY["lines"], rows=[*list_lines(plan), *list_feeder_lines(plan, line=line)]),
        "customers": build_table(
            schema=COMPANY["customers"],
            rows=[
                *list_customers(plan, names=names, settings=settings),
                *list_high_customers(plan, high=high, settings=settings),
            ],
        ),
        "meters": build_table(
            schema=COMPANY["meters"],
            rows=[*list_meters(plan, settings=settings), *list_high_meters(plan, high=high, settings=settings)],
        ),
        "outages": build_table(
            schema=COMPANY["outages"], rows=list_outages(outages=outages, plan=plan, settings=settings)
        ),
        "registers": list_registers(collected.meters, settings=settings),
        "assignments": build_table(schema=COMPANY["assignments"], rows=list_assignments(plan, settings=settings)),
    }
    for name, rows_of in collected.company.items():
        if rows_of:
            # In the order of the first column: the order of work must not tell the true area.
            ordered = sorted(rows_of, key=itemgetter(COMPANY[name].names[0]))
            company[name] = build_table(schema=COMPANY[name], rows=ordered)
    truth = {
        name: build_table(schema=TRUTH[name], rows=rows_of) for name, rows_of in collected.truth.items() if rows_of
    }
    return FeederResult(
        number=number,
        company=company,
        truth=truth,
        customers=sum(len(area.customers) for area in plan.areas) + len(high),
        interval_rows=rows,
        readings=readings,
    )


def _collect_area(flow: AreaFlow, *, plan: FeederPlan, into: _Collected, settings: SimulationSettings) -> None:
    supply = read_supply(area=flow, settings=settings)
    into.meters.append(supply)
    into.causes.add_area(flow, supply)
    into.company["events"].extend(list_events(area=flow, settings=settings))
    for one, meters in groupby(read_customers(area=flow, settings=settings), key=itemgetter(0)):
        delivered = [meter for _, meter in meters]
        into.meters.extend(delivered)
        into.causes.add_customer(one, delivered, flow=flow, plan=plan)
        account = Account(
            number=one.customer.number,
            account_id=one.customer.account_id,
            kind=one.customer.kind,
            price_class=read_population()["kind"][one.customer.kind.value]["price_class"],
            fate=one.fate,
            billed_kwh=_billed_kwh(delivered, ratio=recorded_ratio(one.customer, one.fate)),
        )
        _collect_commerce(account, into=into, settings=settings)
    record_area(flow, into=into.truth, settings=settings)
    record_customers(flow, plan=plan, into=into.truth, settings=settings)


def _billed_kwh(meters: list[MeterDays], *, ratio: float) -> FloatArray:
    """Return what the archive bills each day: steps of the dials, rolled over where they did, times the ratio."""
    steps = [np.diff(meter.dials["total_kwh"]) % DIAL_SIZE_KWH for meter in meters]
    return np.asarray(np.sum(steps, axis=0) * ratio)


def _collect_commerce(account: Account, *, into: _Collected, settings: SimulationSettings) -> None:
    for name, row in list_commerce(account, settings=settings):
        into.company[name].append(row)


def _run_high_side(
    *,
    plan: FeederPlan,
    high: tuple[HighCustomer, ...],
    totals: list[AreaTotals],
    around: Surroundings,
    bus_pu: FloatArray,
    is_dark: npt.NDArray[np.bool_],
    into: _Collected,
    settings: SimulationSettings,
) -> FeederFlow:
    """Run the 10 kV line, read its meters, and record its truth."""
    flows = tuple(run_high_customer(customer=one, around=around, is_dark=is_dark, settings=settings) for one in high)
    line = run_feeder_line(feeder=plan.number, areas=totals, high=flows, bus_pu=bus_pu, settings=settings)
    into.meters.append(read_feeder(feeder=plan.number, line=line, is_dark=is_dark, settings=settings))
    for one in flows:
        meter = read_high_customer(flow=one, line=line, is_dark=is_dark, settings=settings)
        into.meters.append(meter)
        account = Account(
            number=one.customer.number,
            account_id=one.customer.account_id,
            kind=Kind.WORKSHOP,
            price_class="industrial",
            fate=one.customer.fate,
            billed_kwh=_billed_kwh([meter], ratio=one.customer.ct_ratio * one.customer.pt_ratio),
        )
        _collect_commerce(account, into=into, settings=settings)
    record_feeder(line, feeder=plan.number, into=into.truth, settings=settings)
    record_high_thefts(flows, into=into.truth, settings=settings)
    return line


def _look_around(
    plan: FeederPlan, *, library: ProfileLibrary, settings: SimulationSettings
) -> tuple[Surroundings, Surroundings]:
    """Return the surroundings of the feeder's areas, outside and inside villages."""
    calendar = make_calendar(start_on=settings.start_on, days=settings.days)
    organisation = make_organisation(settings)
    county = organisation.county_of_station(station_of_feeder(plan.number))
    weather = draw_weather(calendar=calendar, seed=settings.seed, county=county)
    source_day = library.match_days(days=calendar.days, is_rest=calendar.is_rest)
    return tuple(
        Surroundings(
            calendar=calendar,
            weather=weather,
            library=library.deal(part=plan.number % settings.profile_parts, parts=settings.profile_parts),
            source_day=source_day,
            slots=settings.slots,
            is_village=is_village,
        )
        for is_village in (False, True)
    )  # type: ignore[return-value]  # two by construction


def _draw_bus_voltage(number: int, *, settings: SimulationSettings) -> FloatArray:
    """Return the voltage of the 10 kV bus of the substation, of rated, shape (intervals,)."""
    rng = open_stream(seed=settings.seed, purpose="bus", number=number // 4)
    steps = settings.days * settings.slots
    hours = (np.arange(steps) % settings.slots) * 24 / settings.slots
    daily = 0.006 * np.cos(2 * np.pi * (hours - 3.5) / 24) - 0.004 * np.exp(-0.5 * ((hours - 19.5) / 1.6) ** 2)
    drift = draw_lasting_noise(size=steps, gain=0.0011, memory=0.965, rng=rng)
    # The tap changer holds the band: what leaves it is brought back by steps of 1.25 %.
    tap = np.rint((daily + drift) / 0.0125) * 0.0125
    return np.asarray(1.035 + daily + drift - 0.8 * tap)


def _area_voltage(area: AreaPlan, *, bus_pu: FloatArray, plan: FeederPlan) -> FloatArray:
    """Return the no-load voltage of an area's low side: the bus, less the feeder's drop up to here."""
    place = (area.number - plan.areas[0].number + 1) / (len(plan.areas) + 1)
    sag = 1.035 - bus_pu
    return np.asarray(bus_pu - 0.012 * place - 0.35 * place * np.maximum(sag, 0.0))


def _describe_feeder(plan: FeederPlan, *, settings: SimulationSettings) -> dict[str, object]:
    return {
        "feeder_id": feeder_id(plan.number),
        "name": f"10kV{plan.number + 1:02d}线",
        "station_id": station_id(station_of_feeder(plan.number)),
        "substation_id": f"SS{plan.number // 4:04d}",
        "voltage_kv": 10.0,
        "supply_meter_id": meter_id(number=feeder_meter_number(feeder=plan.number, settings=settings)),
    }
