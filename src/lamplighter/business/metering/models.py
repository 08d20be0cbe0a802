"""The desk's search copy of the meters."""

from __future__ import annotations

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes


class MeterEntry(Scoped):
    """A meter as it is looked up: whose it is and where it hangs."""

    meter_id = models.CharField(max_length=ID_LENGTH, unique=True)
    account_id = models.CharField(max_length=ID_LENGTH, blank=True, db_index=True)
    area_id = models.CharField(max_length=ID_LENGTH, blank=True, db_index=True)
    role = models.CharField(max_length=16)

    class Meta:
        indexes = unit_indexes("metering_meter", "meter_id")

    def __str__(self) -> str:
        return self.meter_id
