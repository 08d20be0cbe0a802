"""One bucket's share of the night, in whichever process: block, trusted energy, loss, evidence, staged parts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance import Contract, declared_contracts
from lamplighter.base.lake import Part, Snapshot
from lamplighter.base.lake.head import Head
from lamplighter.base.lake.writing import stage_run
from lamplighter.business.customers import tables as customers
from lamplighter.business.detection import tables as detection
from lamplighter.business.detection.material import prepare_material
from lamplighter.business.detection.rules import evidence_tables
from lamplighter.business.line_loss import tables as line_loss
from lamplighter.business.line_loss.explanations import explanation_tables
from lamplighter.business.line_loss.rules import area_losses
from lamplighter.business.line_loss.rules.explanation import explain_areas
from lamplighter.business.metering import tables as metering
from lamplighter.business.metering.blocks import BlockReader, BlockRequest
from lamplighter.business.network import tables as network
from lamplighter.business.trusted_energy import tables as trusted_energy
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.journeys.nightly_run.plan import BucketDays
from lamplighter.journeys.nightly_run.rules import NightRules
from lamplighter.journeys.nightly_run.signs import read_customer_signs

CHANNELS = (
    "energy_kwh",
    "reverse_kwh",
    "power_kw",
    "voltage_a_v",
    "voltage_b_v",
    "voltage_c_v",
    "current_a_a",
    "current_b_a",
    "current_c_a",
    "current_n_a",
    "power_factor",
)
"""Interval channels the kernels look at; a company that lacks some has fewer kinds of evidence."""

SIDE_TABLES: tuple[Contract, ...] = (
    network.UNIT,
    network.FEEDER,
    network.LINE,
    network.ASSIGNMENT,
    network.OUTAGE,
    network.WEATHER,
    customers.COMPANY,
    customers.CUSTOMER,
    customers.BILLED_MONTH,
    customers.PAYMENT,
    metering.INTERVAL_MONTHLY,
    metering.METER_EVENT,
    trusted_energy.TRUSTED_DAY,
    trusted_energy.TRUSTED_CURVE,
    trusted_energy.METER_FLAG,
    detection.VISIT,
    detection.OUTCOME,
)
"""Tables the kernels read beside the dense arrays."""

RESULTS = declared_contracts(trusted_energy.TABLES, line_loss.TABLES, detection.TABLES)


@dataclass(frozen=True, slots=True)
class Worked:
    """What one run of days of one bucket gave.

    Attributes:
        work: the bucket and its days.
        parts: staged parts, to be published together.
        meter_days: live meter-days worked.
        reading_count: values read, worked days only.
    """

    work: BucketDays
    parts: tuple[Part, ...]
    meter_days: int
    reading_count: int


@dataclass(frozen=True, slots=True)
class BucketTask:
    """Works a run of days of a bucket against one published state; runs in any process that reaches the lake.

    Attributes:
        root: root of the lake.
        head: the state to read.
        staging: staging place of the night.
        known_at: when the night was run, UTC-naive.
        interval_minutes: length of a slot.
        slots: length of the stored vectors.
        rules: versioned rules.
        detect_on: look for evidence in runs that end on this day.
    """

    root: Path
    head: Head
    staging: str
    known_at: dt.datetime
    interval_minutes: int
    slots: int
    rules: NightRules
    detect_on: dt.date | None

    def __call__(self, work: BucketDays) -> Worked:
        """Work the days and stage what they gave."""
        block = block_reader(self).read(
            BlockRequest(
                bucket=work.bucket,
                first_on=work.first_on,
                last_on=work.last_on,
                history_days=work.history_days,
                channels=CHANNELS,
            )
        )
        trusted = work_days(block=block, policy=self.rules.policy)
        losses = area_losses(block=block, trusted=trusted, thresholds=self.rules.thresholds)
        found = {**trusted.tables(block), **losses.tables()}
        if work.last_on == self.detect_on:
            material = prepare_material(block=block, trusted=trusted, losses=losses, settings=self.rules.detection)
            found |= evidence_tables(material, self.rules.detection)
            explained = explain_areas(
                block=block,
                trusted=trusted,
                losses=losses,
                signs=read_customer_signs(material),
                first=material.window.first,
                thresholds=self.rules.thresholds,
            )
            found |= explanation_tables(explained, as_of=work.last_on, policy_version=self.rules.thresholds.version)
        else:
            # The window ends at the newest day: an older one is not a view worth keeping.
            found.pop(line_loss.AREA_PERIOD.name)
        home = pa.array(block.meter_ids[block.is_home].tolist(), pa.string())
        parts: list[Part] = []
        for name, table in found.items():
            if "meter_id" in table.column_names:
                table = table.filter(pc.is_in(table.column("meter_id"), value_set=home))
            contract = RESULTS[name]
            parts += stage_run(
                root=self.root,
                staging=self.staging,
                contract=contract,
                data=table,
                known_at=self.known_at,
                days=[work.last_on] if contract.dated_by == "as_of_on" else work.days,
                bucket=work.bucket,
                read_generation=self.head.generation,
            )
        worked = slice(block.first_worked, None)
        return Worked(
            work=work,
            parts=tuple(parts),
            meter_days=int(block.is_live[block.is_home, worked].sum()),
            reading_count=sum(
                int(present[:, worked].sum()) * block.shape[2] for present in block.channel_present.values()
            ),
        )


_kept: dict[tuple[Path, int], BlockReader] = {}
"""The reader of the state this process works on: whole tables in it are read once, not once a bucket."""


class ReadsLake(Protocol):
    """A task that reads blocks of one published state."""

    @property
    def root(self) -> Path: ...
    @property
    def head(self) -> Head: ...
    @property
    def interval_minutes(self) -> int: ...
    @property
    def slots(self) -> int: ...


def block_reader(task: ReadsLake) -> BlockReader:
    """Return this process's reader of the state the task works on."""
    at = (task.root, task.head.generation)
    if at not in _kept:
        _kept.clear()
        _kept[at] = BlockReader(
            Snapshot(task.root, task.head),
            interval_minutes=task.interval_minutes,
            slots=task.slots,
            side_tables=SIDE_TABLES,
        )
    return _kept[at]
