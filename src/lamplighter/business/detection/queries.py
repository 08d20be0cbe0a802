"""Reads of detection: the list, the list as other systems get it, the evidence card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.detection.cards import CardArea, EvidenceCard, mask_name
from lamplighter.business.detection.depth import SHALLOWEST_FIRST
from lamplighter.business.detection.learning.features import read_features
from lamplighter.business.detection.model_queries import ListMissing, read_theft_model
from lamplighter.business.detection.reason_queries import order_reasons
from lamplighter.business.detection.records import Depth, Layer
from lamplighter.business.detection.settings import DetectionSettings, default_settings
from lamplighter.business.detection.tables import (
    ARCHIVE_PROPOSAL,
    EVIDENCE,
    EVIDENCE_SCORE,
    OUTCOME,
    SUSPICION,
    VISIT_SLOT,
)
from lamplighter.business.line_loss.tables import AREA_PERIOD

EXPORTED = (
    "rank",
    "account_id",
    "meter_id",
    "area_id",
    "theft_probability",
    "expected_kwh",
    "expected_yuan",
    "layers",
    "reasons",
)
"""Columns of the list file before the scores, as the company folder's page promises; three more follow them."""


class AccountNotListed(LamplighterError):
    """An account asked for is not in the list."""

    def __init__(self, account: str, *, as_of: date) -> None:
        self.account, self.as_of = account, as_of
        super().__init__(text("detection.error.account_unknown", account=account, as_of=as_of))


def read_suspicions(snapshot: Snapshot, *, as_of: date | None = None, top: int | None = None) -> pa.Table:
    """Return ``out_suspicion`` in order of rank.

    Args:
        snapshot: state of the lake.
        as_of: the list as of this day; the newest when absent.
        top: only the first so many.

    Raises:
        ListMissing: there is none.
    """
    newest = _newest_list(snapshot)
    day = as_of or newest
    if day is None or newest is None:
        raise ListMissing(as_of=as_of, newest=None)
    rows = snapshot.read(SUSPICION, months=[f"{day:%Y-%m}"], where=pc.field("as_of_on") == day).sort_by("rank")
    if rows.num_rows == 0:
        raise ListMissing(as_of=as_of, newest=newest)
    return rows if top is None else rows.slice(0, top)


def read_visited_lately(snapshot: Snapshot, *, before: date, days: int, until: date | None = None) -> set[str]:
    """Return the accounts whose visit had a result within the days before a list; no access is no result.

    Args:
        snapshot: state of the lake.
        before: day of the list.
        days: how many days before it.
        until: last day of a visit that counts; whatever is on record when absent.
    """
    outcomes = snapshot.read(OUTCOME, columns=["account_id", "inspected_on", "outcome"])
    since = pa.scalar(before - timedelta(days=days), pa.date32())
    recent = pc.and_(pc.greater(outcomes["inspected_on"], since), pc.not_equal(outcomes["outcome"], "no_access"))
    if until is not None:
        recent = pc.and_(recent, pc.less_equal(outcomes["inspected_on"], pa.scalar(until, pa.date32())))
    return set(outcomes.filter(recent)["account_id"].to_pylist())


def count_outcomes(snapshot: Snapshot) -> int:
    """Return how many outcomes are on record; 0 where nobody was inspected yet."""
    return int(snapshot.read(OUTCOME, columns=["account_id"]).num_rows)


def read_visit_slots(snapshot: Snapshot, *, as_of: date) -> pa.Table:
    """Return ``out_visit_slot`` of a list, in order of slot; empty where no visits were chosen from it."""
    return snapshot.read(VISIT_SLOT, months=[f"{as_of:%Y-%m}"], where=pc.field("as_of_on") == as_of).sort_by("slot")


def read_list_file(snapshot: Snapshot, *, as_of: date | None = None, top: int | None = None) -> pa.Table:
    """Return the list with exactly the columns other systems are promised, one column a score of the most suspect
    meter.

    ``layers`` and ``reasons`` are lists.

    Raises:
        ListMissing: there is none.
    """
    rows = read_suspicions(snapshot, as_of=as_of, top=top)
    day = rows["as_of_on"][0].as_py()
    scores = snapshot.read(
        EVIDENCE_SCORE,
        columns=["meter_id", "score", "value"],
        months=[f"{day:%Y-%m}"],
        where=pc.field("as_of_on") == day,
    )
    table = rows.select(list(EXPORTED))
    for column in ("layers", "reasons"):
        table = table.set_column(table.column_names.index(column), column, _split(rows[column]))
    at = pc.index_in(scores["meter_id"], value_set=rows["meter_id"].combine_chunks())
    values = scores["value"].to_numpy(zero_copy_only=False).astype(np.float64)
    listed = at.is_valid().to_numpy(zero_copy_only=False)
    place = at.fill_null(0).to_numpy()
    names = scores["score"].dictionary_encode().combine_chunks()
    which = names.indices.to_numpy()
    words = names.dictionary.to_pylist()
    for number, name in sorted(enumerate(words), key=lambda entry: str(entry[1])):
        if name.endswith("_available"):
            continue
        figures = np.full(rows.num_rows, np.nan)
        chosen = listed & (which == number)
        figures[place[chosen]] = values[chosen]
        table = table.append_column(name, pa.array(figures, mask=np.isnan(figures)))
    for name, column in (("data_depth", "data_depth"), ("as_of", "as_of_on"), ("model_version", "model_version")):
        table = table.append_column(name, rows[column])
    return table


def count_depths(rows: pa.Table) -> dict[str, int]:
    """Return how many accounts of a list have data of each depth, the shallowest first, only depths that occur.

    Args:
        rows: ``out_suspicion``.

    Example:
        >>> count_depths(pa.table({"data_depth": ["daily", "monthly", "daily", None]}))
        {'archive': 1, 'monthly': 1, 'daily': 2}
    """
    found = [word or Depth.ARCHIVE.value for word in rows["data_depth"].to_pylist()]
    return {depth.value: found.count(depth) for depth in SHALLOWEST_FIRST if depth in found}


def read_evidence_card(
    snapshot: Snapshot, *, account: str, as_of: date | None = None, settings: DetectionSettings | None = None
) -> EvidenceCard:
    """Return the evidence card of an account.

    Args:
        snapshot: state of the lake.
        account: account asked for.
        as_of: the list as of this day; the newest when absent.
        settings: weights by which the card says what each reason adds; the package's newest when absent.

    Raises:
        ListMissing: there is no list.
        AccountNotListed: the account is not in it.
    """
    settings = settings or default_settings()
    rows = read_suspicions(snapshot, as_of=as_of)
    day = rows["as_of_on"][0].as_py()
    found = rows.filter(pc.equal(rows["account_id"], account)).to_pylist()
    if not found:
        raise AccountNotListed(account, as_of=day)
    row = found[0]
    month, meter = [f"{day:%Y-%m}"], pc.field("meter_id") == row["meter_id"]
    on = pc.field("as_of_on") == day
    reasons = order_reasons(snapshot.read(EVIDENCE, months=month, where=on & meter), settings)
    scores = snapshot.read(EVIDENCE_SCORE, columns=["score", "value"], months=month, where=on & meter).to_pylist()
    customer = snapshot.read(CUSTOMER, columns=["name", "class"], where=pc.field("account_id") == account).to_pylist()
    area = snapshot.read(AREA_PERIOD, months=month, where=on & (pc.field("area_id") == row["area_id"]))
    layers = tuple(filter(None, row["layers"].split(";")))
    return EvidenceCard(
        account_id=account,
        masked_name=mask_name(customer[0]["name"]) if customer else "",
        customer_class=customer[0]["class"] if customer else "",
        meter_id=row["meter_id"],
        area_id=row["area_id"],
        as_of=day,
        rank=row["rank"],
        listed_count=rows.num_rows,
        colour=row["colour"],
        theft_probability=row["theft_probability"],
        expected_kwh=row["expected_kwh"],
        expected_yuan=row["expected_yuan"],
        layers=layers,
        data_depth=row["data_depth"] or Depth.ARCHIVE.value,
        missing_layers=tuple(layer.value for layer in Layer if layer.value not in layers),
        speaks_for=tuple(reason for reason in reasons if reason.is_for),
        speaks_against=tuple(reason for reason in reasons if not reason.is_for),
        checks=tuple(filter(None, row["checks"].split(";"))),
        area=_card_area(area),
        layer_worth=read_layer_worth(
            snapshot, meters=[row["meter_id"]], as_of=day, model_version=row["model_version"]
        ).get(row["meter_id"], {}),
        scores={entry["score"]: entry["value"] for entry in scores if not entry["score"].endswith("_available")},
        model_version=row["model_version"],
    )


def read_layer_worth(
    snapshot: Snapshot, *, meters: Sequence[str], as_of: date, model_version: str
) -> dict[str, dict[str, float]]:
    """Return meter -> layer -> what the layer adds to the log-odds of theft (SHAP values of its scores, summed).

    Args:
        snapshot: state of the lake.
        meters: meters asked for.
        as_of: day of the list.
        model_version: of the list; where the model in use is another by now, nothing is said.
    """
    model = read_theft_model(snapshot)
    if not meters or not model_version.startswith(model.version):
        return {}
    scores = snapshot.read(
        EVIDENCE_SCORE,
        columns=["meter_id", "score", "value"],
        months=[f"{as_of:%Y-%m}"],
        where=(pc.field("as_of_on") == as_of) & pc.field("meter_id").isin(pa.array(meters, pa.string())),
    )
    worth = model.explain(read_features(scores, meter_ids=meters, names=model.names))
    return {
        meter: {layer.value: float(added[row]) for layer, added in worth.items()} for row, meter in enumerate(meters)
    }


class ProposalsMissing(LamplighterError):
    """The archive has not been looked at, or not as of the day asked for."""

    def __init__(self, *, as_of: date | None, newest: date | None) -> None:
        self.as_of, self.newest = as_of, newest
        if newest is None:
            super().__init__(text("detection.error.no_proposals"))
        else:
            super().__init__(text("detection.error.no_proposals_on", as_of=as_of, newest=newest))


def read_proposals(
    snapshot: Snapshot,
    *,
    as_of: date | None = None,
    kind: str | None = None,
    least: float = 0.0,
    area_id: str | None = None,
) -> pa.Table:
    """Return ``out_archive_proposal`` as of a day, the surest first; areas before phases.

    Args:
        snapshot: state of the lake.
        as_of: as of this day; the newest night's when absent.
        kind: ``wrong_area`` or ``wrong_phase`` only.
        least: least confidence, 0 to 1.
        area_id: only of meters the archive has on this area.

    Raises:
        ProposalsMissing: no night looked at the archive as of that day.
    """
    covered = {date.fromisoformat(day) for part in snapshot.parts(ARCHIVE_PROPOSAL) for day in part.covers}
    newest = max(covered, default=None)
    day = as_of or newest
    if day is None or day not in covered:
        raise ProposalsMissing(as_of=as_of, newest=newest)
    where = (pc.field("as_of_on") == day) & (pc.field("confidence") >= least)
    if kind is not None:
        where &= pc.field("kind") == kind
    if area_id is not None:
        where &= pc.field("area_id") == area_id
    rows = snapshot.read(ARCHIVE_PROPOSAL, months=[f"{day:%Y-%m}"], where=where)
    return rows.sort_by([("kind", "ascending"), ("confidence", "descending"), ("meter_id", "ascending")])


def _newest_list(snapshot: Snapshot) -> date | None:
    for month in sorted(snapshot.months(SUSPICION), reverse=True):
        days = snapshot.read(SUSPICION, columns=["as_of_on"], months=[month])["as_of_on"]
        newest: date | None = pc.max(days).as_py()
        if newest is not None:
            return newest
    return None


def _split(words: pa.ChunkedArray) -> pa.Array:
    return pa.array(
        [[word for word in joined.split(";") if word] for joined in words.to_pylist()], pa.list_(pa.string())
    )


def _card_area(area: pa.Table) -> CardArea | None:
    rows = [row for row in area.to_pylist() if row["day_count"] and row["unexplained_kwh"] is not None]
    if not rows:
        return None
    row, days = rows[0], rows[0]["day_count"]
    return CardArea(
        computable_days=days,
        unexplained_kwh=row["unexplained_kwh"] / days,
        low_kwh=row["unexplained_low_kwh"] / days,
        high_kwh=row["unexplained_high_kwh"] / days,
    )
