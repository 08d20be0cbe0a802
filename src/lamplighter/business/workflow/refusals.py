"""Why something may not be done to an instance. Nothing has happened when one of these is raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.workflow.instances import Instance, Status
from lamplighter.business.workflow.records import Definition, Label


class DefinitionDiffers(LamplighterError):
    """An instance was to go on with another definition than the one it began with."""

    def __init__(self, instance: Instance, definition: Definition) -> None:
        self.instance, self.given = instance.id, (definition.name, definition.version, definition.digest)
        wanted = f"{instance.process} {instance.version} ({instance.digest[:12]})"
        given = f"{definition.name} {definition.version} ({definition.digest[:12]})"
        super().__init__(text("workflow.refusal.definition", instance=instance.id, wanted=wanted, given=given))


class StaleInstance(LamplighterError):
    """Somebody else was faster: the instance has changed since it was looked at."""

    def __init__(self, instance_id: str, *, seen: int, number: int) -> None:
        self.instance, self.seen, self.number = instance_id, seen, number
        super().__init__(text("workflow.refusal.stale", instance=instance_id, seen=seen, number=number))


class NotRunning(LamplighterError):
    """The instance is suspended or over."""

    def __init__(self, instance: Instance, *, needed: Status) -> None:
        self.instance, self.status = instance.id, instance.status
        sentence = "not_suspended" if needed is Status.SUSPENDED else f"is_{instance.status}"
        super().__init__(text(f"workflow.refusal.{sentence}", instance=instance.id))


class TaskNotOpen(LamplighterError):
    """A task may not be done now; ``open`` may."""

    def __init__(self, task: str, *, instance: Instance, open_tasks: Iterable[str]) -> None:
        self.task, self.open = task, tuple(open_tasks)
        listed = ", ".join(self.open) or "–"
        super().__init__(text("workflow.refusal.not_open", task=task, instance=instance.id, open=listed))


class MessageNotAwaited(LamplighterError):
    """The instance does not wait for a message of this name now."""

    def __init__(self, message: str, *, instance: Instance) -> None:
        self.message = message
        super().__init__(text("workflow.refusal.message", message=message, instance=instance.id))


class RoleMissing(LamplighterError):
    """The person has none of the roles that this needs."""

    def __init__(self, what: Label, *, by: str, roles: tuple[str, ...]) -> None:
        self.by, self.roles = by, roles
        listed = ", ".join(roles) or "–"
        super().__init__(text("workflow.refusal.role", what=what.spoken(), by=by, roles=listed))


class DutiesNotSeparated(LamplighterError):
    """One person would take on two duties that are kept apart."""

    def __init__(self, person: str, *, duty: str, other: str, source: str) -> None:
        self.person, self.duty, self.other = person, duty, other
        super().__init__(text("workflow.refusal.duties", person=person, duty=duty, other=other, source=source))


class RequirementUnmet(LamplighterError):
    """What a task requires does not hold."""

    def __init__(self, task: Label, unmet: tuple[Label, ...]) -> None:
        self.unmet = unmet
        lines = "\n".join(f"- {label.spoken()}" for label in unmet)
        super().__init__(text("workflow.refusal.requirement", task=task.spoken(), count=len(unmet)) + "\n" + lines)


class ConditionUndecided(LamplighterError):
    """A condition on the way needs a value that nobody has filled in."""

    def __init__(self, name: str, *, instance_id: str, data: Mapping[str, object]) -> None:
        self.name = name
        super().__init__(text("workflow.refusal.undecided", name=name, instance=instance_id, known=len(data)))


class SuspensionUnknown(LamplighterError):
    """The process does not provide for standing still for this reason."""

    def __init__(self, name: str, *, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(text("workflow.refusal.suspension", name=name, known=", ".join(known) or "–"))


class HistoryDiffers(LamplighterError):
    """A history does not come out the way it was written down."""

    def __init__(self, number: int, *, instance_id: str) -> None:
        self.number = number
        super().__init__(text("workflow.refusal.history", number=number, instance=instance_id))
