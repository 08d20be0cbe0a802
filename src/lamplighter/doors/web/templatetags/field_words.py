"""What came from the field, in words."""

from __future__ import annotations

from django import template

from lamplighter.base.messages import text
from lamplighter.business.inspection.field.arriving import sentence_of
from lamplighter.business.inspection.field.checklists import packaged_checklists
from lamplighter.business.inspection.field.queries import ItemView

register = template.Library()


@register.filter
def field_step(name: str) -> str:
    """Return the words of a step of the checklists; its id where today's do not know it.

    Example:
        >>> field_step("meter_face")
        'Meter face with its number'
    """
    step = packaged_checklists().steps.get(name)
    return step.say() if step else name


@register.filter
def field_list(name: str) -> str:
    """Return the words of a checklist; its name where today's do not know it.

    Example:
        >>> field_list("bypass")
        'Tap before the meter'
    """
    found = packaged_checklists().lists.get(name)
    return found.say() if found else name


@register.filter
def shows(item: ItemView) -> str:
    """Return what a file of a record shows."""
    if item.step:
        return field_step(item.step)
    return item.subject or text(f"field.kind.{item.kind or 'photo'}")


@register.filter
def why_refused(item: ItemView) -> str:
    """Return why a file was not taken in."""
    return sentence_of(item.why)
