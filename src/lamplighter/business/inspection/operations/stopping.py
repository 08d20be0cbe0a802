"""The guards of a stop of supply, from what the case's history says and what is stated when the stop is recorded."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor
from lamplighter.business.inspection.case_guards import STATED, plan_stop
from lamplighter.business.inspection.models import Case, CaseEvent
from lamplighter.business.inspection.records.stopping import StopDecision
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.inspection.rules.law import load_law
from lamplighter.business.inspection.rules.stopping import check_stop
from lamplighter.business.workflow.instances import Instance


class GuardsMissing(LamplighterError):
    """Supply may not be stopped: guards fail or are unknown."""

    def __init__(self, decision: StopDecision) -> None:
        self.decision = decision
        missing = "\n".join(
            f"- {text(f'inspection.guard.{guard.name}')}: {guard.why.say()}" for guard in decision.missing
        )
        super().__init__(text("cases.error.guards_missing", count=len(decision.missing)) + "\n" + missing)


def require_guards(
    case: Case, instance: Instance, data: Mapping[str, object], *, now: dt.datetime
) -> tuple[StopDecision, dict[str, object]]:
    """Return the guards of a stop made now, and what of the form is the chain's own.

    Raises:
        GuardsMissing: one of them does not hold.
    """
    decision = check_stop(plan_stop(case, instance, data, now=now), law=load_law(on=now.astimezone(CHINA).date()))
    if not decision.may_stop:
        raise GuardsMissing(decision)
    return decision, {name: value for name, value in data.items() if name not in STATED}


def keep_guards(case: Case, decision: StopDecision, *, actor: Actor, now: dt.datetime) -> None:
    """Keep with which guards a stop was made."""
    said = [
        {"guard": guard.name, "state": guard.state.value, "rule": guard.rule.rule_id, "version": guard.rule.version}
        for guard in decision.guards
    ]
    CaseEvent.objects.create(
        case=case,
        kind="guards",
        line=json.dumps(said, ensure_ascii=False),
        made_at=now,
        by_id=str(actor.staff_id),
        by_name=actor.name,
    )
