"""The table of the audit trail. Its rows are written by `recording.record` alone; the database refuses changes."""

from __future__ import annotations

from django.db import models

from lamplighter.base.security.audit import records
from lamplighter.base.security.scope import Scoped, unit_indexes

_HASH = 64


class Entry(Scoped):
    """An entry, see `records.Entry`."""

    # Given by us, without a gap: the database's own numbers skip one with every transaction that is given up.
    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    # No relation: the trail outlives the account.
    staff_id = models.BigIntegerField(null=True)
    staff_name = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=64)
    act = models.CharField(max_length=40)
    outcome = models.CharField(max_length=16)
    kind = models.CharField(max_length=64, blank=True)
    subject = models.CharField(max_length=128, blank=True)
    # Words, not JSON columns: a database that sorts or rounds JSON would change what was hashed.
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    purpose = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    previous = models.CharField(max_length=_HASH, unique=True)
    hash = models.CharField(max_length=_HASH, unique=True)

    class Meta:
        indexes = (
            *unit_indexes("audit_entry", "-number"),
            models.Index(fields=["act", "-number"], name="audit_entry_act_ix"),
            models.Index(fields=["staff_id", "act", "at"], name="audit_entry_staff_ix"),
            models.Index(fields=["kind", "subject", "-number"], name="audit_entry_subject_ix"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.act}"

    def as_record(self) -> records.Entry:
        """Return it as rules read it."""
        return records.Entry(**{name: getattr(self, name) for name in records.Entry.__slots__})
