"""The table of saved views."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH


class SavedView(models.Model):
    """A list as somebody keeps it.

    Attributes:
        staff_id: whose it is.
        staff_name: his name when he kept it.
        unit_id: his unit then: with whom a shared view is shared.
        listed: name of the list.
        name: what he calls it.
        asked: what is asked of the list, as in its address.
        is_shared: the people of the unit see it as well.
    """

    staff_id = models.BigIntegerField()
    staff_name = models.CharField(max_length=200)
    unit_id = models.CharField(max_length=ID_LENGTH, blank=True)
    listed = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    asked = models.JSONField(default=dict)
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    objects: ClassVar[models.Manager[SavedView]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["staff_id", "listed", "name"], name="saved_views_savedview_name"),
        )
        indexes = (models.Index(fields=["unit_id", "listed"], name="saved_views_unit_ix"),)

    def __str__(self) -> str:
        return self.name
