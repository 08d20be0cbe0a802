"""The desk's search copy of the areas."""

from __future__ import annotations

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes


class AreaEntry(Scoped):
    """An area as it is looked up: number, name, where it hangs."""

    area_id = models.CharField(max_length=ID_LENGTH, unique=True)
    name = models.CharField(max_length=200)
    feeder_name = models.CharField(max_length=200, blank=True)
    station_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=32, blank=True)
    rated_kva = models.FloatField(null=True)
    bucket = models.IntegerField()

    class Meta:
        indexes = unit_indexes("network_area", "name")

    def __str__(self) -> str:
        return self.name
