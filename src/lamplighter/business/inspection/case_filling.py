"""What the desk fills into a task by itself: hashes of what is kept, proof of service, the newest calculation.

Nobody types a hash or copies an amount: what the chain records is what lies in the case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.outbox.records import ProofKind
from lamplighter.base.security.actor import Actor
from lamplighter.business.inspection.case_serving import SERVED_BY, newest_proof
from lamplighter.business.inspection.models import Amount, Case
from lamplighter.business.inspection.records.amounts import AmountKind, Direction
from lamplighter.business.inspection.records.facts import MeteringErrorKind
from lamplighter.business.inspection.records.notices import DocumentKind
from lamplighter.business.workflow.instances import EventKind
from lamplighter.business.workflow.state_text import read_event

CALCULATING: Final[Mapping[str, tuple[AmountKind, ...]]] = {
    "calculate": (AmountKind.THEFT, AmountKind.BREACH),
    "recalculate": (AmountKind.THEFT, AmountKind.BREACH),
    "settle_fault": (AmountKind.METERING_ERROR,),
}
"""Tasks that rest on a calculation, and of which kind it is."""

_CLAIM = (
    "energy_kwh",
    "fee_yuan",
    "penalty_yuan",
    "total_yuan",
    "is_multiple_reduced",
    "reduction_reason",
    "calculation_hash",
)
FILLED: Final[Mapping[str, tuple[str, ...]]] = {
    "fix_evidence": ("evidence_hash",),
    "serve_notice": ("notice_no", "served_on", "served_by"),
    "calculate": _CLAIM,
    "recalculate": _CLAIM,
    "settle_fault": ("fault_rule", "settlement_kwh", "settlement_yuan"),
    "archive": ("archive_hash",),
}
"""Fields of each task that the desk fills in."""

_FAULT_RULES: Final = {
    MeteringErrorKind.ERROR: "ME-1",
    MeteringErrorKind.VOLTAGE_DROP: "ME-2",
    MeteringErrorKind.OTHER: "ME-3",
    MeteringErrorKind.WIRING: "ME-4",
    MeteringErrorKind.FUSE: "ME-5",
    MeteringErrorKind.RATIO: "ME-6",
}


class NotReady(LamplighterError):
    """A task needs something in the case first; ``need`` is evidence, notice, proof or amount."""

    def __init__(self, need: str) -> None:
        self.need = need
        super().__init__(text(f"cases.need.{need}"))


def fill_in(case: Case, task: str, *, actor: Actor) -> dict[str, object]:
    """Return what the desk fills into a task.

    Args:
        case: the case.
        task: id of the task.
        actor: who is to complete it: a calculation counts only for whoever made it.

    Raises:
        NotReady: what it rests on is not in the case yet.
    """
    match task:
        case "fix_evidence":
            found = list(case.files.order_by("pk").values_list("sha256", flat=True))
            if not found:
                raise NotReady("evidence")
            return {"evidence_hash": hash_of_all(found)}
        case "serve_notice":
            notice = case.notices.filter(kind=DocumentKind.VIOLATION_NOTICE.value).order_by("pk").last()
            if notice is None:
                raise NotReady("notice")
            proof = newest_proof(notice)
            if proof is None:
                raise NotReady("proof")
            return {
                "notice_no": notice.number,
                "served_on": proof.served_on,
                "served_by": SERVED_BY[ProofKind(proof.kind)],
            }
        case "calculate" | "recalculate" | "settle_fault":
            return _figures(newest_amount(case, task, actor=actor))
        case "archive":
            return {"archive_hash": hash_of_all(_everything(case))}
    return {}


def newest_amount(case: Case, task: str, *, actor: Actor) -> Amount:
    """Return the calculation a task would be completed with: the newest of its kind since the last one was used.

    Raises:
        NotReady: there is none, or somebody else made it.
    """
    kinds = [kind.value for kind in CALCULATING[task]]
    found: Amount | None = case.amounts.filter(kind__in=kinds).order_by("pk").last()
    used = [
        event.at
        for event in (read_event(row.line) for row in case.events.filter(kind=EventKind.COMPLETED.value))
        if event.element in CALCULATING
    ]
    if found is None or (used and found.made_at <= max(used)):
        raise NotReady("amount")
    if found.by_id != str(actor.staff_id):
        raise NotReady("own_amount")
    return found


def _figures(amount: Amount) -> dict[str, object]:
    if amount.kind == AmountKind.METERING_ERROR.value:
        sign = -1 if amount.direction == Direction.REFUND.value else 1
        return {
            "fault_rule": _FAULT_RULES[MeteringErrorKind(amount.facts["kind"])],
            "settlement_kwh": sign * abs(amount.energy_kwh or Decimal(0)),
            "settlement_yuan": sign * amount.total_yuan,
        }
    return {
        # A penalty by capacity or by occasion rests on no energy.
        "energy_kwh": amount.energy_kwh or 0,
        "fee_yuan": amount.fee_yuan,
        "penalty_yuan": amount.penalty_yuan,
        "total_yuan": amount.total_yuan,
        "is_multiple_reduced": amount.is_multiple_reduced,
        "reduction_reason": str(amount.facts.get("multiple_reason", "")),
        "calculation_hash": amount.sha256,
    }


def _everything(case: Case) -> list[str]:
    """Return what is filed: history, files, calculations and papers, in the order they came."""
    lines = case.events.order_by("pk").values_list("line", "words")
    return [
        *(f"{line}{words}" for line, words in lines),
        *(
            sha256
            for rows in (case.files, case.amounts, case.notices)
            for sha256 in rows.order_by("pk").values_list("sha256", flat=True)
        ),
    ]


def hash_of_all(parts: Iterable[str]) -> str:
    """Return the SHA-256 of texts, one a line.

    Example:
        >>> hash_of_all(["a", "b"])[:12]
        '7e18f737311b'
    """
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()
