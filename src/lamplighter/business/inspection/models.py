"""Cases on the desk: the row of lists, the chain's own text, and what is only ever added to: events, files, papers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.kept import Kept
from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes
from lamplighter.business.workflow.desk.events import MatterEvent

SHA256_LENGTH = 64


class Case(Scoped):
    """An inspection case. What it holds and where it stands is the workflow's text; lists read the rest.

    Attributes:
        case_no: number people quote.
        suspicion_number: the suspicion it came from; its evidence stands in ``evidence`` as it was at acceptance, since
            the suspicion itself changes every night.
        process, process_version: definition it began with and keeps.
        instance, instance_number: the workflow's text, and the number of its last event.
        state: state reached last; ``status`` running, suspended, finished or cancelled.
        due_at: earliest deadline of what is open; None without one.
        is_due_provisional: a deadline in it was counted on holidays that are not announced yet.
        outcome: what the visit found, as the process names it; empty before it.
        finder, calculator, approver: who holds each duty, names.
        outcome_written_at: when the outcome reached the lake; None before.
        inspected_on: day of the last visit; None before it.
        objection_result, objection_at: what became of an objection, as the process names it, and when; empty and None
            while there is none.
        energy_kwh, fee_yuan: of the calculation that holds.
        paid_yuan, paid_on: what came in, and when.
        stake_kwh: kWh a month the list expected when the case was opened; None = unknown.
    """

    case_no = models.CharField(max_length=ID_LENGTH, unique=True)
    account_id = models.CharField(max_length=ID_LENGTH, db_index=True)
    meter_id = models.CharField(max_length=ID_LENGTH, blank=True)
    area_id = models.CharField(max_length=ID_LENGTH, blank=True)
    area_name = models.CharField(max_length=200, blank=True)
    station_name = models.CharField(max_length=200, blank=True)
    customer_class = models.CharField(max_length=32, blank=True)
    is_protected = models.BooleanField(default=False)
    suspicion_number = models.BigIntegerField(null=True)
    evidence = models.JSONField(default=dict)
    process = models.CharField(max_length=64)
    process_version = models.IntegerField()
    instance = models.TextField()
    instance_number = models.IntegerField(default=0)
    state = models.CharField(max_length=32)
    status = models.CharField(max_length=16)
    due_at = models.DateTimeField(null=True)
    is_due_provisional = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=32, blank=True)
    finder = models.CharField(max_length=300, blank=True)
    calculator = models.CharField(max_length=300, blank=True)
    approver = models.CharField(max_length=300, blank=True)
    outcome_written_at = models.DateTimeField(null=True)
    inspected_on = models.DateField(null=True)
    objection_result = models.CharField(max_length=16, blank=True)
    objection_at = models.DateTimeField(null=True)
    energy_kwh = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    fee_yuan = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    paid_yuan = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    paid_on = models.DateField(null=True)
    stake_kwh = models.FloatField(null=True)

    class Meta:
        indexes = (
            # The list's own order, whole: a page far down is found without sorting what comes before it.
            *unit_indexes("inspection_case_d", "due_at", "-opened_at", "id"),
            *unit_indexes("inspection_case_s", "status", "due_at", "-opened_at", "id"),
            # Few cases have either: the pages that add them up must not read the others.
            models.Index(fields=["paid_on"], name="inspection_case_paid_ix", condition=models.Q(paid_on__isnull=False)),
            models.Index(
                fields=["objection_at"],
                name="inspection_case_objection_ix",
                condition=models.Q(objection_at__isnull=False),
            ),
            # A station is sorted in passing; a province is read in the order asked for, until a page is full.
            models.Index(fields=["opened_at"], name="inspection_case_opened_ix"),
            models.Index(fields=["area_name"], name="inspection_case_area_ix"),
            models.Index(fields=["area_id"], name="inspection_case_areaid_ix"),
            # A search asks for area or meter or number: one without an index, and every case is read.
            models.Index(fields=["meter_id"], name="inspection_case_meter_ix"),
            models.Index(fields=["state"], name="inspection_case_state_ix"),
        )
        constraints: ClassVar = [
            # Two people who accept the same suspicion at once open one case.
            models.UniqueConstraint(
                fields=["account_id"], condition=models.Q(closed_at=None), name="inspection_one_open"
            )
        ]

    def __str__(self) -> str:
        return self.case_no


class CaseEvent(MatterEvent):
    """Something that happened to a case; beside the chain a comment, evidence, an amount, a notice."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "number"], name="inspection_event_number")]
        indexes: ClassVar = [models.Index(fields=["case", "made_at"], name="inspection_event_at_ix")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number} {self.kind}"


class FigureChange(models.Model):
    """A figure a case was opened with, and what a later night says of it; the case keeps the former.

    Attributes:
        name: expected_kwh, theft_probability, colour, area_unexplained_kwh, or listed.
        was, is_now: figures as text; empty = not known.
        since_on: first night that said it.
        noted_at: when it was noted.
        because: late_data, more_days, model, unlisted or archive; several joined by ``;``.
        first_on, last_on: days whose readings came or changed after the case was opened; None where none did.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="figure_changes")
    name = models.CharField(max_length=32)
    was = models.CharField(max_length=64, blank=True)
    is_now = models.CharField(max_length=64, blank=True)
    since_on = models.DateField()
    noted_at = models.DateTimeField()
    because = models.CharField(max_length=64)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)

    objects: ClassVar[models.Manager[FigureChange]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "name"], name="inspection_figure_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.name} {self.was} → {self.is_now}"

    @property
    def codes(self) -> list[str]:
        """What it changed because of, one code each."""
        return self.because.split(";")


class Evidence(Kept):
    """A file that proves something; its bytes lie in the home under their SHA-256."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=16)
    subject = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=SHA256_LENGTH)
    media_type = models.CharField(max_length=64)
    size = models.BigIntegerField()

    class Meta:
        # The same file twice is one piece of evidence, however often the button was pressed.
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "sha256"], name="inspection_file_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.sha256[:12]}"


class Amount(Kept):
    """A calculation as it was made: facts, choices, law version, lines. A later one replaces none."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="amounts")
    kind = models.CharField(max_length=32)
    facts = models.JSONField(default=dict)
    chosen = models.JSONField(default=dict)
    governed_on = models.DateField()
    law_version = models.CharField(max_length=64)
    direction = models.CharField(max_length=16)
    energy_kwh = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    fee_yuan = models.DecimalField(max_digits=18, decimal_places=2)
    penalty_yuan = models.DecimalField(max_digits=18, decimal_places=2)
    total_yuan = models.DecimalField(max_digits=18, decimal_places=2)
    is_multiple_reduced = models.BooleanField()
    lines = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    sha256 = models.CharField(max_length=SHA256_LENGTH)

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.total_yuan}"


class Notice(Kept):
    """A paper as it was printed: number, content, fingerprint; its PDF lies in the home under its number."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=32)
    number = models.CharField(max_length=ID_LENGTH, unique=True)
    content = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=SHA256_LENGTH)

    def __str__(self) -> str:
        return self.number
