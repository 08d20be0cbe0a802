"""Changes of processes, their files, and on which version new instances begin."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.kept import Kept


class Change(models.Model):
    """A changed process or decision table somebody brought, which waits for a second person.

    Attributes:
        name: of the process or table in the file that was brought.
        based_on: process or table -> version it was held against; what is released meanwhile makes it stale.
        file_name: of the file, as it came.
        rehearsals: process -> what came of trying its new version out.
        state: waiting, released or refused.
        answer: what was said when it was decided.
    """

    name = models.CharField(max_length=80)
    based_on = models.JSONField(default=dict)
    file_name = models.CharField(max_length=200)
    reason = models.TextField()
    rehearsals = models.JSONField(default=dict)
    proposed_by_id = models.BigIntegerField()
    proposed_by = models.CharField(max_length=200)
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=16, default="waiting")
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Change]] = models.Manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class VersionFile(models.Model):
    """A version of a process or table, its file byte by byte. A version that was ever begun with is kept for ever.

    Attributes:
        kind: process or decision.
        digest: SHA-256 of the content.
        is_released: somebody agreed to it.
        is_waiting: nobody decided yet; of each process and table one version at most waits.
    """

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    version = models.IntegerField()
    digest = models.CharField(max_length=64, db_index=True)
    content = models.BinaryField()
    is_released = models.BooleanField(default=False)
    is_waiting = models.BooleanField(default=True)

    objects: ClassVar[models.Manager[VersionFile]] = models.Manager()

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "name", "version"], name="versions_number"),
            # Two people who propose at once leave one version to be decided.
            models.UniqueConstraint(
                fields=["kind", "name"], condition=models.Q(is_waiting=True), name="versions_one_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Beginning(Kept):
    """From when on new instances of a process begin with a version; the newest of a process counts.

    Attributes:
        replaced: version they began with before.
        reason: why; ``change`` the change that brought it, None where an earlier version was chosen again.
    """

    name = models.CharField(max_length=80, db_index=True)
    version = models.IntegerField()
    replaced = models.IntegerField()
    reason = models.TextField()
    change = models.ForeignKey(Change, on_delete=models.PROTECT, null=True, related_name="beginnings")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
