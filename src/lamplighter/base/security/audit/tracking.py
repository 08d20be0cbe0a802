"""Rows whose every change stands in the trail, field by field: `track` a model once, where the program starts.

What is written around ``save`` and ``delete`` (``update``, ``bulk_create``, SQL) sends no signal: an operation that
writes so calls `recording.record` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db.models import Manager, Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.utils import timezone

from lamplighter.base.security.audit.recording import current_standing, record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.audit.rules import changed_fields

_BEFORE = "_audit_before"


def hide(word: str) -> str:
    """Return nothing of a word: that it was changed is all the trail shall know.

    Example:
        >>> hide("argon2$...")
        '***'
    """
    return "***"


def track(
    model: type[Model],
    *,
    masks: Mapping[str, Callable[[str], str]] | None = None,
    without: Collection[str] = (),
    many: Collection[str] = (),
) -> None:
    """Record every row of a model that is made, changed or removed.

    Args:
        model: the model.
        masks: personal or secret fields -> what masks their words.
        without: fields nobody asks about, such as the time of the last log-in.
        many: many-to-many fields recorded as well.
    """
    kind, covers = model._meta.label_lower, masks or {}

    def fields_of(row: Model) -> dict[str, Any]:
        return {
            field.attname: field.value_to_string(row) if getattr(row, field.attname) is not None else None
            for field in model._meta.concrete_fields
            if field.name not in without
        }

    def stored(row: Model) -> dict[str, Any]:
        found = model._default_manager.filter(pk=row.pk).first() if row.pk is not None else None
        return fields_of(found) if found else {}

    def write(act: Act, row: Model, before: dict[str, Any], after: dict[str, Any]) -> None:
        was, becomes = changed_fields(before, after, masks=covers)
        if was or becomes:
            by = current_standing().actor()
            record(act=act, by=by, now=timezone.now(), kind=kind, subject=row.pk, before=was, after=becomes)

    def about_to_save(sender: object, instance: Model, raw: bool = False, **_: object) -> None:
        setattr(instance, _BEFORE, {} if raw else stored(instance))

    def saved(sender: object, instance: Model, created: bool, raw: bool = False, **_: object) -> None:
        before = instance.__dict__.pop(_BEFORE, {})
        # What is stored, not what the instance holds: with ``update_fields`` the two differ.
        if not raw:
            write(Act.CREATED if created else Act.CHANGED, instance, before, stored(instance))

    def about_to_delete(sender: object, instance: Model, **_: object) -> None:
        setattr(instance, _BEFORE, stored(instance))

    def deleted(sender: object, instance: Model, **_: object) -> None:
        write(Act.DELETED, instance, instance.__dict__.pop(_BEFORE, {}), {})

    label = f"audit:{kind}"
    pre_save.connect(about_to_save, sender=model, weak=False, dispatch_uid=label)
    post_save.connect(saved, sender=model, weak=False, dispatch_uid=label)
    pre_delete.connect(about_to_delete, sender=model, weak=False, dispatch_uid=label)
    post_delete.connect(deleted, sender=model, weak=False, dispatch_uid=label)
    for name in many:
        _track_many(model, name, write)


def _track_many(
    model: type[Model], name: str, write: Callable[[Act, Model, dict[str, Any], dict[str, Any]], None]
) -> None:
    def members(row: Model) -> list[str]:
        related: Manager[Model] = getattr(row, name)
        return sorted(str(member) for member in related.all())

    def changed(sender: object, instance: Model, action: str, reverse: bool, **_: object) -> None:
        # Changed from the other side (``group.user_set``) the instance is the group: recorded as its own change.
        if reverse:
            return
        if action.startswith("pre_"):
            setattr(instance, _BEFORE + name, members(instance))
        elif action.startswith("post_"):
            before = instance.__dict__.pop(_BEFORE + name, [])
            write(Act.CHANGED, instance, {name: before}, {name: members(instance)})

    through = getattr(model, name).through
    m2m_changed.connect(changed, sender=through, weak=False, dispatch_uid=f"audit:{model._meta.label_lower}.{name}")
