"""Whether the evidence of cases is still what arrived: chains and files are read again from the first byte."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from lamplighter.base.security.actor import Actor
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.settings import Home
from lamplighter.business.inspection.desk_queries import seen_case
from lamplighter.business.inspection.field.queries import cases_with_chain, read_chain
from lamplighter.business.inspection.field.records import ChainState


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the evidence of a case was found."""

    case_no: str
    state: ChainState


def verify_case(*, actor: Actor, number: int, home: Home, now: dt.datetime) -> Verdict:
    """Read chain and files of a case again, and keep in the audit trail that it was done.

    Args:
        actor: who sees the case.
        number: of the case.
        home: where its files lie.
        now: the instant, with its zone.

    Raises:
        RightMissing, CaseUnknown: what the names say.
    """
    case = seen_case(actor, number)
    verdict = Verdict(case.case_no, read_chain(case.pk, home=home))
    record(
        act=Act.VERIFIED,
        by=actor,
        now=now,
        kind="field.chain",
        subject=case.pk,
        after={"links": verdict.state.links, "fault": verdict.state.fault or ""},
    )
    return verdict


def verify_every_case(*, home: Home) -> list[Verdict]:
    """Read the chains and files of all cases again, for whoever runs the machine.

    Args:
        home: where the files lie.
    """
    return [Verdict(case_no, read_chain(number, home=home)) for number, case_no in cases_with_chain()]
