"""What the night found of losses, as the desk shows it: one row an area, one row a unit and day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes


class Balance(models.Model):
    """Energy of one day, kWh; null where nothing could be added up."""

    supplied_kwh = models.FloatField(null=True)
    sold_kwh = models.FloatField(null=True)
    loss_kwh = models.FloatField(null=True)
    technical_kwh = models.FloatField(null=True)
    unexplained_kwh = models.FloatField(null=True)
    unexplained_low_kwh = models.FloatField(null=True)
    unexplained_high_kwh = models.FloatField(null=True)

    class Meta:
        abstract = True


class AreaNight(Scoped, Balance):
    """An area on the newest night, in the order it deserves work.

    Attributes:
        rank: 1 = most certainly unexplained energy a day; areas that cannot be computed come last.
        certain_kwh: unexplained a day at the lower end of the interval over the window.
        reasons: codes why it cannot be computed, else codes of what its signature points to, joined by ``;``.
        suspicion_count: coloured suspicions that live on it.
    """

    area_id = models.CharField(max_length=ID_LENGTH, unique=True)
    name = models.CharField(max_length=200)
    station_name = models.CharField(max_length=200, blank=True)
    feeder_name = models.CharField(max_length=200, blank=True)
    on_date = models.DateField()
    rank = models.IntegerField()
    loss_rate = models.FloatField(null=True)
    certain_kwh = models.FloatField(null=True)
    coverage = models.FloatField()
    is_computable = models.BooleanField()
    loss_class = models.CharField(max_length=32)
    reasons = models.CharField(max_length=400, blank=True)
    suspicion_count = models.IntegerField(default=0)

    class Meta:
        indexes = unit_indexes("line_loss_area", "rank")

    def __str__(self) -> str:
        return f"{self.name} {self.on_date}"


class FeederNight(Scoped, Balance):
    """The areas of one station on one feeder on the newest night, added up, and what the line itself lost.

    Attributes:
        feeder_id: the feeder; empty for areas of the station that hang on none.
        coverage: mean share of energy and meters really read, each area counting once.
        suspicion_count: coloured suspicions that live on its areas here.
        line_supplied_kwh, line_loss_kwh, line_unexplained_kwh: of the line itself; null in a station that does not
            run it, and where it cannot be computed.
        line_boundary: what the line's balance is drawn around, see ``out_feeder_loss``; empty without one.
    """

    feeder_id = models.CharField(max_length=ID_LENGTH, blank=True)
    on_date = models.DateField()
    area_count = models.IntegerField()
    computable_count = models.IntegerField()
    coverage = models.FloatField(null=True)
    suspicion_count = models.IntegerField(default=0)
    line_supplied_kwh = models.FloatField(null=True)
    line_loss_kwh = models.FloatField(null=True)
    line_unexplained_kwh = models.FloatField(null=True)
    line_boundary = models.CharField(max_length=16, blank=True)

    class Meta:
        indexes = unit_indexes("line_loss_feeder")
        constraints: ClassVar = [models.UniqueConstraint(fields=["station_id", "feeder_id"], name="line_loss_feeder")]

    def __str__(self) -> str:
        return f"{self.feeder_id} {self.on_date}"


class UnitNight(Balance):
    """A unit on one day: its computable areas added up, and how many they were.

    Attributes:
        unit_id: the unit; one row stands for it and everything below it.
        all_supplied_kwh: supplied to all its areas with a supply reading, computable or not.
        surplus_kwh: unexplained energy of the areas where it is positive, which the sum of all hides.
        deficit_kwh: of those where it is negative.
        coverage: mean share of energy and meters really read, each area counting once.
    """

    unit_id = models.CharField(max_length=ID_LENGTH)
    on_date = models.DateField()
    area_count = models.IntegerField()
    computable_count = models.IntegerField()
    all_supplied_kwh = models.FloatField(null=True)
    surplus_kwh = models.FloatField(null=True)
    deficit_kwh = models.FloatField(null=True)
    coverage = models.FloatField(null=True)

    objects: ClassVar[models.Manager[UnitNight]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit_id", "on_date"], name="line_loss_unit_night")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.on_date}"
