"""Units and staff of the desk."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from lamplighter.base.security.actor import Actor, Level, Role, UnitPath, rights_of
from lamplighter.base.security.scope import ID_LENGTH


class Unit(models.Model):
    """An organisation unit, as the lake's archive last said."""

    unit_id = models.CharField(max_length=ID_LENGTH, primary_key=True)
    name = models.CharField(max_length=200)
    level = models.CharField(max_length=16)
    parent_id = models.CharField(max_length=ID_LENGTH, blank=True)
    province_id = models.CharField(max_length=ID_LENGTH, db_index=True)
    city_id = models.CharField(max_length=ID_LENGTH, db_index=True)
    county_id = models.CharField(max_length=ID_LENGTH, db_index=True)
    station_id = models.CharField(max_length=ID_LENGTH, db_index=True)

    objects: ClassVar[models.Manager[Unit]] = models.Manager()

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> UnitPath:
        """The four units it belongs to, itself included."""
        return UnitPath(self.province_id, self.city_id, self.county_id, self.station_id)


class Staff(AbstractUser):
    """A staff account: who, of which unit, which language; its roles are its groups."""

    # Whoever is of no unit yet sees no row. A unit that vanished from the archive must not take its staff along.
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="staff")
    language = models.CharField(max_length=8, blank=True)

    class Meta(AbstractUser.Meta):
        db_table = "security_staff"

    def as_actor(self) -> Actor:
        """Return whom the rooms ask about."""
        known = {role.value for role in Role}
        # Every request asks for it: one question for his roles and for the level of his unit.
        rows = list(Staff.objects.filter(pk=self.pk).values_list("groups__name", "unit__level"))
        roles = frozenset(Role(name) for name, _ in rows if name in known)
        return Actor(
            staff_id=self.pk,
            name=self.get_full_name() or self.username,
            unit_id=self.unit_id or "",
            level=Level(rows[0][1]) if rows and rows[0][1] else Level.STATION,
            roles=roles,
            rights=rights_of(roles),
        )
