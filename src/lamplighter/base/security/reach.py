"""How far somebody reaches: what is the whole company's is decided by whom the whole company is."""

from __future__ import annotations

from lamplighter.base.security.actor import Actor
from lamplighter.base.security.models import Unit


def is_over_all(actor: Actor) -> bool:
    """Say whether every unit is the actor's or below his."""
    if not actor.unit_id:
        return False
    return not Unit.objects.exclude(**{f"{actor.level}_id": actor.unit_id}).exists()
