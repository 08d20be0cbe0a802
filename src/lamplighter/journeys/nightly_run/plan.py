"""Which days of which bucket are to be worked: those never worked, and those whose inputs have a newer version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance import Contract
from lamplighter.base.governance.contract import KNOWN_AT
from lamplighter.base.lake import Snapshot
from lamplighter.business.customers.tables import BILLED_MONTH
from lamplighter.business.metering.tables import INTERVAL, INTERVAL_MONTHLY, METER, METER_EVENT, REGISTER_DAILY
from lamplighter.business.network.tables import ASSIGNMENT
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY

_DAY = dt.timedelta(days=1)
_LONG_AGO = dt.date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class BucketDays:
    """A run of neighbouring days of one bucket, worked together.

    Attributes:
        bucket: bucket of neighbouring areas.
        first_on: first day.
        last_on: last day, inclusive.
        history_days: days before the first that the lake has and kernels may read.
    """

    bucket: int
    first_on: dt.date
    last_on: dt.date
    history_days: int

    @property
    def days(self) -> list[dt.date]:
        """Every day of the run.

        Example:
            >>> run = BucketDays(bucket=0, first_on=dt.date(2025, 1, 30), last_on=dt.date(2025, 2, 2), history_days=0)
            >>> len(run.days)
            4
        """
        return [self.first_on + i * _DAY for i in range((self.last_on - self.first_on).days + 1)]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a night has to do.

    Attributes:
        rounds: bucket-days; a round needs the results of the rounds before it.
        newest_on: newest day with data, the last of the newest month where the company has months only; None when the
            lake has neither.
        first_on: first day with data.
    """

    rounds: tuple[tuple[BucketDays, ...], ...]
    newest_on: dt.date | None
    first_on: dt.date | None

    @property
    def bucket_day_count(self) -> int:
        """Bucket-days in all rounds."""
        return sum(len(work.days) for work_round in self.rounds for work in work_round)


def plan_night(
    snapshot: Snapshot,
    *,
    on: dt.date | None = None,
    run_days: int = 122,
    block_days: int = 122,
    history_days: int = 90,
) -> Plan:
    """Return what is to be worked.

    A bucket owes every day from its first data to the company's newest day: a day on which nothing arrived is worked
    too, and says so. A worked day is owed again when a reading or event of the day, a register that closes it, or the
    archive of one of its meters got a newer version; the newest day with it, whose evidence looks back on the others.
    A bucket whose meters send no day at all owes the newest day alone: its evidence is what is known by the month.

    Args:
        snapshot: state of the lake.
        on: work this day only, in every bucket that owes or has it.
        run_days: longest run worked at once.
        block_days: most days a block may have, history included; bounds memory.
        history_days: days before a run that kernels may read.
    """
    arrived = _newest_generations(snapshot, INTERVAL)
    closed = _newest_generations(snapshot, REGISTER_DAILY)
    # Events open no day: meters send some with impossible dates.
    events = _newest_generations(snapshot, METER_EVENT)
    worked = _worked(snapshot)
    changed = _changed_archives(snapshot)
    data_days = {b: set(days) | set(closed.get(b, {})) for b, days in arrived.items()}
    for bucket, days in closed.items():
        data_days.setdefault(bucket, set(days))
    monthly = _months(snapshot)
    if not any(data_days.values()) and not monthly:
        return Plan(rounds=(), newest_on=None, first_on=None)
    # A register at 00:00 closes the day before; alone it opens no day of its own.
    newest = (
        max(_last_day(arrived.get(b, {}), closed.get(b, {})) for b in data_days)
        if any(data_days.values())
        else _last_of(max(monthly))
    )
    first = min((min(days) for days in data_days.values() if days), default=min(monthly, default=newest))
    for bucket in _buckets(snapshot):
        data_days.setdefault(bucket, {newest})
    # What is known by the month speaks on the newest day alone.
    of_months = max((at for month, at in monthly.items() if month <= newest), default=0)
    runs: list[list[BucketDays]] = []
    for bucket in sorted(data_days):
        begin = min(data_days[bucket])
        owed = [
            day
            for day in ([on] if on else _days(begin, newest))
            if begin <= day <= newest
            and (
                on is not None
                or _is_owed(
                    day,
                    inputs=max(
                        arrived.get(bucket, {}).get(day, 0),
                        events.get(bucket, {}).get(day, 0),
                        closed.get(bucket, {}).get(day, 0),
                        closed.get(bucket, {}).get(day + _DAY, 0),
                        of_months if day == newest else 0,
                    ),
                    worked=worked.get((bucket, day)),
                    changed=changed.get(bucket, ()),
                )
            )
        ]
        if on is None and begin <= newest and any(newest - day <= history_days * _DAY for day in owed):
            # The evidence as of the newest day looks back over these days: it is made again as well.
            owed = sorted({*owed, newest})
        runs.append(_cut_runs(bucket, owed, begin, run_days, block_days, history_days))
    depth = max((len(found) for found in runs), default=0)
    rounds = tuple(tuple(found[i] for found in runs if i < len(found)) for i in range(depth))
    return Plan(rounds=rounds, newest_on=newest, first_on=first)


def _last_day(arrived: Mapping[dt.date, int], closed: Mapping[dt.date, int]) -> dt.date:
    return max([*([max(arrived)] if arrived else []), *([max(closed) - _DAY] if closed else [])])


def _last_of(month: dt.date) -> dt.date:
    return (month.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY


def _months(snapshot: Snapshot) -> dict[dt.date, int]:
    """Return each month that was billed or whose supply was read -> the generation of its newest row."""
    found: dict[dt.date, int] = {}
    for contract in (BILLED_MONTH, INTERVAL_MONTHLY):
        for days in _newest_generations(snapshot, contract).values():
            for day, generation in days.items():
                found[day] = max(found.get(day, 0), generation)
    return found


def _buckets(snapshot: Snapshot) -> list[int]:
    return sorted(pc.unique(snapshot.read(METER, columns=["bucket"])["bucket"]).to_pylist())


def _is_owed(
    day: dt.date, *, inputs: int, worked: tuple[int, dt.datetime] | None, changed: Iterable[tuple[dt.datetime, dt.date]]
) -> bool:
    if worked is None:
        return True
    generation, at = worked
    return inputs > generation or any(known > at and day >= since for known, since in changed)


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + i * _DAY for i in range((last - first).days + 1)]


def _cut_runs(
    bucket: int, owed: Sequence[dt.date], begin: dt.date, run_days: int, block_days: int, history_days: int
) -> list[BucketDays]:
    """Return runs of neighbouring days, each no longer than its block has room for beside its history."""
    runs: list[BucketDays] = []
    most = 0
    for day in owed:
        if runs and day - runs[-1].last_on == _DAY and len(runs[-1].days) < most:
            runs[-1] = replace(runs[-1], last_on=day)
            continue
        history = min(history_days, (day - begin).days)
        most = min(run_days, block_days - history)
        runs.append(BucketDays(bucket, day, day, history))
    return runs


def _newest_generations(snapshot: Snapshot, contract: Contract) -> dict[int, dict[dt.date, int]]:
    """Return bucket -> day -> the generation its newest row was published in; read from manifests alone."""
    found: dict[int, dict[dt.date, int]] = {}
    for part in snapshot.parts(contract):
        days = found.setdefault(part.bucket, {})
        for day, (_, generation) in part.covers.items():
            on = dt.date.fromisoformat(day)
            days[on] = max(days.get(on, 0), generation)
    return found


def _worked(snapshot: Snapshot) -> dict[tuple[int, dt.date], tuple[int, dt.datetime]]:
    """Return (bucket, day) -> the generation the newest run had read, and when it was made."""
    found: dict[tuple[int, dt.date], tuple[int, dt.datetime]] = {}
    epoch = dt.datetime(1970, 1, 1)
    for part in snapshot.parts(TRUSTED_DAY):
        for day, (known, generation) in part.covers.items():
            at = (part.bucket, dt.date.fromisoformat(day))
            run = (generation, epoch + dt.timedelta(microseconds=known))
            found[at] = max(found.get(at, run), run, key=lambda r: r[1])
    return found


def _changed_archives(snapshot: Snapshot) -> dict[int, list[tuple[dt.datetime, dt.date]]]:
    """Return bucket -> (when an archive change was known, the first day it matters for).

    A new meter matters from its installation on, a changed one for every day, a new assignment from its first day.
    """
    meters = snapshot.read(METER, columns=["meter_id", "bucket", "installed_on", KNOWN_AT], all_versions=True)
    counts = pc.value_counts(meters.column("meter_id"))
    many = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    is_changed = pc.is_in(meters.column("meter_id"), value_set=many)
    long_ago = pa.scalar(_LONG_AGO, pa.date32())
    since = pc.if_else(is_changed, long_ago, pc.fill_null(meters.column("installed_on"), long_ago))
    changes = [meters.select(["bucket", KNOWN_AT]).append_column("since", since)]
    hangs = snapshot.read(ASSIGNMENT, columns=["child_id", "valid_from", KNOWN_AT], all_versions=True)
    at = pc.index_in(hangs.column("child_id"), value_set=meters.column("meter_id").combine_chunks())
    of_meters = hangs.filter(pc.is_valid(at))
    buckets = meters.column("bucket").take(pc.drop_null(at))
    changes.append(
        pa.table({"bucket": buckets, KNOWN_AT: of_meters.column(KNOWN_AT), "since": of_meters.column("valid_from")})
    )
    earliest = (
        pa.concat_tables(changes, promote_options="permissive")
        .group_by(["bucket", KNOWN_AT])
        .aggregate([("since", "min")])
    )
    found: dict[int, list[tuple[dt.datetime, dt.date]]] = {}
    for row in earliest.to_pylist():
        found.setdefault(row["bucket"], []).append((row[KNOWN_AT], row["since_min"]))
    return found
