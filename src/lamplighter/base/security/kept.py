"""Rows that are written once and never changed: what happened stays."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH


class Kept(models.Model):
    """A row that is written once, with who wrote it and when; by nobody (empty) where a machine did."""

    made_at = models.DateTimeField()
    by_id = models.CharField(max_length=ID_LENGTH, blank=True)
    by_name = models.CharField(max_length=200, blank=True)

    # Typed as what it hands out: an abstract model has no manager of its own class.
    objects: ClassVar[Any] = models.Manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row; a second time is refused."""
        if self.pk is not None:
            raise TypeError(f"{type(self).__name__} is only ever added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: what happened stays."""
        raise TypeError(f"{type(self).__name__} is only ever added to")
