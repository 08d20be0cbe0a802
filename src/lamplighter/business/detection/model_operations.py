"""Writes of models: one that was trained is kept as a candidate, and makes lists once it is released with a reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pyarrow as pa

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.business.detection.learning.model import TheftModel, read_base_model
from lamplighter.business.detection.model_queries import Release, find_model, read_releases, read_theft_model
from lamplighter.business.detection.tables import MODEL_RELEASE, THEFT_MODEL


class ReleaseRefused(LamplighterError):
    """A release lacks its reason or its second person, or the model makes the lists already; ``why`` is which."""

    def __init__(self, why: str, **fields: Any) -> None:
        self.why = why
        super().__init__(text(f"models.error.{why}", **fields))


def keep_model(
    *, lake: Lake, model: TheftModel, trained_on: dt.date, outcomes: int, thefts: int, now: dt.datetime
) -> TheftModel:
    """Keep a model of the company's own as a candidate, and return it as it is kept.

    A version names one model for ever: another one of the same name gets a number behind it, and the same one kept
    again, by whoever was interrupted, is kept once.

    Args:
        lake: where it goes.
        model: what was trained.
        trained_on: newest day it learned from.
        outcomes: inspections with a result it learned from; 0 = thefts injected.
        thefts: of these, thefts.
        now: instant, UTC-naive.

    Raises:
        LakeBusy: another writer is at work.
    """
    with lake.transaction() as change:
        with lake.snapshot() as state:
            kept, is_there = _name(state, model)
        if is_there:
            return kept
        row = {
            "version": [kept.version],
            "trained_on": pa.array([trained_on], pa.date32()),
            "outcomes": pa.array([outcomes], pa.int32()),
            "thefts": pa.array([thefts], pa.int32()),
            "content": [kept.to_text()],
        }
        change.append(THEFT_MODEL, pa.table(row), known_at=now)
        change.publish()
    return kept


def _name(state: Snapshot, model: TheftModel) -> tuple[TheftModel, bool]:
    """Return the model under the name it is or will be kept by, and whether it is there already."""
    contents = state.read(THEFT_MODEL, columns=["version", "content"])
    known = dict(zip(contents["version"].to_pylist(), contents["content"].to_pylist(), strict=True))
    number, named = 1, model
    while named.version in known:
        if known[named.version] == named.to_text():
            return named, True
        number += 1
        named = replace(model, version=f"{model.version} ({number})")
    return named, False


def release_model(
    *,
    lake: Lake,
    version: str,
    reason: str,
    proposed_by: str,
    approved_by: str,
    persons: int,
    now: dt.datetime,
) -> Release:
    """Put a model to use: lists made from now on are made with it, whichever was in use before.

    Args:
        lake: where models and releases are.
        version: of a kept model, or ``package`` for the one that ships with the package.
        reason: why; kept for ever.
        proposed_by: who asks for it.
        approved_by: who agrees.
        persons: how many different people it takes (``model_release_persons`` of the policy).
        now: instant, UTC-naive.

    Raises:
        ModelUnknown: no such model is kept.
        ReleaseRefused: no reason, too few people, or the model is in use already.
        LakeBusy: another writer is at work.
    """
    if not reason.strip():
        raise ReleaseRefused("reason_missing")
    people = {name.strip() for name in (proposed_by, approved_by)} - {""}
    if len(people) < min(persons, 2):
        raise ReleaseRefused("second_person_missing", persons=persons)
    with lake.transaction() as change:
        with lake.snapshot() as state:
            model, used = find_model(state, version), read_theft_model(state)
        if model.version == used.version:
            raise ReleaseRefused("released_already", version=model.version)
        release = Release(
            released_at=now,
            version=model.version,
            is_packaged=model.version == read_base_model().version,
            reason=reason.strip(),
            proposed_by=proposed_by.strip(),
            approved_by=approved_by.strip() or proposed_by.strip(),
            replaced=used.version,
        )
        change.append(
            MODEL_RELEASE,
            pa.table(
                {
                    "released_at": pa.array([release.released_at], pa.timestamp("us")),
                    "is_packaged": pa.array([release.is_packaged]),
                    **{
                        name: [getattr(release, name)]
                        for name in ("version", "reason", "proposed_by", "approved_by", "replaced")
                    },
                }
            ),
            known_at=now,
        )
        change.publish()
    return release


def version_before(state: Snapshot) -> str:
    """Return the version that was in use before the released one: what a rollback goes back to.

    Raises:
        ReleaseRefused: nothing was ever released.
    """
    newest = next(iter(read_releases(state)), None)
    if newest is None:
        raise ReleaseRefused("nothing_released")
    return newest.replaced
