"""Reads of the models behind the list: those kept, which was released when and why, how far evidence has drifted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.business.detection.learning.drift import FeatureDrift, measure_drift
from lamplighter.business.detection.learning.features import read_features
from lamplighter.business.detection.learning.model import TheftModel, read_base_model
from lamplighter.business.detection.tables import EVIDENCE_SCORE, MODEL_RELEASE, SUSPICION, THEFT_MODEL

PACKAGED: Final = "package"
"""What the model that ships with the package may be asked for as, whatever version it is of."""


class ModelUnknown(LamplighterError):
    """No model of this version is kept."""

    def __init__(self, version: str) -> None:
        self.version = version
        super().__init__(text("models.error.unknown", version=version))


class ListMissing(LamplighterError):
    """There is no list, or none as of the day asked for."""

    def __init__(self, *, as_of: date | None, newest: date | None) -> None:
        self.as_of, self.newest = as_of, newest
        if newest is None:
            super().__init__(text("detection.error.no_list"))
        else:
            super().__init__(text("detection.error.no_list_on", as_of=as_of, newest=newest))


@dataclass(frozen=True, slots=True)
class Release:
    """A model put to use.

    Attributes:
        released_at: when, UTC-naive; lists made later are made with it.
        version: of the model.
        is_packaged: it is the one that ships with the package.
        reason: why.
        proposed_by: who asked for it.
        approved_by: who agreed; the same person where one is enough.
        replaced: version that was in use before.
    """

    released_at: datetime
    version: str
    is_packaged: bool
    reason: str
    proposed_by: str
    approved_by: str
    replaced: str


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model that could make lists.

    Attributes:
        model: the model.
        made_at: when it was kept, UTC-naive; None for the package's.
        trained_on: newest day it learned from; None for the package's.
        outcomes: results of inspections it learned from.
        thefts: of these, thefts.
        is_packaged: it ships with the package.
        is_released: lists are made with it now.
        released_at: when it was last put to use; None = a candidate that never was.
    """

    model: TheftModel
    made_at: datetime | None
    trained_on: date | None
    outcomes: int
    thefts: int
    is_packaged: bool
    is_released: bool
    released_at: datetime | None

    @property
    def state(self) -> str:
        """``released``, ``earlier`` (in use once) or ``candidate``; ``packaged`` for one never asked for."""
        if self.is_released:
            return "released"
        if self.released_at is not None:
            return "earlier"
        return "packaged" if self.is_packaged else "candidate"


def newest_list_on(snapshot: Snapshot) -> date | None:
    """Return the day the newest list is of; None where there is none. Read from manifests alone."""
    return max((date.fromisoformat(day) for part in snapshot.parts(SUSPICION) for day in part.covers), default=None)


def read_releases(snapshot: Snapshot) -> list[Release]:
    """Return every release, the newest first; none where the package's model was never replaced."""
    rows = snapshot.read(MODEL_RELEASE).sort_by([("released_at", "descending")]).to_pylist()
    return [Release(**{name: row[name] for name in Release.__slots__}) for row in rows]


def read_theft_model(snapshot: Snapshot) -> TheftModel:
    """Return the model lists are made with: the one released last, or the package's. A candidate makes none."""
    released = next(iter(read_releases(snapshot)), None)
    if released is None or released.is_packaged:
        return read_base_model()
    return _read_kept(snapshot, released.version)


def find_model(snapshot: Snapshot, version: str) -> TheftModel:
    """Return a model by its version, or the package's as :data:`PACKAGED`.

    Raises:
        ModelUnknown: none is kept.
    """
    base = read_base_model()
    return base if version in (PACKAGED, base.version) else _read_kept(snapshot, version)


def read_start_model(snapshot: Snapshot) -> TheftModel:
    """Return what a model of outcomes goes on from: the newest learned from injected thefts, or the package's."""
    kept = snapshot.read(THEFT_MODEL)
    kept = kept.filter(pc.equal(kept["outcomes"], 0)).sort_by([("known_at", "descending")])
    return TheftModel.from_text(kept["content"][0].as_py()) if kept.num_rows else read_base_model()


def read_models(snapshot: Snapshot) -> list[KeptModel]:
    """Return every model that could make lists: the company's own, the newest first, and the package's last."""
    releases = read_releases(snapshot)
    used = read_theft_model(snapshot).version
    # Releases come newest first: of several of one version the last one written here is the oldest, so go backwards.
    last = {release.version: release.released_at for release in reversed(releases)}
    packaged = [release.released_at for release in releases if release.is_packaged]
    found = [
        KeptModel(
            model=TheftModel.from_text(row["content"]),
            made_at=row["known_at"],
            trained_on=row["trained_on"],
            outcomes=row["outcomes"],
            thefts=row["thefts"],
            is_packaged=False,
            is_released=row["version"] == used,
            released_at=last.get(row["version"]),
        )
        for row in snapshot.read(THEFT_MODEL).sort_by([("known_at", "descending")]).to_pylist()
    ]
    base = read_base_model()
    shipped = KeptModel(base, None, None, 0, 0, True, base.version == used, max(packaged, default=None))
    return [*found, shipped]


def read_drift(
    snapshot: Snapshot, *, months: int, model: TheftModel | None = None
) -> tuple[str, dict[date, list[FeatureDrift]]]:
    """Return the model's version, and how far the evidence of each of the last months has moved from its training.

    Args:
        snapshot: state of the lake.
        months: how many months, each by its newest list.
        model: which model; the released one when absent.

    Raises:
        ListMissing: there is no list.
    """
    days = pc.unique(snapshot.read(SUSPICION, columns=["as_of_on"])["as_of_on"]).to_pylist()
    if not days:
        raise ListMissing(as_of=None, newest=None)
    newest_of = {f"{day:%Y-%m}": day for day in sorted(days)}
    model = model or read_theft_model(snapshot)
    found = {}
    for month in sorted(newest_of)[-months:]:
        day = newest_of[month]
        scores = snapshot.read(
            EVIDENCE_SCORE,
            columns=["meter_id", "score", "value"],
            months=[month],
            where=pc.field("as_of_on") == day,
        )
        meters = pc.unique(scores["meter_id"]).to_pylist()
        features = read_features(scores, meter_ids=meters, names=model.names)
        found[day] = measure_drift(model.card.get("reference", {}), features, names=model.names)
    return model.version, found


def _read_kept(snapshot: Snapshot, version: str) -> TheftModel:
    kept = snapshot.read(THEFT_MODEL, where=pc.field("version") == version)
    if kept.num_rows == 0:
        raise ModelUnknown(version)
    return TheftModel.from_text(kept["content"][0].as_py())
