"""What every desk row that belongs to a unit has in common: four stored unit ids, and a read that takes the actor.

Four stored ids instead of a join: a list of a million rows is cut to a unit by one index, at every level.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models

from lamplighter.base.security.actor import Actor, UnitPath

UNIT_COLUMNS = ("province_id", "city_id", "county_id", "station_id")
ID_LENGTH = 64
"""Longest archive number we keep on the desk."""


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows that belong to units."""

    def seen_by(self, actor: Actor) -> Self:
        """Return the rows of the actor's unit and the units below it; none for an actor without a unit."""
        if not actor.unit_id:
            return self.none()
        return self.filter(**{f"{actor.level}_id": actor.unit_id})


class Scoped(models.Model):
    """A row that belongs to a unit; a model of it names its own indexes, each beginning with a unit column."""

    province_id = models.CharField(max_length=ID_LENGTH)
    city_id = models.CharField(max_length=ID_LENGTH)
    county_id = models.CharField(max_length=ID_LENGTH)
    station_id = models.CharField(max_length=ID_LENGTH)

    # Typed as what it hands out: django-stubs loses our own method on the manager of an abstract model.
    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def path(self) -> UnitPath:
        """The four units."""
        return UnitPath(self.province_id, self.city_id, self.county_id, self.station_id)


def unit_indexes(name: str, *then: str) -> list[models.Index]:
    """Return one index a level, each followed by the columns a list is sorted by.

    Args:
        name: short name of the table, unique in the database.
        then: columns after the unit, ``-`` for descending.
    """
    return [
        models.Index(fields=[column, *then], name=f"{name}_{column.removesuffix('_id')}_ix") for column in UNIT_COLUMNS
    ]
