"""A model is put to use: proposed by one person, agreed to by another, recorded, and shown on the desk at once."""

from __future__ import annotations

import datetime as dt

from lamplighter.base.security.actor import Actor
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.detection.model_queries import Release


def record_release(release: Release, *, by: Actor | None, now: dt.datetime) -> None:
    """Write a release into the audit trail.

    Args:
        release: what was released.
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
