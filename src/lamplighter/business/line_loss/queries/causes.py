"""Reading what losses were found to consist of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.governance import Contract
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.business.line_loss.explanations import CAUSES, AreaExplanation, Cause, Check, CheckCode, Share
from lamplighter.business.line_loss.queries.results import month_of
from lamplighter.business.line_loss.tables import (
    AREA_CHECK,
    AREA_EXPLANATION,
    AREA_TARGET,
    FEEDER_EXPLANATION,
    FEEDER_TARGET,
)


class FeederUnexplained(LamplighterError):
    """There is no explanation of this line's own loss."""

    def __init__(self, feeder_id: str) -> None:
        self.feeder_id = feeder_id
        super().__init__(text("line_loss.error.line_unexplained", feeder=feeder_id))


class AreaUnexplained(LamplighterError):
    """There is no explanation of this area's loss."""

    def __init__(self, area_id: str) -> None:
        self.area_id = area_id
        super().__init__(text("line_loss.error.unexplained", area=area_id))


@dataclass(frozen=True, slots=True)
class ExplainedAreas:
    """The explanations as of one day, and that day; None where no night has explained anything."""

    as_of_on: dt.date | None
    areas: tuple[AreaExplanation, ...]


def read_explanations(
    state: Snapshot, *, area_id: str | None = None, as_of_on: dt.date | None = None
) -> ExplainedAreas:
    """Return the explanations of areas, the greatest loss beyond its target first.

    Args:
        state: a published state of the lake.
        area_id: one area; every area when absent.
        as_of_on: the day they were made as of; the newest when absent.
    """
    day = as_of_on or _newest(state, AREA_TARGET)
    if day is None:
        return ExplainedAreas(None, ())
    shares, checks, targets = (
        _rows(state, contract, day, area_id) for contract in (AREA_EXPLANATION, AREA_CHECK, AREA_TARGET)
    )
    by_area: dict[str, list[Share]] = {}
    for row in shares.to_pylist():
        share = Share(Cause(row["cause"]), row["kwh"], row["low_kwh"], row["high_kwh"])
        by_area.setdefault(row["area_id"], []).append(share)
    worth: dict[str, list[Check]] = {}
    for row in checks.sort_by([("area_id", "ascending"), ("rank", "ascending")]).to_pylist():
        worth.setdefault(row["area_id"], []).append(
            Check(
                CheckCode(row["check"]),
                row["place"],
                -1 if row["hour"] is None else row["hour"],
                row["minutes"],
                row["reduction_kwh"],
                row["probability"],
            )
        )
    found = [
        AreaExplanation(
            area_id=row["area_id"],
            day_count=row["day_count"],
            supplied_kwh=row["supplied_kwh"],
            loss_kwh=row["loss_kwh"],
            shares=tuple(sorted(by_area.get(row["area_id"], []), key=lambda share: CAUSES.index(share.cause))),
            checks=tuple(worth.get(row["area_id"], [])),
            target_rate=row["target_loss_rate"],
        )
        for row in targets.sort_by([("over_target_kwh", "descending"), ("area_id", "ascending")]).to_pylist()
    ]
    return ExplainedAreas(day, tuple(found))


def explain_area(state: Snapshot, *, area_id: str) -> tuple[dt.date, AreaExplanation]:
    """Return the newest explanation of one area, and the day it was made as of.

    Raises:
        AreaUnexplained: there is none.
    """
    found = read_explanations(state, area_id=area_id)
    if found.as_of_on is None or not found.areas:
        raise AreaUnexplained(area_id)
    return found.as_of_on, found.areas[0]


def read_feeder_explanations(state: Snapshot, *, as_of_on: dt.date | None = None) -> tuple[pa.Table, pa.Table]:
    """Return the newest rows of ``out_feeder_explanation`` and ``out_feeder_target``, or those as of a day."""
    day = as_of_on or _newest(state, FEEDER_TARGET)
    if day is None:
        return state.read(FEEDER_EXPLANATION, months=[]), state.read(FEEDER_TARGET, months=[])
    return _rows(state, FEEDER_EXPLANATION, day, None), _rows(state, FEEDER_TARGET, day, None)


def _newest(state: Snapshot, contract: Contract) -> dt.date | None:
    for month in reversed(state.months(contract)):
        newest: dt.date | None = pc.max(state.read(contract, columns=["as_of_on"], months=[month])["as_of_on"]).as_py()
        if newest is not None:
            return newest
    return None


def _rows(state: Snapshot, contract: Contract, day: dt.date, area_id: str | None) -> pa.Table:
    where = pc.field("as_of_on") == pa.scalar(day, pa.date32())
    if area_id is not None:
        where &= pc.field("area_id") == area_id
    return state.read(contract, months=[month_of(day)], where=where).drop_columns(["known_at"])
