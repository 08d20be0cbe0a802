"""What refers to the archives, as files of rows: registers, events, bills, weather, visits, outcomes, calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance import Contract
from lamplighter.business.customers.tables import BILLED_MONTH, CALL_LEG, CONTACT, PAYMENT
from lamplighter.business.detection.records import OutcomeKind
from lamplighter.business.detection.tables import OUTCOME, VISIT
from lamplighter.business.metering.operations.rows import BUCKET, RowSubject, columns_of, reject_unknown
from lamplighter.business.metering.records import CHANNELS, Reason
from lamplighter.business.metering.rules.limits import read_limits
from lamplighter.business.metering.rules.reading import Verdicts
from lamplighter.business.metering.rules.rows import FileColumn
from lamplighter.business.metering.tables import INTERVAL_MONTHLY, METER_EVENT, REGISTER_DAILY
from lamplighter.business.network.tables import OUTAGE, WEATHER
from lamplighter.journeys.company_import.directory import Directory

OUTCOMES = frozenset(each.value for each in OutcomeKind)
_DIALS = ("total_kwh", "sharp_kwh", "peak_kwh", "flat_kwh", "valley_kwh", "reverse_kwh")


def row_subjects(directory: Directory, *, now: dt.datetime) -> dict[str, RowSubject]:
    """Return the subjects by name, in the order in which they are taken in.

    Args:
        directory: what is registered.
        now: instant of the import; later days and instants are set aside.
    """
    word = pa.string()
    limits = read_limits()
    last = now + dt.timedelta(days=limits.days_ahead)

    def metered(table: pa.Table, verdicts: Verdicts) -> pa.Table:
        places = reject_unknown(table, "meter_id", directory.meters.ids, verdicts, Reason.UNKNOWN_METER)
        return table.append_column(BUCKET, pa.array(np.append(directory.meters.buckets, 0)[places].astype(np.int32)))

    def registers(table: pa.Table, verdicts: Verdicts) -> pa.Table:
        _reject_late(table, "on_date", last, verdicts)
        for dial in _DIALS:
            if dial in table.column_names:
                values = np.asarray(table.column(dial).to_numpy(), np.float64)
                with np.errstate(invalid="ignore"):
                    verdicts.reject(values < 0, Reason.NEGATIVE)
                    verdicts.reject(values > limits.register_kwh, Reason.ABSURD)
        return metered(table, verdicts)

    def events(table: pa.Table, verdicts: Verdicts) -> pa.Table:
        _reject_late(table, "occurred_at", last, verdicts)
        return metered(table, verdicts)

    def monthly(table: pa.Table, verdicts: Verdicts) -> pa.Table:
        return metered(table, verdicts).drop_columns([BUCKET])

    def of_account(table: pa.Table, verdicts: Verdicts) -> pa.Table:
        reject_unknown(table, "account_id", directory.accounts, verdicts, Reason.UNKNOWN_ACCOUNT)
        return table

    def outages(table: pa.Table, verdicts: Verdicts) -> pa.Table:
        assets = pa.concat_arrays([directory.areas, directory.feeders, directory.accounts])
        reject_unknown(table, "asset_id", assets, verdicts, Reason.UNKNOWN_ASSET)
        return table

    def weather(table: pa.Table, verdicts: Verdicts) -> pa.Table:
        reject_unknown(table, "place", directory.units, verdicts, Reason.UNKNOWN_UNIT)
        return table

    def calls(table: pa.Table, verdicts: Verdicts) -> pa.Table:
        reject_unknown(table, "unit_id", directory.units, verdicts, Reason.UNKNOWN_UNIT)
        _reject_late(table, "offered_at", last, verdicts)
        _reject_backwards(table, ("offered_at", "answered_at", "ended_at"), verdicts)
        if "wrap_seconds" in table.column_names:
            verdicts.reject(_is_true(pc.less(table.column("wrap_seconds"), 0.0)), Reason.NEGATIVE)
        return table

    channel = {"channel": FileColumn(word, is_required=True, choices=frozenset(CHANNELS))}
    outcome = {"outcome": FileColumn(word, is_required=True, choices=OUTCOMES)}
    kind = {"kind": FileColumn(word, is_required=True, choices=frozenset({"planned", "fault", "shed"}))}
    leg = {"leg": FileColumn(pa.int32(), is_required=True, default="1")}
    found = [
        _subject("registers", REGISTER_DAILY, registers),
        _subject("monthly", INTERVAL_MONTHLY, monthly, channel),
        _subject("events", METER_EVENT, events),
        _subject("billed", BILLED_MONTH, of_account),
        _subject("payments", PAYMENT, of_account),
        _subject("outages", OUTAGE, outages, kind),
        _subject("weather", WEATHER, weather),
        _subject("visits", VISIT, of_account),
        _subject("contacts", CONTACT, of_account),
        _subject("outcomes", OUTCOME, of_account, outcome),
        _subject("calls", CALL_LEG, calls, leg),
    ]
    return {subject.name: subject for subject in found}


def _subject(
    name: str,
    contract: Contract,
    prepare: Callable[[pa.Table, Verdicts], pa.Table],
    more: dict[str, FileColumn] | None = None,
) -> RowSubject:
    return RowSubject(name, contract, columns_of(contract, more=more), prepare)


def _reject_late(table: pa.Table, column: str, last: dt.datetime, verdicts: Verdicts) -> None:
    at = table.column(column).cast(pa.timestamp("us"))
    verdicts.reject(_is_true(pc.greater(at, pa.scalar(last))), Reason.IN_FUTURE)


def _reject_backwards(table: pa.Table, columns: Sequence[str], verdicts: Verdicts) -> None:
    """Reject rows in which one instant lies before an earlier one; what is empty says nothing."""
    there = [table.column(name).cast(pa.timestamp("us")) for name in columns if name in table.column_names]
    for earlier, later in combinations(there, 2):
        verdicts.reject(_is_true(pc.less(later, earlier)), Reason.OUT_OF_ORDER)


def _is_true(found: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(found, False))
