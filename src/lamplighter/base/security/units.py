"""Rows of a unit, for lists that are narrowed to one."""

from __future__ import annotations

from django.db.models import Q

from lamplighter.base.security.models import Unit


def in_unit(value: str) -> Q:
    """Return the rows of a unit and the units below it; what the actor may not see of them he does not get anyhow.

    A unit is looked for at its own level, where its rows stand together in an index; at every level where the archive
    does not know it any more.
    """
    level = Unit.objects.filter(unit_id=value).values_list("level", flat=True).first()
    if level:
        return Q(**{f"{level}_id": value})
    return Q(province_id=value) | Q(city_id=value) | Q(county_id=value) | Q(station_id=value)
