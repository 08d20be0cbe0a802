"""Changes of the company to what service knows, on the desk; each is proposed by one person and decided by another."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class KnowledgeChange(models.Model):
    """A proposed change of one edge, and the decision on it, which is never changed.

    Attributes:
        kind: new, changed or retired.
        edge: number of the edge; ``business``, ``relation``, ``zh``, ``en``, ``figures``, ``clause``, ``source``,
            ``grade`` and ``valid_to`` as it is to be known, see `Edge`; ``figures`` as they are typed.
        valid_from: first day it is wanted from.
        holds_from: first day it holds: the later of that and the day it was approved; None until then.
        reason: why it is proposed.
        decision: ``approved`` or ``refused``; empty while nobody decided.
    """

    kind = models.CharField(max_length=16)
    edge = models.CharField(max_length=128, db_index=True)
    business = models.CharField(max_length=64)
    relation = models.CharField(max_length=16)
    zh = models.TextField()
    en = models.TextField()
    figures = models.TextField(blank=True)
    clause = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300, blank=True)
    grade = models.CharField(max_length=8)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    holds_from = models.DateField(null=True)
    reason = models.TextField()
    proposed_by_id = models.BigIntegerField()
    proposed_by_name = models.CharField(max_length=200)
    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=16, blank=True)
    decided_reason = models.TextField(blank=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[KnowledgeChange]] = models.Manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["decision", "decided_at"], name="knowledge_change_ix")]

    def __str__(self) -> str:
        return f"{self.kind} {self.edge}"
