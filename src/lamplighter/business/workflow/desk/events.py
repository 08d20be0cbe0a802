"""What is kept of everything that happens to a matter on the desk."""

from __future__ import annotations

from django.db import models

from lamplighter.base.security.kept import Kept


class MatterEvent(Kept):
    """Something that happened to a matter; a model of it names the matter and the kinds it adds.

    Attributes:
        number: of the workflow's event, from 1 without a gap; None for what lies beside the chain.
        kind: the workflow's, or one of the model's own.
        words: what a person wrote, or what names the thing.
        line: the workflow's event as text.
    """

    number = models.IntegerField(null=True)
    kind = models.CharField(max_length=16)
    words = models.TextField(blank=True)
    line = models.TextField(blank=True)

    class Meta:
        abstract = True
