"""A model is put to use: proposed by one person, agreed to by another, recorded, and shown on the desk at once."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from lamplighter.base.jobs.operations import start_job
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.detection.model_operations import ReleaseRefused, release_model
from lamplighter.business.detection.model_queries import Release, find_model, read_theft_model
from lamplighter.business.detection.models import ReleaseProposal
from lamplighter.business.detection.outcome_desk import may_release
from lamplighter.journeys.desk_loading.models import load_models
from lamplighter.journeys.model_training import Source
from lamplighter.journeys.nights.jobs import TRAINING


def ask_training(*, actor: Actor, on: Source, now: dt.datetime) -> int:
    """Ask for a candidate to be trained and return the number of the job; it is kept and makes no list by itself.

    Args:
        actor: who asks; the whole company must be his.
        on: what it is trained on.
        now: the instant, with its zone.

    Raises:
        RightMissing: he may not release models, or not everywhere.
    """
    _require(actor)
    return start_job(kind=TRAINING, given={"on": on.value}, by=actor, now=now)


def propose_release(
    *, actor: Actor, lake: Lake, version: str, reason: str, persons: int, now: dt.datetime
) -> Release | None:
    """Ask for a model to be put to use; where one person is enough it is, at once.

    Args:
        actor: who asks; the whole company must be his.
        lake: where models and releases are.
        version: of a kept model.
        reason: why.
        persons: how many people a release takes (``model_release_persons`` of the policy).
        now: the instant, with its zone.

    Returns:
        The release; None where it waits for a second person.

    Raises:
        RightMissing: he may not release models, or not everywhere.
        ModelUnknown: no such model is kept.
        ReleaseRefused: no reason, the model is in use, or another proposal waits.
    """
    _require(actor)
    if not reason.strip():
        raise ReleaseRefused("reason_missing")
    with lake.snapshot() as state:
        model, used = find_model(state, version), read_theft_model(state)
    if model.version == used.version:
        raise ReleaseRefused("released_already", version=model.version)
    if persons < 2:
        return _release(actor, lake, version, reason=reason, proposed_by=actor.name, persons=persons, now=now)
    try:
        with transaction.atomic():
            ReleaseProposal.objects.create(
                version=model.version,
                reason=reason.strip(),
                proposed_by_id=actor.staff_id,
                proposed_by=actor.name,
                proposed_at=now,
            )
    except IntegrityError as error:
        raise ReleaseRefused("waits_already") from error
    return None


def decide_release(
    *, actor: Actor, lake: Lake, number: int, is_approved: bool, answer: str, persons: int, now: dt.datetime
) -> Release | None:
    """Agree to a release that waits, or refuse it; whoever proposed it may only take it back.

    Args:
        actor: who decides.
        lake: where models and releases are.
        number: of the proposal.
        is_approved: he agrees.
        answer: what he says; needed to refuse.
        persons: how many people a release takes.
        now: the instant, with its zone.

    Returns:
        The release; None where it was refused.

    Raises:
        RightMissing: he may not release models, or not everywhere.
        ReleaseRefused: somebody decided already, he proposed it himself, or says not why he refuses.
    """
    _require(actor)
    with transaction.atomic():
        waiting = ReleaseProposal.objects.select_for_update().filter(pk=number, state="waiting").first()
        if waiting is None:
            raise ReleaseRefused("decided_already")
        if is_approved and waiting.proposed_by_id == actor.staff_id and persons > 1:
            raise ReleaseRefused("second_person_missing", persons=persons)
        if not is_approved and not answer.strip():
            raise ReleaseRefused("reason_missing")
        waiting.state = "approved" if is_approved else "refused"
        waiting.decided_by, waiting.decided_at, waiting.answer = actor.name, now, answer.strip()
        waiting.save()
        if not is_approved:
            return None
        return _release(
            actor,
            lake,
            waiting.version,
            reason=waiting.reason,
            proposed_by=waiting.proposed_by,
            persons=1,
            now=now,
        )


def _release(
    actor: Actor, lake: Lake, version: str, *, reason: str, proposed_by: str, persons: int, now: dt.datetime
) -> Release:
    done = release_model(
        lake=lake,
        version=version,
        reason=reason,
        proposed_by=proposed_by,
        approved_by=actor.name,
        # Who is who was looked at by number: two people may have one name.
        persons=persons,
        now=now.astimezone(dt.UTC).replace(tzinfo=None),
    )
    record_release(done, lake=lake, by=actor, now=now)
    return done


def record_release(release: Release, *, lake: Lake, by: Actor | None, now: dt.datetime) -> None:
    """Write a release into the audit trail and onto the desk.

    Args:
        release: what was released.
        lake: where it stands.
        by: who agreed, logged in; None on the command line, whose names are what somebody typed.
        now: the instant, with its zone.
    """
    record(
        act=Act.RELEASED,
        by=by,
        now=now,
        kind="detection.model",
        subject=release.version,
        before={"version": release.replaced},
        after={
            "version": release.version,
            "proposed_by": release.proposed_by,
            "approved_by": release.approved_by,
        },
        note=release.reason,
    )
    with lake.snapshot() as state:
        load_models(state)


def _require(actor: Actor) -> None:
    actor.require(Right.RELEASE_MODELS)
    if not may_release(actor):
        raise RightMissing(Right.RELEASE_MODELS)
