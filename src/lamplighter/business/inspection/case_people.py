"""Who of the desk's people could work on a case."""

from __future__ import annotations

from collections.abc import Iterable

from lamplighter.base.security.actor import Actor, Role
from lamplighter.base.security.models import Staff


def colleagues_of(*, actor: Actor, units: Iterable[str]) -> list[tuple[str, str]]:
    """Return the other inspectors of some units, number and name, by name.

    Args:
        actor: who asks, and is not among them.
        units: the four units of a case: whoever is of one of them sees it.
    """
    found = Staff.objects.filter(groups__name=Role.INSPECTOR.value, unit_id__in=list(units), is_active=True)
    found = found.exclude(pk=actor.staff_id)
    return sorted(((str(each.pk), each.get_full_name() or each.username) for each in found), key=lambda pair: pair[1])
