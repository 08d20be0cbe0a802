"""The desk's search copies of areas and feeders, and the outlines of units."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes


class AreaEntry(Scoped):
    """An area as it is looked up: number, name, where it hangs and lies.

    Attributes:
        feeder_id: feeder it hangs on; empty where the archive names none.
        longitude, latitude: degrees; null where the archive does not say.
    """

    area_id = models.CharField(max_length=ID_LENGTH, unique=True)
    name = models.CharField(max_length=200)
    feeder_name = models.CharField(max_length=200, blank=True)
    station_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=32, blank=True)
    rated_kva = models.FloatField(null=True)
    bucket = models.IntegerField()
    feeder_id = models.CharField(max_length=ID_LENGTH, blank=True, default="", db_index=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)

    class Meta:
        indexes = unit_indexes("network_area", "name")

    def __str__(self) -> str:
        return self.name


class FeederEntry(Scoped):
    """The part of a feeder that lies in one station: a line may pass through several.

    Attributes:
        feeder_id: the feeder; empty for the areas of the station that hang on none the archive names.
        is_own: the station that runs it; elsewhere only some of its areas are.
        substation_id: substation it leaves.
        outline: rings of longitude and latitude around its areas here, a sketch; empty where none has a position.
    """

    feeder_id = models.CharField(max_length=ID_LENGTH, blank=True)
    name = models.CharField(max_length=200, blank=True)
    is_own = models.BooleanField()
    substation_id = models.CharField(max_length=ID_LENGTH, blank=True)
    voltage_kv = models.FloatField(null=True)
    outline = models.JSONField(default=list)

    class Meta:
        indexes = unit_indexes("network_feeder", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station_id", "feeder_id"], name="network_feeder_once")
        ]

    def __str__(self) -> str:
        return self.name


class UnitOutline(models.Model):
    """The land of a unit.

    Attributes:
        unit_id: the unit.
        rings: outer rings of longitude and latitude, each closed.
        is_sketch: drawn around the unit's areas, because the company handed in no outline.
    """

    unit_id = models.CharField(max_length=ID_LENGTH, unique=True)
    rings = models.JSONField()
    is_sketch = models.BooleanField()

    objects: ClassVar[models.Manager[UnitOutline]] = models.Manager()

    def __str__(self) -> str:
        return self.unit_id
