"""Putting together the losses of lines and units from what was read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine import Engine
from lamplighter.business.line_loss.queries.inputs import CompanyNetwork
from lamplighter.business.line_loss.relations import read_relation
from lamplighter.business.line_loss.rules.feeder import line_losses
from lamplighter.business.line_loss.rules.medium_voltage import tree_loss_kwh
from lamplighter.business.line_loss.rules.months import unit_figures
from lamplighter.business.line_loss.rules.network_tree import order_tree
from lamplighter.business.line_loss.rules.theory import transformer_loss_kwh
from lamplighter.business.line_loss.rules.thresholds import Thresholds

LineTime = tuple[str, dt.date]
"""A feeder, and a day or the first day of a month."""


@dataclass(frozen=True, slots=True)
class PeriodLosses:
    """Rows of ``out_feeder_loss`` and ``out_unit_loss`` of one run of days, or of one month."""

    feeders: pa.Table
    units: pa.Table


def roll_up_period(
    *,
    network: CompanyNetwork,
    engine: Engine,
    thresholds: Thresholds,
    energy: pa.Table,
    hangs: pa.Table,
    area_rows: pa.Table,
    hours: float,
    period: str,
) -> PeriodLosses:
    """Return the losses of lines and units from the energies of meters and the losses of areas.

    Args:
        network: the archive.
        engine: runs the relations.
        thresholds: limits.
        energy: see :func:`read_day_energies`.
        hangs: see :func:`read_hangs`, for the dates of ``energy``.
        area_rows: losses of areas on the same dates, for the low-voltage level.
        hours: length of a period.
        period: day or month.
    """
    own = _flows(network, engine, energy, hangs, through=0)
    whole = _flows(network, engine, energy, hangs, through=1)
    plates = transformer_losses(network=network, energy=energy, hangs=hangs, hours=hours, thresholds=thresholds)
    conductors = conductor_losses(network=network, energy=energy, hangs=hangs, hours=hours, thresholds=thresholds)
    made = {}
    for name, flows in (("own", own), ("whole", whole)):
        made[name] = line_losses(
            flows=flows,
            hours=np.full(flows.num_rows, hours),
            transformer_kwh=_looked_up(flows, plates),
            line_kwh=_looked_up(flows, conductors),
            solar_gaps=network.solar_gaps,
            thresholds=thresholds,
            period=period,
        )
    elements = _elements(network, made["own"], made["whole"], area_rows, hangs)
    sums = engine.query(read_relation("unit_sums"), tables={"element": elements, "unit": network.units})
    sums = sums.sort_by([("unit_id", "ascending"), ("level", "ascending"), ("on_date", "ascending")])
    figures = unit_figures(sums=sums, hours=np.full(sums.num_rows, hours), thresholds=thresholds)
    units = {
        "unit_id": sums.column("unit_id"),
        "level": sums.column("level"),
        "on_date": sums.column("on_date").cast(pa.date32()),
        "period": pa.repeat(period, sums.num_rows),
        "area_count": sums.column("area_count").cast(pa.int32()),
        "computable_count": sums.column("computable_count").cast(pa.int32()),
    }
    return PeriodLosses(feeders=made["own"], units=pa.table(units | figures))


def _flows(network: CompanyNetwork, engine: Engine, energy: pa.Table, hangs: pa.Table, *, through: int) -> pa.Table:
    found = engine.query(
        read_relation("feeder_flows"),
        tables={
            "energy": energy,
            "meter": network.meters.select(["meter_id", "feeder_id"]),
            "hangs": hangs,
            "area": network.areas.select(["area_id", "has_supply"]),
            "through_customers": pa.table({"flag": pa.array([through], pa.int32())}),
        },
    )
    return found.sort_by([("feeder_id", "ascending"), ("on_date", "ascending")])


def transformer_losses(
    *, network: CompanyNetwork, energy: pa.Table, hangs: pa.Table, hours: float, thresholds: Thresholds
) -> dict[LineTime, float]:
    """Return the technical loss of all transformers of a feeder by its day or month, from nameplates (TLL-8).

    A feeder with an area of unknown nameplate has no figure: leaving a transformer out would blame the line.
    """
    through = area_energies(network, energy)
    plate = {row["area_id"]: row for row in network.areas.to_pylist()}
    hung = [row for row in hangs.to_pylist() if row["feeder_id"] is not None]
    totals: dict[LineTime, float] = {}
    if not hung:
        return totals
    names = ("rated_kva", "no_load_loss_kw", "load_loss_kw")
    plates = [[np.nan if (v := plate[row["area_id"]][n]) is None else float(v) for n in names] for row in hung]
    rated, no_load, load = np.array(plates, np.float64).T
    lost = transformer_loss_kwh(
        energy_kwh=np.array([through.get((row["area_id"], row["on_date"]), 0.0) for row in hung]),
        hours=hours,
        rated_kva=rated,
        no_load_kw=no_load,
        load_kw=load,
        power_factor=thresholds.power_factor,
        k_squared=thresholds.form_factor_squared,
    )
    for row, value in zip(hung, lost.tolist(), strict=True):
        key = (row["feeder_id"], row["on_date"])
        totals[key] = totals.get(key, 0.0) + value
    return totals


def area_energies(network: CompanyNetwork, energy: pa.Table) -> dict[tuple[str, dt.date], float]:
    """Return the net energy through each area's transformer: its supply meter's, without one its customers'."""
    metered = set(network.areas.filter(pc.equal(network.areas.column("has_supply"), 1)).column("area_id").to_pylist())
    side = pc.if_else(pc.equal(energy.column("role"), "supply"), 1, 0)
    placed = energy.append_column("is_supply", side).filter(pc.is_valid(energy.column("area_id")))
    sums = placed.group_by(["area_id", "on_date", "is_supply"]).aggregate(
        [("energy_kwh", "sum"), ("reverse_kwh", "sum")]
    )
    return {
        (row["area_id"], row["on_date"]): (row["energy_kwh_sum"] or 0.0) - (row["reverse_kwh_sum"] or 0.0)
        for row in sums.to_pylist()
        if row["is_supply"] == (row["area_id"] in metered)
    }


def conductor_losses(
    *, network: CompanyNetwork, energy: pa.Table, hangs: pa.Table, hours: float, thresholds: Thresholds
) -> dict[LineTime, float]:
    """Return the technical loss of the 10 kV conductors of each feeder whose line is known as a tree.

    A node of the tree is named by the area whose transformer stands there, or by a meter's ``node_id``. A feeder of
    which fewer than ``placed_share_min`` of these ends have a node has no figure.
    """
    if not network.feeder_lines.num_rows:
        return {}
    through = area_energies(network, energy)
    dates = sorted(energy.column("on_date").unique().to_pylist())
    column = {date: place for place, date in enumerate(dates)}
    voltage = dict(zip(*(network.feeders.column(n).to_pylist() for n in ("feeder_id", "voltage_kv")), strict=True))
    nodes_of_meter = dict(zip(*(network.meters.column(n).to_pylist() for n in ("meter_id", "node_id")), strict=True))
    feeder_of_meter = dict(zip(*(network.meters.column(n).to_pylist() for n in ("meter_id", "feeder_id")), strict=True))
    ends: dict[str, dict[tuple[str, dt.date], float]] = defaultdict(lambda: defaultdict(float))
    for row in hangs.to_pylist():
        if row["feeder_id"] is not None:
            ends[row["feeder_id"]][row["area_id"], row["on_date"]] += through.get((row["area_id"], row["on_date"]), 0.0)
    direct = energy.filter(pc.and_(pc.is_null(energy.column("area_id")), pc.not_equal(energy.column("role"), "feeder")))
    for row in direct.to_pylist():
        feeder, node = feeder_of_meter.get(row["meter_id"]), nodes_of_meter.get(row["meter_id"])
        if feeder is not None:
            net = (row["energy_kwh"] or 0.0) - (row["reverse_kwh"] or 0.0)
            ends[feeder][node or "", row["on_date"]] += net
    found: dict[LineTime, float] = {}
    for feeder, (nodes, parents, ohm) in _feeder_trees(network.feeder_lines).items():
        place = {node: number for number, node in enumerate(nodes)}
        own = ends.get(feeder, {})
        placed = sum(node in place for node, _ in own)
        if not own or not voltage.get(feeder) or placed < thresholds.placed_share_min * len(own):
            continue
        taken = np.zeros((len(nodes), len(dates)))
        for (node, date), kwh in own.items():
            taken[place.get(node, 0), column[date]] += kwh
        lost = tree_loss_kwh(
            parents=np.array(parents),
            ohm=np.array(ohm),
            energy_kwh=taken,
            hours=hours,
            voltage_kv=voltage[feeder],
            power_factor=thresholds.power_factor,
            k_squared=thresholds.form_factor_squared,
        )
        found |= {(feeder, date): float(lost[number]) for date, number in column.items()}
    return found


def _feeder_trees(lines: pa.Table) -> dict[str, tuple[list[str], list[int], list[float]]]:
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in lines.to_pylist():
        grouped[row["feeder_id"]].append(row)
    trees = {}
    for feeder, rows in grouped.items():
        if any(row["ohm_per_km"] is None for row in rows):
            continue
        tree = order_tree(
            from_nodes=[row["from_node"] for row in rows],
            to_nodes=[row["to_node"] for row in rows],
            ohm=[row["length_m"] * row["ohm_per_km"] / 1000 for row in rows],
        )
        if tree is not None:
            trees[feeder] = tree
    return trees


def _looked_up(flows: pa.Table, values: dict[LineTime, float]) -> npt.NDArray[np.float64]:
    keys = zip(flows.column("feeder_id").to_pylist(), flows.column("on_date").to_pylist(), strict=True)
    return np.array([values.get(key, np.nan) for key in keys], np.float64)


def _elements(
    network: CompanyNetwork, own: pa.Table, whole: pa.Table, area_rows: pa.Table, hangs: pa.Table
) -> pa.Table:
    """Return what units are summed from: areas (0.4 kV), lines (10 kV), and for regions lines down to their customers.

    A region without a metered line is summed from the areas themselves.
    """
    areas = area_rows.append_column(
        "station_id", _joined(area_rows.column("area_id"), network.areas, "area_id", "station_id")
    )
    feeders = network.feeders
    lines = own.filter(pc.equal(own.column("boundary"), "transformers"))
    headed = whole.filter(
        pc.invert(pc.match_substring(pc.fill_null(whole.column("not_computable_reason"), ""), "supply_unknown"))
    )
    headed_keys = _key(headed, "feeder_id")
    under_head = hangs.filter(pc.fill_null(pc.is_in(_key(hangs, "feeder_id"), value_set=headed_keys), False))
    below = areas.filter(pc.is_in(_key(areas, "area_id"), value_set=_key(under_head, "area_id")))
    loose = areas.filter(pc.invert(pc.is_in(_key(areas, "area_id"), value_set=_key(under_head, "area_id"))))
    headed = _with_areas_technical(headed, below, under_head)

    def stationed(rows: pa.Table) -> pa.Table:
        return rows.append_column("station_id", _joined(rows.column("feeder_id"), feeders, "feeder_id", "station_id"))

    return pa.concat_tables(
        [
            _element(areas, "0.4 kV"),
            _element(stationed(lines), "10 kV"),
            _element(stationed(headed), "region"),
            _element(loose, "region"),
        ]
    )


def _key(rows: pa.Table, name: str) -> pa.Array:
    """Return ``name|date`` of each row."""
    joined = pc.binary_join_element_wise(rows.column(name), rows.column("on_date").cast(pa.string()), "|")
    return joined.combine_chunks()


def _with_areas_technical(lines: pa.Table, areas: pa.Table, hangs: pa.Table) -> pa.Table:
    """Return lines that are followed to the customers with the technical loss of their areas in theirs."""
    place = pc.index_in(_key(areas, "area_id"), value_set=_key(hangs, "area_id"))
    feeder = hangs.column("feeder_id").combine_chunks().take(place)
    sums = (
        areas.append_column("feeder_id", feeder)
        .group_by(["feeder_id", "on_date"])
        .aggregate([("technical_kwh", "sum")])
    )
    found = sums.column("technical_kwh_sum").combine_chunks()
    more = pc.fill_null(found.take(pc.index_in(_key(lines, "feeder_id"), value_set=_key(sums, "feeder_id"))), 0.0)
    for name, change in (("technical_kwh", pc.add), *((each, pc.subtract) for each in _UNEXPLAINED)):
        lines = lines.set_column(lines.column_names.index(name), name, change(lines.column(name), more))
    return lines


_UNEXPLAINED = ("unexplained_kwh", "unexplained_low_kwh", "unexplained_high_kwh")


def _joined(keys: pa.ChunkedArray, table: pa.Table, key: str, value: str) -> pa.Array:
    place = pc.index_in(keys.combine_chunks(), value_set=table.column(key).combine_chunks())
    return table.column(value).combine_chunks().take(place)


def _element(rows: pa.Table, level: str) -> pa.Table:
    names = [
        "station_id", "on_date", "supplied_kwh", "sold_kwh", "loss_kwh", "technical_kwh", "unexplained_kwh", "coverage",
        "estimated_share", "is_computable",
    ]  # fmt: skip
    middle = rows.column("unexplained_kwh")
    found = rows.select(names).append_column("level", pa.array([level] * rows.num_rows, pa.string()))
    found = found.append_column("low_half_kwh", pc.subtract(middle, rows.column("unexplained_low_kwh")))
    found = found.append_column("high_half_kwh", pc.subtract(rows.column("unexplained_high_kwh"), middle))
    return found.filter(pc.is_valid(found.column("station_id")))
