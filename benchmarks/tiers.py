"""A company as it would be if it read its meters less deeply: its folder, and its evidence."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.model_training import CompanyEvidence, Injection, find_company_evidence
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.journeys.nightly_run.bucket import CHANNELS

TIERS = ("kwh", "daily", "monthly")
"""kWh curves only; dial readings of the day only; monthly bills and the supply meters' months only."""

_KWH_CHANNELS = ("energy_kwh", "reverse_kwh")
_CHANNELS_OF: dict[str, tuple[str, ...]] = {"whole": CHANNELS, "kwh": _KWH_CHANNELS, "daily": ()}
_LEFT_OUT = {"kwh": (), "daily": ("interval",), "monthly": ("interval", "registers", "events", "outages")}
"""Outages and events come with the remote reading that a company of monthly bills does not have."""


def write_tier(company_folder: Path, target: Path, tier: str) -> Path:
    """Write the folder of a company as it would be at a shallower depth of data, and return it.

    Files that stay the same are linked, not copied. At ``monthly`` dials of supply and generation meters are read on
    the first of each month: the file ``monthly``.

    Args:
        company_folder: a company folder of Parquet files, as the simulation writes it.
        target: the folder to write; must not exist.
        tier: one of `TIERS`.

    Raises:
        ValueError: no such tier.
        FileExistsError: the target is there already.
    """
    if tier not in TIERS:
        raise ValueError(f"There is no tier {tier!r}, but {', '.join(TIERS)}.")
    target.mkdir(parents=True)
    for source in sorted(company_folder.rglob("*")):
        name = source.relative_to(company_folder)
        if source.is_dir() or name.parts[0].split(".")[0].split("-")[0] in _LEFT_OUT[tier]:
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if tier == "kwh" and name.parts[0] == "interval":
            _keep_channels(source, target / name)
        else:
            _link(source, target / name)
    if tier == "monthly":
        pq.write_table(_supply_months(company_folder), target / "monthly.parquet")
    return target


def find_tier_evidence(
    home: Path, tier: str, *, now: dt.datetime, injection: Injection | None = None
) -> CompanyEvidence:
    """Return the evidence of a company as it would be at a depth of data.

    Args:
        home: holds its folder ``company`` and its lake ``lake``, read in.
        tier: one of `TIERS`, or ``whole``.
        now: when the night is worked.
        injection: thefts to do first.
    """
    place = home / "lake"
    if tier == "monthly":
        # Bills are read by another door of the night than days are: the company is handed over with its bills alone.
        place = home / "monthly-lake"
        shutil.rmtree(home / "monthly-company", ignore_errors=True)
        import_company(
            folder=write_tier(home / "company", home / "monthly-company", "monthly"), lake=Lake.open(place), now=now
        )
    lake = Lake.open(place)
    with lake.snapshot() as state:
        return find_company_evidence(
            state=state,
            root=lake.root,
            engine=LocalEngine(),
            rules=read_rules(home / "absent", on=now.date()),
            channels=_CHANNELS_OF.get(tier, CHANNELS),
            injection=injection,
        )


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source.resolve())
    except OSError:
        # Another file system: a link cannot reach across.
        shutil.copyfile(source, target)


def _keep_channels(source: Path, target: Path) -> None:
    table = pq.read_table(source)
    kept = table.filter(pc.is_in(table["channel"], value_set=pa.array(_KWH_CHANNELS)))
    if kept.num_rows:
        pq.write_table(kept, target)


def _supply_months(folder: Path) -> pa.Table:
    """Return the energy of each whole month of each meter that supplies an area, from its dials on the firsts."""
    meters = _read(folder, "meters")
    supply = meters.filter(pc.is_in(meters["role"], value_set=pa.array(["supply", "solar"])))["meter_id"]
    dials = _read(folder, "registers")
    dials = dials.filter(
        pc.and_(pc.is_in(dials["meter_id"], value_set=supply.combine_chunks()), pc.equal(pc.day(dials["on_date"]), 1))
    ).sort_by([("meter_id", "ascending"), ("on_date", "ascending")])
    ids = dials["meter_id"].to_numpy(zero_copy_only=False)
    month = dials["on_date"].to_numpy().astype("datetime64[M]")
    follows = (ids[1:] == ids[:-1]) & (month[1:] - month[:-1] == np.timedelta64(1, "M"))
    columns: dict[str, list[pa.Array]] = {"meter_id": [], "month": [], "channel": [], "value": []}
    for register, channel in (("total_kwh", "energy_kwh"), ("reverse_kwh", "reverse_kwh")):
        if register not in dials.column_names:
            continue
        reading = dials[register].to_numpy(zero_copy_only=False).astype(np.float64)
        used = np.flatnonzero(follows & np.isfinite(np.diff(reading)))
        columns["meter_id"].append(pa.array(ids[used], pa.string()))
        columns["month"].append(pa.array(month[used].astype(str), pa.string()))
        columns["channel"].append(pa.repeat(channel, len(used)))
        columns["value"].append(pa.array(np.diff(reading)[used]))
    return pa.table({name: pa.concat_arrays(parts) for name, parts in columns.items()})


def _read(folder: Path, subject: str) -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for path in _files(folder, subject)], promote_options="permissive")


def _files(folder: Path, subject: str) -> Iterator[Path]:
    yield from sorted([*folder.glob(f"{subject}.parquet"), *folder.glob(f"{subject}-*.parquet")])
