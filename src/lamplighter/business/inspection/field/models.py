"""Field visits that were handed out, what came back, and the evidence chain of each case."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from lamplighter.base.security.kept import Kept
from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes
from lamplighter.business.inspection.models import SHA256_LENGTH, Case


class FieldVisit(Scoped):
    """A stop that was handed out to a crew. A plan that is changed later takes nothing back that was handed out.

    Attributes:
        members: the names its persons log in with.
        checks: codes of detection it was planned for.
    """

    visit_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="field_visits")
    on_date = models.DateField()
    crew = models.CharField(max_length=200)
    members = models.JSONField()
    checks = models.JSONField(default=list)
    handed_out_at = models.DateTimeField()

    class Meta:
        indexes = unit_indexes("field_visit", "on_date")
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "on_date", "crew"], name="field_visit_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.on_date} {self.crew}"


class FieldRecord(models.Model):
    """What one telephone hands in about a visit; its id is made there, so that a repeated message finds it again.

    Attributes:
        sheet, sheet_sha256: as it came, and the fingerprint of its bytes; None and empty before it has come.
        clock_offset_seconds: server's clock less the telephone's when the sheet came.
        whole_at: when sheet and every file it names were here.
        outcome: of the sheet.
        moved_at: when it moved its case; None where it did not, and ``unmoved`` says why: lacks, task, refused.
        lacks: what the sheet lacked, each with its step.
        said: the refusal of the case's process, in words.
    """

    record_id = models.UUIDField(primary_key=True, editable=False)
    visit = models.ForeignKey(FieldVisit, on_delete=models.PROTECT, related_name="records")
    by_id = models.CharField(max_length=ID_LENGTH)
    by_name = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    sheet = models.JSONField(null=True)
    sheet_sha256 = models.CharField(max_length=SHA256_LENGTH, blank=True)
    sheet_at = models.DateTimeField(null=True)
    clock_offset_seconds = models.FloatField(null=True)
    whole_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=32, blank=True)
    moved_at = models.DateTimeField(null=True)
    unmoved = models.CharField(max_length=16, blank=True)
    lacks = models.JSONField(default=list)
    said = models.TextField(blank=True)

    objects: ClassVar[models.Manager[FieldRecord]] = models.Manager()

    def __str__(self) -> str:
        return str(self.record_id)


class FieldItem(models.Model):
    """A file of a field record.

    Attributes:
        sha256: fingerprint at capture.
        media_type: by its first bytes; empty until it has come.
        shown_sha256: fingerprint of the copy that is shown, without EXIF; empty where there is none.
        why: why it was refused.
    """

    record = models.ForeignKey(FieldRecord, on_delete=models.PROTECT, related_name="items")
    item_id = models.UUIDField()
    sequence = models.IntegerField()
    sha256 = models.CharField(max_length=SHA256_LENGTH)
    size = models.BigIntegerField()
    state = models.CharField(max_length=16)
    why = models.CharField(max_length=32, blank=True)
    media_type = models.CharField(max_length=64, blank=True)
    shown_sha256 = models.CharField(max_length=SHA256_LENGTH, blank=True)
    arrived_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[FieldItem]] = models.Manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record", "item_id"], name="field_item_once"),
            models.UniqueConstraint(fields=["record", "sequence"], name="field_sequence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.sequence}"


class FieldExif(Kept):
    """What a camera wrote into a picture, apart from the picture: where and with what it was taken."""

    item = models.OneToOneField(FieldItem, on_delete=models.PROTECT, related_name="exif")
    content = models.JSONField()

    def __str__(self) -> str:
        return f"{self.item_id}"


class ChainLink(Kept):
    """A link of a case's evidence chain, see ``records.Link``."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="chain_links")
    number = models.IntegerField()
    record = models.ForeignKey(FieldRecord, on_delete=models.PROTECT, related_name="links")
    what = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=SHA256_LENGTH)
    previous = models.CharField(max_length=SHA256_LENGTH)
    hash = models.CharField(max_length=SHA256_LENGTH)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "number"], name="field_link_number")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number}"
