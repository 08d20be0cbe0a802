"""Outcomes as the desk keeps them: each beside what the list had said, and how often visits found theft, by unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

import pyarrow as pa

from lamplighter.base.desk.bulk import replace_rows
from lamplighter.base.lake import Snapshot
from lamplighter.base.security.actor import Level
from lamplighter.business.detection.models import OutcomeEntry, OutcomeTally, UnitRate
from lamplighter.business.detection.outcome_queries import (
    JudgedOutcome,
    estimate_unit_rate,
    read_choosable,
    read_judged_outcomes,
)
from lamplighter.business.detection.records import OutcomeKind
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.tables import OUTCOME, VISIT_SLOT
from lamplighter.business.detection.true_rate import share_interval
from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.planning.models import PlanVisit
from lamplighter.journeys.desk_loading.archives import Archives, Row

BIN_EDGES: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
"""Lower edges of the bins of a calibration: narrow where most of a list lies."""
YEAR: Final = dt.timedelta(days=365)


def load_outcomes(state: Snapshot, archives: Archives) -> int:
    """Write outcomes and what they come to by unit, and return how many outcomes there are.

    Args:
        state: state of the lake.
        archives: where accounts belong.
    """
    judged = read_judged_outcomes(state)
    rows = list(outcome_rows(judged, archives, crews=_crews(judged), cases=_cases(judged)))
    count = replace_rows(OutcomeEntry, rows, key=["account_id", "inspected_on"])
    replace_rows(OutcomeTally, tallies(rows, archives), key=["unit_id", "by", "value"])
    replace_rows(UnitRate, unit_rates(state, archives), key=["unit_id"])
    return count


def outcome_rows(
    judged: Iterable[JudgedOutcome],
    archives: Archives,
    *,
    crews: Mapping[tuple[str, dt.date], str],
    cases: Mapping[tuple[str, dt.date], tuple[int, str]],
) -> Iterator[Row]:
    """Yield rows of ``OutcomeEntry``; an account the archive does not know any more belongs to nobody's page.

    Args:
        judged: outcomes with the list before each.
        archives: where accounts belong.
        crews: account and day -> crew of the plan.
        cases: account and day -> number of the case and who found it.
    """
    for each in judged:
        customer = archives.customer_by_account.get(each.account_id)
        if customer is None:
            continue
        at = (each.account_id, each.inspected_on)
        area = archives.area_by_id.get(customer["area_id"], {})
        number, finders = cases.get(at, (None, ""))
        yield {
            **{f"{level}_id": customer[f"{level}_id"] for level in Level},
            **asdict(each),
            "outcome": each.outcome.value,
            "area_id": customer["area_id"],
            "area_name": area.get("name", ""),
            "station_name": area.get("station_name", ""),
            "crew": crews.get(at) or finders,
            "case_number": number,
        }


def _crews(judged: Sequence[JudgedOutcome]) -> dict[tuple[str, dt.date], str]:
    days = {each.inspected_on for each in judged}
    planned = PlanVisit.objects.filter(plan__on_date__in=days).exclude(crew="")
    return {(account, on): crew for account, on, crew in planned.values_list("account_id", "plan__on_date", "crew")}


def _cases(judged: Sequence[JudgedOutcome]) -> dict[tuple[str, dt.date], tuple[int, str]]:
    known = {(each.account_id, each.inspected_on) for each in judged}
    closed = Case.objects.filter(outcome_written_at__isnull=False, inspected_on__isnull=False)
    rows = closed.values_list("account_id", "inspected_on", "pk", "finder")
    return {(account, on): (number, finder) for account, on, number, finder in rows if (account, on) in known}


@dataclass(slots=True)
class _Count:
    words: str = ""
    visits: int = 0
    no_access: int = 0
    hits: int = 0
    finds: int = 0
    predicted: list[float] = field(default_factory=list)


def tallies(rows: Sequence[Mapping[str, object]], archives: Archives) -> list[Row]:
    """Return rows of ``OutcomeTally``: for each unit what visits found, by each thing they can be counted by.

    Args:
        rows: rows of ``OutcomeEntry``.
        archives: which units there are.
    """
    newest = max((row["inspected_on"] for row in rows if isinstance(row["inspected_on"], dt.date)), default=None)
    counts: dict[tuple[str, str, str], _Count] = {}
    for row in rows:
        kind = OutcomeKind(str(row["outcome"]))
        # A unit that repeats itself at levels that are missing counts a row once.
        for unit in {str(row[f"{level}_id"]) for level in Level} & set(archives.levels):
            for by, value, words in _values(row, newest):
                count = counts.setdefault((unit, by, value), _Count(words))
                count.visits += kind.is_result
                count.no_access += not kind.is_result
                count.hits += kind is OutcomeKind.THEFT
                count.finds += kind.is_find
                if by == "calibration" and isinstance(row["theft_probability"], float):
                    count.predicted.append(row["theft_probability"])
    found = []
    for (unit, by, value), count in counts.items():
        low, high = share_interval(count.hits / count.visits, count.visits) if count.visits else (None, None)
        found.append(
            {
                "unit_id": unit,
                "by": by,
                "value": value,
                "words": count.words,
                "visits": count.visits,
                "no_access": count.no_access,
                "hits": count.hits,
                "finds": count.finds,
                "low": low,
                "high": high,
                "predicted": sum(count.predicted) / len(count.predicted) if count.predicted else None,
            }
        )
    return found


def _values(row: Mapping[str, object], newest: object) -> Iterator[tuple[str, str, str]]:
    """Yield each thing an outcome is counted by, its value, and the words for it."""
    on, version, probability = row["inspected_on"], str(row["model_version"]), row["theft_probability"]
    assert isinstance(on, dt.date)
    assert isinstance(newest, dt.date)
    yield "all", "", ""
    if newest - on < YEAR:
        yield "year", "", ""
    yield "month", f"{on:%Y-%m}", f"{on:%Y-%m}"
    yield "model", version, version
    yield "station", str(row["station_id"]), str(row["station_name"])
    yield "area", str(row["area_id"]), str(row["area_name"])
    yield "crew", str(row["crew"]), str(row["crew"])
    yield "colour", str(row["colour"]), ""
    yield "way", str(row["way"]), ""
    if version and isinstance(probability, float) and OutcomeKind(str(row["outcome"])).is_result:
        edge = max(each for each in BIN_EDGES if each <= probability)
        yield "calibration", f"{version}|{edge}", ""


def unit_rates(state: Snapshot, archives: Archives) -> list[Row]:
    """Return rows of ``UnitRate``: of each unit some of whose drawn visits have a result."""
    slots = state.read(VISIT_SLOT).sort_by([("as_of_on", "ascending"), ("slot", "ascending")])
    if slots.num_rows == 0:
        return []
    results = state.read(OUTCOME)
    spare_days = int(default_settings().number("visits.spare_days"))
    units_of = {
        account: {customer[f"{level}_id"] for level in Level} & set(archives.levels)
        for account, customer in archives.customer_by_account.items()
    }
    listed: dict[str, dict[dt.date, int]] = {}
    for day in sorted(set(slots["as_of_on"].to_pylist())):
        for account in read_choosable(state, on=day, spare_days=spare_days):
            for unit in units_of.get(account, ()):
                listed.setdefault(unit, {}).setdefault(day, 0)
                listed[unit][day] += 1
    rows = []
    for unit, of_lists in listed.items():
        is_here = [
            unit in units_of.get(account, ()) and day in of_lists
            for account, day in zip(slots["account_id"].to_pylist(), slots["as_of_on"].to_pylist(), strict=True)
        ]
        found = estimate_unit_rate(slots.filter(pa.array(is_here)), results=results, listed=of_lists)
        if found is not None:
            rows.append({"unit_id": unit, **asdict(found)})
    return rows
