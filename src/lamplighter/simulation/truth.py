"""What truly happened, for those who measure: never part of the company folder."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.attacks import CATALOGUE_VERSION, Theft, TheftEffect
from lamplighter.simulation.archive import recorded_phase, recorded_ratio
from lamplighter.simulation.area import AreaFlow, TrueFlow, Unmetered, lost_voltage_phases
from lamplighter.simulation.fates import Benign, Fault
from lamplighter.simulation.high_voltage import FeederFlow, HighFlow
from lamplighter.simulation.people import Kind, meter_id
from lamplighter.simulation.plan import FeederPlan, area_id, customer_ratio, feeder_id
from lamplighter.simulation.settings import SimulationSettings

FloatArray = npt.NDArray[np.float64]
Rows = dict[str, list[dict[str, object]]]

_ARCHIVE_FAULTS = (Fault.WRONG_RATIO, Fault.WRONG_PHASE)


def record_area(flow: AreaFlow, *, into: Rows, settings: SimulationSettings) -> None:
    """Add the area's true energy and loss of each day, and a wrong ratio of its supply meter."""
    solar = sum((one.solar_kwh.sum(axis=1) for one in flow.flows if one.solar_kwh is not None), np.zeros(settings.days))
    stolen = sum((one.stolen_kwh.sum(axis=1) for one in flow.flows), np.zeros(settings.days))
    stolen = stolen + sum((one.kwh.sum(axis=1) for one in flow.unmetered if one.kind == "hook_up"), np.zeros(1))
    for one in flow.unmetered:
        _record_unmetered(one, flow=flow, into=into, settings=settings)
    forward = np.maximum(flow.supply_kwh, 0.0).sum(axis=1)
    backward = np.maximum(-flow.supply_kwh, 0.0).sum(axis=1)
    for day in range(settings.days):
        into["area_loss"].append(
            {
                "area_id": flow.plan.area_id,
                "on_date": settings.start_on + timedelta(days=day),
                "supplied_kwh": float(forward[day]),
                "fed_back_kwh": float(backward[day]),
                "solar_kwh": float(solar[day]),
                "technical_kwh": float(flow.technical_kwh[day]),
                "stolen_kwh": float(stolen[day]),
            }
        )
    if flow.plan.supply_ratio != flow.plan.supply_recorded_ratio:
        into["archive_errors"].append(
            {
                "meter_id": meter_id(number=flow.plan.supply_number),
                "kind": "wrong_supply_ratio",
                "true_value": str(flow.plan.supply_ratio),
                "recorded_value": str(flow.plan.supply_recorded_ratio),
                "recorded_area_id": flow.plan.area_id,
                "true_area_id": flow.plan.area_id,
            }
        )


def record_customers(flow: AreaFlow, *, plan: FeederPlan, into: Rows, settings: SimulationSettings) -> None:
    """Add the thefts, look-alikes, faults and archive errors of an area's customers."""
    for one in flow.flows:
        if one.fate.theft is not None and one.effect is not None:
            who, theft, used = _who(one, flow), one.fate.theft, one.use_kwh
            _record_theft(who, theft=theft, effect=one.effect, use_kwh=used, into=into, settings=settings)
        _record_benign(one, flow=flow, into=into, settings=settings)
        _record_fault(one, flow=flow, into=into, settings=settings)
        _record_archive(one, flow=flow, plan=plan, into=into)


def _day(settings: SimulationSettings, day: int) -> date:
    return settings.start_on + timedelta(days=day)


def _who(one: TrueFlow, flow: AreaFlow) -> dict[str, object]:
    return {
        "account_id": one.customer.account_id,
        "meter_id": meter_id(number=one.customer.number),
        "area_id": flow.plan.area_id,
    }


def _record_unmetered(one: Unmetered, *, flow: AreaFlow, into: Rows, settings: SimulationSettings) -> None:
    """Add a load without a meter: a theft without an account, or a harmless one nobody billed."""
    daily = one.kwh.sum(axis=1)
    active = np.flatnonzero(daily > 0)
    if not active.size:
        return
    common: dict[str, object] = {
        "area_id": flow.plan.area_id,
        "kind": one.kind,
        "onset_on": _day(settings, int(active[0])),
    }
    if one.kind != "hook_up":
        into["benign"].append({**common, "strength": float(daily.sum())})
        return
    total = float(daily.sum())
    row = {"stolen_kwh": total, "stolen_kwh_per_day": total / active.size, "used_kwh": total}
    into["thefts"].append({**common, **row, "catalogue_version": CATALOGUE_VERSION})


def record_feeder(line: FeederFlow, *, feeder: int, into: Rows, settings: SimulationSettings) -> None:
    """Add the feeder's true supply and losses of each day."""
    supplied, lost = line.supply_kwh.sum(axis=1), line.line_kwh.sum(axis=1)
    transformers = line.transformer_kwh.sum(axis=1)
    for day in range(settings.days):
        into["feeder_loss"].append(
            {
                "feeder_id": feeder_id(feeder),
                "on_date": _day(settings, day),
                "supplied_kwh": float(supplied[day]),
                "line_kwh": float(lost[day]),
                "transformer_kwh": float(transformers[day]),
            }
        )


def record_high_thefts(flows: tuple[HighFlow, ...], *, into: Rows, settings: SimulationSettings) -> None:
    """Add the thefts of 10 kV customers; they have no area."""
    for one in flows:
        if one.customer.fate.theft is not None and one.effect is not None:
            who: dict[str, object] = {
                "account_id": one.customer.account_id,
                "meter_id": meter_id(number=one.customer.number),
                "area_id": None,
            }
            theft, used = one.customer.fate.theft, one.use_kwh
            _record_theft(who, theft=theft, effect=one.effect, use_kwh=used, into=into, settings=settings)


def _record_theft(
    who: dict[str, object],
    *,
    theft: Theft,
    effect: TheftEffect,
    use_kwh: FloatArray,
    into: Rows,
    settings: SimulationSettings,
) -> None:
    daily = effect.stolen_kwh.sum(axis=1)
    active = max(theft.end_day - theft.onset_day, 1)
    used = use_kwh[theft.onset_day : theft.end_day].sum() + effect.extra_kwh.sum()
    into["thefts"].append(
        {
            **who,
            "kind": theft.kind.value,
            "theta": theft.theta,
            "onset_on": _day(settings, theft.onset_day),
            "ended_on": None if theft.end_day >= settings.days else _day(settings, theft.end_day),
            "stolen_kwh": float(daily.sum()),
            "stolen_kwh_per_day": float(daily.sum() / active),
            "used_kwh": float(used),
            "catalogue_version": CATALOGUE_VERSION,
        }
    )
    into["stolen_daily"].extend(
        {
            "account_id": who["account_id"],
            "area_id": who["area_id"],
            "on_date": _day(settings, day),
            "stolen_kwh": float(daily[day]),
        }
        for day in range(theft.onset_day, theft.end_day)
    )


def _record_benign(one: TrueFlow, *, flow: AreaFlow, into: Rows, settings: SimulationSettings) -> None:
    for kind, spell in one.fate.benign.items():
        into["benign"].append(
            {
                **_who(one, flow),
                "kind": kind.value,
                "onset_on": _day(settings, spell.onset_day),
                "ended_on": _day(settings, spell.end_day),
                "strength": spell.strength,
            }
        )
    if one.customer.kind is Kind.SOLAR_PLANT:
        into["benign"].append(
            {**_who(one, flow), "kind": "solar_plant", "onset_on": _day(settings, 0), "ended_on": None, "strength": 1.0}
        )


def _record_fault(one: TrueFlow, *, flow: AreaFlow, into: Rows, settings: SimulationSettings) -> None:
    if one.fate.fault is None or one.fate.fault[0] in _ARCHIVE_FAULTS:
        return
    fault, spell = one.fate.fault
    used = float(one.use_kwh[spell.onset_day :].sum())
    lost, _ = lost_voltage_phases(one)
    share = {
        Fault.STOPPED: 1.0,
        Fault.SLOW: 0.4 - 0.32 * spell.strength,
        Fault.PHASE_VOLTAGE_LOST: float(one.phase_share[lost].sum()),
    }[fault]
    into["faults"].append(
        {
            **_who(one, flow),
            "kind": fault.value,
            "onset_on": _day(settings, spell.onset_day),
            "strength": spell.strength,
            "unregistered_kwh": used * share,
        }
    )


def _record_archive(one: TrueFlow, *, flow: AreaFlow, plan: FeederPlan, into: Rows) -> None:
    customer, fate = one.customer, one.fate
    recorded = area_id(plan.archive[customer.number].area)
    found: list[tuple[str, str, str]] = []
    if recorded != flow.plan.area_id:
        found.append((Benign.WRONG_AREA.value, flow.plan.area_id, recorded))
    if fate.fault is not None and fate.fault[0] is Fault.WRONG_RATIO:
        true_ratio = customer_ratio(customer.contract_kw)
        found.append((Fault.WRONG_RATIO.value, str(true_ratio), str(recorded_ratio(customer, fate))))
    if fate.fault is not None and fate.fault[0] is Fault.WRONG_PHASE:
        found.append((Fault.WRONG_PHASE.value, "ABC"[customer.phase], recorded_phase(customer, fate)))
    for kind, true_value, recorded_value in found:
        into["archive_errors"].append(
            {
                "account_id": customer.account_id,
                "meter_id": meter_id(number=customer.number),
                "kind": kind,
                "true_value": true_value,
                "recorded_value": recorded_value,
                "recorded_area_id": recorded,
                "true_area_id": flow.plan.area_id,
            }
        )
