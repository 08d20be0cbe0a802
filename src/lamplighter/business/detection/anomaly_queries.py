"""Reads of the rule pack's results: anomalies, scores, coverage, and how often outcomes confirmed a rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.governance import Contract
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.business.detection.anomalies.precision import (
    NO_ACCESS,
    Precision,
    Recorded,
    Visited,
    learn_precision,
)
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.tables import (
    ANOMALY_COVERAGE,
    ANOMALY_SCORE,
    METER_ANOMALY,
    METER_SCENARIO,
    OUTCOME,
)
from lamplighter.business.metering.tables import METER
from lamplighter.business.network.queries import read_areas


class NoAnomalies(LamplighterError):
    """No night has carried out the rules yet, or none as of the day asked for."""

    def __init__(self, *, as_of: date | None) -> None:
        self.as_of = as_of
        super().__init__(text("anomalies.error.none", as_of=as_of or text("anomalies.error.any_day")))


class RuleUnknown(LamplighterError):
    """A rule or scenario was named that the pack does not have."""

    def __init__(self, code: str, *, known: Sequence[str]) -> None:
        self.code, self.known = code, tuple(known)
        super().__init__(text("anomalies.error.rule_unknown", code=code, known=", ".join(known)))


def read_anomalies(
    snapshot: Snapshot, *, as_of: date | None = None, code: str | None = None, unit: str | None = None
) -> pa.Table:
    """Return the anomalies as of a day, each with its meter's theft score, decision and scenarios: the highest score
    first, then the gravest.

    Args:
        snapshot: state of the lake.
        as_of: last day of the window; the newest when absent.
        code: only this rule.
        unit: only meters of areas that this organisation unit or one below it runs.

    Raises:
        NoAnomalies: no night has carried out the rules.
    """
    day = _day(snapshot, as_of)
    rows = _read(snapshot, METER_ANOMALY, day)
    if code is not None:
        rows = rows.filter(pc.equal(rows["code"], code))
    if unit is not None:
        rows = rows.filter(pc.is_in(rows["meter_id"], value_set=_meters_of(snapshot, unit)))
    scores = _read(snapshot, ANOMALY_SCORE, day).select(["meter_id", "theft_score", "decision", "scenarios"])
    joined = rows.drop_columns(["known_at"]).join(scores, keys="meter_id")
    then = [(name, "ascending") for name in ("severity", "meter_id", "code", "phase", "first_on")]
    return joined.sort_by([("theft_score", "descending"), *then])


def read_scenarios(snapshot: Snapshot, *, as_of: date | None = None, unit: str | None = None) -> pa.Table:
    """Return the scenarios as of a day, the likeliest first.

    Raises:
        NoAnomalies: no night has carried out the rules.
    """
    rows = _read(snapshot, METER_SCENARIO, _day(snapshot, as_of)).drop_columns(["known_at"])
    if unit is not None:
        rows = rows.filter(pc.is_in(rows["meter_id"], value_set=_meters_of(snapshot, unit)))
    return rows.sort_by([("chance", "descending"), ("meter_id", "ascending"), ("scenario", "ascending")])


def read_coverage(snapshot: Snapshot, *, as_of: date | None = None, by_bucket: bool = False) -> pa.Table:
    """Return on how many meters each rule could be judged as of a day, what the others lack, and what was set aside.

    Args:
        snapshot: state of the lake.
        as_of: last day of the window; the newest when absent.
        by_bucket: one row a bucket and subject; otherwise the whole company's.

    Raises:
        NoAnomalies: no night has carried out the rules.
    """
    rows = _read(snapshot, ANOMALY_COVERAGE, _day(snapshot, as_of)).drop_columns(["known_at"])
    rows = rows.sort_by([("kind", "ascending"), ("subject", "ascending"), ("bucket_number", "ascending")])
    if by_bucket:
        return rows
    counts = ("scope_count", "judged_count", "found_count")
    lacks: dict[str, set[str]] = {}
    for subject, words in zip(rows["subject"].to_pylist(), rows["lacks"].to_pylist(), strict=True):
        lacks.setdefault(subject, set()).update(filter(None, words.split(";")))
    total = rows.group_by(["kind", "subject"], use_threads=False).aggregate([(name, "sum") for name in counts])
    subjects = total["subject"].to_pylist()
    return pa.table(
        {
            "kind": total["kind"],
            "subject": total["subject"],
            **{name: total[f"{name}_sum"] for name in counts},
            "lacks": pa.array([";".join(sorted(lacks[subject])) for subject in subjects], pa.string()),
        }
    )


def read_outcome_precision(
    snapshot: Snapshot, *, settings: DetectionSettings, as_of: date | None = None
) -> tuple[Precision, ...]:
    """Return how often outcomes up to a day confirmed each rule and scenario that was on record before the visit.

    Args:
        snapshot: state of the lake.
        settings: the pack with the weights that hold without outcomes.
        as_of: outcomes after this day are not known yet; every one when absent.
    """
    last = as_of or date.max
    outcomes = snapshot.read(OUTCOME, columns=["account_id", "inspected_on", "outcome"]).to_pylist()
    visited = [
        Visited(row["account_id"], row["outcome"], row["inspected_on"])
        for row in outcomes
        if row["outcome"] != NO_ACCESS and row["inspected_on"] <= last
    ]
    recorded = _recorded(snapshot, visited, days=settings.number("anomalies.outcome_days")) if visited else []
    return learn_precision(recorded=recorded, visited=visited, as_of=last, settings=settings)


def precision_table(known: Sequence[Precision], *, as_of: date) -> pa.Table:
    """Return ``out_anomaly_precision`` without ``known_at``."""
    return pa.table(
        {
            "as_of_on": pa.array([as_of] * len(known), pa.date32()),
            "code": pa.array([each.code for each in known], pa.string()),
            "visits": pa.array([each.visits for each in known], pa.int32()),
            "hits": pa.array([each.hits for each in known], pa.int32()),
            **{
                name: pa.array([getattr(each, name) for each in known], pa.float64())
                for name in ("prior", "mean", "low", "high")
            },
        }
    )


def _day(snapshot: Snapshot, as_of: date | None) -> date:
    months = [f"{as_of:%Y-%m}"] if as_of else sorted(snapshot.months(ANOMALY_COVERAGE), reverse=True)
    for month in months:
        days = snapshot.read(ANOMALY_COVERAGE, columns=["as_of_on"], months=[month])["as_of_on"]
        known = set(days.unique().to_pylist())
        if known and (as_of is None or as_of in known):
            return as_of or max(known)
    raise NoAnomalies(as_of=as_of)


def _read(snapshot: Snapshot, contract: Contract, day: date) -> pa.Table:
    return snapshot.read(contract, months=[f"{day:%Y-%m}"], where=pc.field("as_of_on") == day)


def _meters_of(snapshot: Snapshot, unit: str) -> pa.Array:
    areas = read_areas(snapshot, unit_id=unit)["area_id"].combine_chunks()
    meters = snapshot.read(METER, columns=["meter_id", "area_id"])
    return meters.filter(pc.is_in(meters["area_id"], value_set=areas))["meter_id"].combine_chunks()


def _recorded(snapshot: Snapshot, visited: Sequence[Visited], *, days: float) -> list[Recorded]:
    """Return what was on record of the visited accounts within so many days before any visit."""
    accounts = sorted({visit.account for visit in visited})
    first = f"{min(visit.on for visit in visited) - timedelta(days=days):%Y-%m}"
    found = []
    for contract, name in ((METER_ANOMALY, "code"), (METER_SCENARIO, "scenario")):
        months = [month for month in sorted(snapshot.months(contract)) if month >= first]
        if not months:
            continue
        where = pc.field("account_id").isin(accounts)
        rows = snapshot.read(contract, columns=["account_id", name, "as_of_on"], months=months, where=where)
        found += [Recorded(row["account_id"], row[name], row["as_of_on"]) for row in rows.to_pylist()]
    return found
