"""The columns of every file the simulation writes: the company folder, and the truth beside it."""

from __future__ import annotations

import pyarrow as pa

_S, _F, _D, _I = pa.string(), pa.float64(), pa.date32(), pa.int64()
_T = pa.timestamp("s")


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


COMPANY = {
    "units": _schema(unit_id=_S, parent_id=_S, level=_S, name=_S),
    "feeders": _schema(feeder_id=_S, name=_S, station_id=_S, substation_id=_S, voltage_kv=_F, supply_meter_id=_S),
    "areas": _schema(
        area_id=_S,
        name=_S,
        feeder_id=_S,
        station_id=_S,
        kind=_S,
        rated_kva=_F,
        no_load_loss_kw=_F,
        load_loss_kw=_F,
        longitude=_F,
        latitude=_F,
    ),
    "lines": _schema(
        area_id=_S,
        feeder_id=_S,
        from_node=_S,
        to_node=_S,
        phases=_S,
        conductor=_S,
        length_m=_F,
        ohm_per_km=_F,
        reactance_ohm_per_km=_F,
    ),
    "customers": pa.schema(
        [
            ("account_id", _S),
            ("name", _S),
            ("class", _S),
            ("contract_kw", _F),
            ("contract_kva", _F),
            ("voltage_kv", _F),
            ("price_class", _S),
            ("address", _S),
            ("telephone", _S),
            ("opened_on", _D),
            ("closed_on", _D),
            ("longitude", _F),
            ("latitude", _F),
            ("is_protected", pa.bool_()),
        ]
    ),
    "meters": _schema(
        meter_id=_S,
        account_id=_S,
        area_id=_S,
        feeder_id=_S,
        role=_S,
        phase=_S,
        wiring=_S,
        ct_ratio=_F,
        pt_ratio=_F,
        multiplier=_F,
        rated_voltage_v=_F,
        basic_current_a=_F,
        max_current_a=_F,
        box_id=_S,
        node_id=_S,
        installed_on=_D,
        removed_on=_D,
    ),
    "assignments": _schema(meter_id=_S, area_id=_S, parent_id=_S, valid_from=_D, valid_to=_D),
    "registers": _schema(
        meter_id=_S,
        on_date=_D,
        total_kwh=_F,
        sharp_kwh=_F,
        peak_kwh=_F,
        flat_kwh=_F,
        valley_kwh=_F,
        reverse_kwh=_F,
        reactive_kvarh=_F,
        max_demand_kw=_F,
    ),
    "events": _schema(meter_id=_S, occurred_at=_T, code=_S, ended_at=_T, detail=_S),
    "billed": _schema(account_id=_S, month=_S, energy_kwh=_F, amount_yuan=_F),
    "payments": _schema(account_id=_S, paid_at=_T, amount_yuan=_F, for_month=_S),
    "outages": _schema(asset_id=_S, started_at=_T, ended_at=_T, kind=_S),
    "weather": _schema(place=_S, on_date=_D, mean_c=_F, min_c=_F, max_c=_F),
    "visits": _schema(account_id=_S, at=_T, kind=_S, note=_S),
    "contacts": _schema(account_id=_S, at=_T, kind=_S, note=_S),
    "calls": _schema(
        call_id=_S, leg=_I, unit_id=_S, queue=_S, offered_at=_T, answered_at=_T, ended_at=_T, agent=_S, wrap_seconds=_F
    ),
    "outcomes": _schema(account_id=_S, inspected_on=_D, outcome=_S, recovered_kwh=_F, note=_S),
}

TRUTH = {
    "thefts": _schema(
        account_id=_S, meter_id=_S, area_id=_S, kind=_S, theta=_F, onset_on=_D, ended_on=_D, stolen_kwh=_F,
        stolen_kwh_per_day=_F, used_kwh=_F, catalogue_version=_S,
    ),
    "stolen_daily": _schema(account_id=_S, area_id=_S, on_date=_D, stolen_kwh=_F),
    "benign": _schema(account_id=_S, meter_id=_S, area_id=_S, kind=_S, onset_on=_D, ended_on=_D, strength=_F),
    "faults": _schema(
        account_id=_S, meter_id=_S, area_id=_S, kind=_S, onset_on=_D, strength=_F, unregistered_kwh=_F
    ),
    "archive_errors": _schema(
        account_id=_S, meter_id=_S, kind=_S, true_value=_S, recorded_value=_S, recorded_area_id=_S, true_area_id=_S
    ),
    "area_loss": _schema(
        area_id=_S, on_date=_D, supplied_kwh=_F, fed_back_kwh=_F, solar_kwh=_F, technical_kwh=_F, stolen_kwh=_F
    ),
    "area_causes": _schema(
        area_id=_S, on_date=_D, technical_kwh=_F, wrong_area_kwh=_F, supply_meter_kwh=_F, customer_meter_kwh=_F,
        unmetered_kwh=_F, theft_kwh=_F,
    ),
    "feeder_loss": _schema(
        feeder_id=_S, on_date=_D, supplied_kwh=_F, line_kwh=_F, transformer_kwh=_F
    ),
}  # fmt: skip
