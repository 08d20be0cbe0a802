"""The desk's people as a chain knows them."""

from __future__ import annotations

from collections.abc import Iterable

from lamplighter.base.security.actor import Actor, Level, Role
from lamplighter.base.security.models import Staff
from lamplighter.business.workflow.instances import Actor as ChainActor

CITY_MANAGER = "city_manager"
"""Role of a chain for a manager of a city or a province: large amounts are approved above the county."""


def chain_actor(actor: Actor) -> ChainActor:
    """Return a person as a chain asks for him: number of the account, and roles.

    Example:
        >>> boss = Actor(7, "Gao", "C1", Level.CITY, frozenset({Role.MANAGER}), frozenset())
        >>> sorted(chain_actor(boss).roles)
        ['city_manager', 'manager']
    """
    roles = {role.value for role in actor.roles}
    if Role.MANAGER in actor.roles and actor.level in (Level.PROVINCE, Level.CITY):
        roles.add(CITY_MANAGER)
    return ChainActor(str(actor.staff_id), frozenset(roles))


def names_of(ids: Iterable[str]) -> dict[str, str]:
    """Return the names of staff by the number of their account."""
    numbers = [int(each) for each in set(ids) if each.isdecimal()]
    if not numbers:
        return {}
    return {str(staff.pk): staff.get_full_name() or staff.username for staff in Staff.objects.filter(pk__in=numbers)}
