"""What can be done to an instance: begin, complete, let a message or time arrive, suspend, resume, cancel.

Each takes the instance as it was and returns it as it is, with the events to append; nothing is stored here, and what
is refused has not happened. Timers that are due at ``now`` go first in every operation, so that it does not matter
whether anybody looked at the clock in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from lamplighter.business.workflow.expressions.deciding import ValueMissing, holds
from lamplighter.business.workflow.expressions.tree import Value
from lamplighter.business.workflow.forms import read_form
from lamplighter.business.workflow.instances import (
    Actor,
    EventKind,
    Instance,
    Paused,
    Status,
    Step,
    Surroundings,
)
from lamplighter.business.workflow.records import Definition, Label, UserTask
from lamplighter.business.workflow.refusals import (
    ConditionUndecided,
    DutiesNotSeparated,
    MessageNotAwaited,
    NotRunning,
    RequirementUnmet,
    RoleMissing,
    StaleInstance,
    SuspensionUnknown,
    TaskNotOpen,
)
from lamplighter.business.workflow.running import Run


def start(
    *,
    definition: Definition,
    instance_id: str,
    data: Mapping[str, object],
    by: Actor,
    now: dt.datetime,
    around: Surroundings,
) -> Step:
    """Begin an instance of a definition, which it keeps to its end.

    Args:
        definition: the version to run on.
        instance_id: id given by the caller.
        data: the form with which the process begins.
        by: who begins it.
        now: the instant, with its zone.
        around: calendar and services.

    Raises:
        RoleMissing: the person may not begin it.
        FormRefused: the form is not what the process asks for.
        ConditionUndecided: a condition before the first task needs what the form does not give.
    """
    _need_role(definition.label, by, definition.start_roles)
    blank = Instance(
        id=instance_id,
        process=definition.name,
        version=definition.version,
        digest=definition.digest,
        status=Status.RUNNING,
        number=0,
        state="",
        data={},
        duties={},
        opened={},
        paused=None,
        tokens=(),
    )
    values = read_form(definition.start_fields, data, form=definition.label.spoken(), by=by.id)
    run = Run(definition, blank, now=now, around=around)
    run.note(EventKind.STARTED, definition.name, by=by.id, data=values)
    run.fill_in(definition.start_fields, values)
    with run.moving() as engine:
        engine.run()
    return run.step()


def complete(
    *,
    definition: Definition,
    instance: Instance,
    task: str,
    data: Mapping[str, object],
    by: Actor,
    now: dt.datetime,
    seen: int,
    around: Surroundings,
) -> Step:
    """Complete an open task with what was filled into its form.

    Args:
        definition: the one the instance began with.
        instance: as it was.
        task: id of the open task.
        data: its form.
        by: who completes it.
        now: the instant, with its zone.
        seen: ``instance.number`` as that person saw it.
        around: calendar and services.

    Raises:
        StaleInstance: somebody else was faster.
        NotRunning: the instance is suspended or over.
        TaskNotOpen: the task may not be done now.
        RoleMissing: the person has none of its roles.
        FormRefused: the form is not what the task asks for.
        DutiesNotSeparated: the person, or a colleague named in the form, has a duty that is kept apart from this one.
        RequirementUnmet: what the task requires does not hold.
        ConditionUndecided: the way on depends on what nobody has filled in.
    """
    run = _run_of(definition, instance, now=now, seen=seen, around=around)
    with run.moving() as engine:
        engine.run()
    open_tasks = engine.open_tasks()
    if task not in open_tasks:
        raise TaskNotOpen(task, instance=instance, open_tasks=open_tasks)
    todo = definition.tasks[task]
    _need_role(todo.label, by, todo.roles)
    values = read_form(todo.fields, data, form=todo.label.spoken(), by=by.id)
    duties = _duties_after(definition, instance, todo, values, by)
    run.fill_in(todo.fields, values)
    _need_requirements(todo, run)
    run.note(EventKind.COMPLETED, task, by=by.id, data=values)
    with run.moving():
        engine.complete(task)
    return run.step(duties=duties)


def deliver(
    *,
    definition: Definition,
    instance: Instance,
    message: str,
    data: Mapping[str, object],
    by: Actor,
    now: dt.datetime,
    around: Surroundings,
) -> Step:
    """Let a message arrive for which the instance waits. Messages come by themselves, so nobody has *seen* a number.

    Raises:
        NotRunning, RoleMissing, FormRefused, ConditionUndecided: as in :func:`complete`.
        MessageNotAwaited: the instance does not wait for it now.
    """
    run = _run_of(definition, instance, now=now, seen=instance.number, around=around)
    with run.moving() as engine:
        engine.run()
    awaited = [
        wait for wait in definition.messages.values() if wait.message == message and wait.id in engine.waiting_events()
    ]
    if not awaited:
        raise MessageNotAwaited(message, instance=instance)
    _need_role(awaited[0].label, by, awaited[0].roles)
    values = read_form(awaited[0].fields, data, form=awaited[0].label.spoken(), by=by.id)
    run.note(EventKind.MESSAGE, awaited[0].id, by=by.id, data=values)
    run.fill_in(awaited[0].fields, values)
    with run.moving():
        engine.deliver(message)
    return run.step()


def advance(*, definition: Definition, instance: Instance, now: dt.datetime, around: Surroundings) -> Step:
    """Let time arrive: whatever timer is due at ``now`` fires. Nothing happens to an instance that does not run.

    Returns:
        A step without events when nothing was due.
    """
    if instance.status is not Status.RUNNING:
        return Step(instance, ())
    run = _run_of(definition, instance, now=now, seen=instance.number, around=around)
    with run.moving() as engine:
        engine.run()
    step = run.step()
    return step if step.events else Step(instance, ())


def suspend(
    *,
    definition: Definition,
    instance: Instance,
    suspension: str,
    by: Actor,
    now: dt.datetime,
    seen: int,
    around: Surroundings,
) -> Step:
    """Let an instance stand still for a reason that its process provides for: no task can be done, no time passes.

    Raises:
        SuspensionUnknown: the process does not provide for it.
        StaleInstance, NotRunning, RoleMissing: as in :func:`complete`.
    """
    run = _run_of(definition, instance, now=now, seen=seen, around=around)
    reason = definition.suspensions.get(suspension)
    if reason is None:
        raise SuspensionUnknown(suspension, known=definition.suspensions)
    _need_role(reason.label, by, reason.roles)
    with run.moving() as engine:
        engine.run()
    run.note(EventKind.SUSPENDED, suspension, by=by.id)
    # A timer that fired at this very instant may have ended it: then there is nothing left to suspend.
    if engine.is_finished:
        raise NotRunning(replace(instance, status=Status.FINISHED), needed=Status.RUNNING)
    return run.step(status=Status.SUSPENDED, paused=Paused(suspension, run.now))


def resume(
    *,
    definition: Definition,
    instance: Instance,
    data: Mapping[str, object],
    by: Actor,
    now: dt.datetime,
    seen: int,
    around: Surroundings,
) -> Step:
    """Let a suspended instance go on where it stood; what was left of each deadline is left again.

    Args:
        data: the form of the suspension, for example what the opinion says.
        definition, instance, by, now, seen, around: as in :func:`complete`.

    Raises:
        NotRunning: it is not suspended.
        StaleInstance, RoleMissing, FormRefused: as in :func:`complete`.
    """
    if seen != instance.number:
        raise StaleInstance(instance.id, seen=seen, number=instance.number)
    if instance.paused is None:
        raise NotRunning(instance, needed=Status.SUSPENDED)
    reason = definition.suspensions[instance.paused.suspension]
    run = Run(definition, instance, now=now, around=around)
    _need_role(reason.label, by, reason.roles)
    values = read_form(reason.fields, data, form=reason.label.spoken(), by=by.id)
    run.note(EventKind.RESUMED, reason.name, by=by.id, data=values)
    run.fill_in(reason.fields, values)
    return run.step(opened=run.opened_after_pause(instance.paused))


def cancel(
    *,
    definition: Definition,
    instance: Instance,
    reason: str,
    by: Actor,
    now: dt.datetime,
    seen: int,
    around: Surroundings,
) -> Step:
    """End an instance before its end, running or suspended; the reason stays in its history.

    Raises:
        StaleInstance, RoleMissing: as in :func:`complete`.
        NotRunning: it is over already.
    """
    if seen != instance.number:
        raise StaleInstance(instance.id, seen=seen, number=instance.number)
    if instance.status not in (Status.RUNNING, Status.SUSPENDED):
        raise NotRunning(instance, needed=Status.RUNNING)
    _need_role(definition.label, by, definition.cancel_roles)
    run = Run(definition, instance, now=now, around=around)
    run.note(EventKind.CANCELLED, definition.name, by=by.id, data={"reason": reason})
    return run.step(status=Status.CANCELLED)


def _run_of(definition: Definition, instance: Instance, *, now: dt.datetime, seen: int, around: Surroundings) -> Run:
    if seen != instance.number:
        raise StaleInstance(instance.id, seen=seen, number=instance.number)
    if instance.status is not Status.RUNNING:
        raise NotRunning(instance, needed=Status.RUNNING)
    return Run(definition, instance, now=now, around=around)


def _need_role(what: Label, by: Actor, roles: tuple[str, ...]) -> None:
    if not by.roles.intersection(roles):
        raise RoleMissing(what, by=by.id, roles=roles)


def _need_requirements(task: UserTask, run: Run) -> None:
    try:
        unmet = tuple(each.label for each in task.requirements if not holds(each.that, run.data))
    except ValueMissing as missing:
        raise ConditionUndecided(missing.name, instance_id=run.before.id, data=run.data) from missing
    if unmet:
        raise RequirementUnmet(task.label, unmet)


def _duties_after(
    definition: Definition, instance: Instance, task: UserTask, values: Mapping[str, Value], by: Actor
) -> dict[str, tuple[str, ...]]:
    """Return who has which duty once the task is done; refuse one person with two that are kept apart."""
    taken = [(task.duty, by.id)] if task.duty else []
    taken += [(field.duty, str(values[field.name])) for field in task.fields if field.duty and field.name in values]
    duties = dict(instance.duties)
    for duty, person in taken:
        duties[duty] = tuple(sorted({*duties.get(duty, ()), person}))
    for duty, person in taken:
        for separation in definition.separations:
            for other in separation.duties:
                if duty in separation.duties and other != duty and person in duties.get(other, ()):
                    raise DutiesNotSeparated(person, duty=duty, other=other, source=separation.source)
    return dict(sorted(duties.items()))
