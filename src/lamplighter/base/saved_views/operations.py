"""Keep, find and remove views of lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.saved_views.models import SavedView
from lamplighter.base.security.actor import Actor

MOST_VIEWS: Final = 50
"""Views one person may keep of one list: more nobody finds again."""
_NAME_LENGTH: Final = 80


class ViewRefused(LamplighterError):
    """A view has no name, or there are too many."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(text(f"views.refused.{reason}", most=MOST_VIEWS))


@dataclass(frozen=True, slots=True)
class View:
    """A view as a list offers it.

    Attributes:
        number: names it in addresses.
        name: what its owner calls it.
        asked: what is asked of the list, as in its address.
        owner: name of its owner; empty where it is one's own.
        is_shared: the people of the owner's unit see it.
    """

    number: int
    name: str
    asked: Mapping[str, str]
    owner: str
    is_shared: bool


def list_views(*, actor: Actor, listed: str) -> list[View]:
    """Return the views of a list: one's own, then those that people of one's own unit share."""
    seen = Q(staff_id=actor.staff_id)
    if actor.unit_id:
        seen |= Q(is_shared=True, unit_id=actor.unit_id)
    rows = SavedView.objects.filter(seen, listed=listed).order_by("name", "pk")[: 4 * MOST_VIEWS]
    views = [
        View(row.pk, row.name, row.asked, "" if row.staff_id == actor.staff_id else row.staff_name, row.is_shared)
        for row in rows
    ]
    return sorted(views, key=lambda view: bool(view.owner))


def save_view(
    *, by: Actor, listed: str, name: str, asked: Mapping[str, str], is_shared: bool, now: dt.datetime
) -> None:
    """Keep a view; one's own of the same name is replaced.

    Raises:
        ViewRefused: it has no name, or one keeps too many of this list.
    """
    called = " ".join(name.split())[:_NAME_LENGTH]
    if not called:
        raise ViewRefused("nameless")
    own = SavedView.objects.filter(staff_id=by.staff_id, listed=listed)
    if own.exclude(name=called).count() >= MOST_VIEWS:
        raise ViewRefused("too_many")
    SavedView.objects.update_or_create(
        staff_id=by.staff_id,
        listed=listed,
        name=called,
        defaults={
            "staff_name": by.name,
            "unit_id": by.unit_id,
            "asked": dict(asked),
            "is_shared": is_shared and bool(by.unit_id),
            "saved_at": now,
        },
    )


def remove_view(*, by: Actor, number: int) -> bool:
    """Remove a view of one's own; False where there is none."""
    removed, _ = SavedView.objects.filter(staff_id=by.staff_id, pk=number).delete()
    return bool(removed)
