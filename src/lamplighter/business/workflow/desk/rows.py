"""A store of instances in the desk's own rows: the state in one, each event in a row that is only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from lamplighter.business.workflow.desk.people import names_of
from lamplighter.business.workflow.instances import Instance
from lamplighter.business.workflow.records import Definition
from lamplighter.business.workflow.refusals import StaleInstance
from lamplighter.business.workflow.state_text import number_of, read_event
from lamplighter.business.workflow.stores import InstanceUnknown, load
from lamplighter.business.workflow.versions.library import LIBRARY


@dataclass(frozen=True)
class RowStore:
    """An ``InstanceStore`` whose instances are rows of one model and whose events rows of another.

    Args:
        name: of the subject; an instance's id is it and the row's number (``ticket-12``).
        rows: model with the columns ``instance`` (text) and ``instance_number``.
        events: model with ``number``, ``made_at``, ``by_id``, ``by_name``, ``kind`` and ``line``.
        subject: column of ``events`` that names the row.
    """

    name: str
    rows: Any
    events: Any
    subject: str

    def instance_id(self, number: int) -> str:
        """Return the id under which the chain of a row runs."""
        return f"{self.name}-{number}"

    def read(self, instance_id: str) -> str:
        found = self.rows.objects.filter(pk=self._number(instance_id)).values_list("instance", flat=True).first()
        if not found:
            raise InstanceUnknown(instance_id)
        return str(found)

    def write(self, instance_id: str, *, state: str, events: Sequence[str], replaces: int) -> None:
        number = self._number(instance_id)
        with transaction.atomic():
            rows = self.rows.objects.filter(pk=number, instance_number=replaces)
            # One statement: whoever comes second finds another number, whatever he read before.
            if not rows.update(instance=state, instance_number=number_of(state)):
                kept = self.rows.objects.filter(pk=number).values_list("instance_number", flat=True).first()
                raise StaleInstance(instance_id, seen=replaces, number=kept or 0)
            read = [(read_event(line), line) for line in events]
            names = names_of(event.by for event, _ in read)
            self.events.objects.bulk_create(
                self.events(
                    **{f"{self.subject}_id": number},
                    number=event.number,
                    made_at=event.at,
                    by_id=event.by,
                    by_name=names.get(event.by, event.by),
                    kind=event.kind.value,
                    line=line,
                )
                for event, line in read
            )

    def history(self, instance_id: str) -> Sequence[str]:
        rows = self.events.objects.filter(**{f"{self.subject}_id": self._number(instance_id)}, number__isnull=False)
        found = list(rows.order_by("number").values_list("line", flat=True))
        if not found:
            raise InstanceUnknown(instance_id)
        return found

    def load(self, number: int) -> tuple[Definition, Instance]:
        """Return the chain of a row with the definition it began with."""
        instance = load(self, self.instance_id(number), LIBRARY)
        return LIBRARY.definition(instance.process, instance.version, digest=instance.digest), instance

    def _number(self, instance_id: str) -> int:
        name, _, number = instance_id.rpartition("-")
        if name != self.name or not number.isdecimal():
            raise InstanceUnknown(instance_id)
        return int(number)
