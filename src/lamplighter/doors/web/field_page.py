"""What the page of a case shows of the field: records, their files, and whether the chain is whole."""

from __future__ import annotations

from typing import Any

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor
from lamplighter.business.inspection.field.queries import list_records, read_chain


def field_of(actor: Actor, number: int) -> dict[str, Any] | None:
    """Return what the field handed in about a case the actor sees; None where nothing came.

    Args:
        actor: who reads.
        number: of the case.
    """
    records = list_records(actor=actor, number=number)
    if not records:
        return None
    chain = read_chain(number)
    broken = text(f"field.fault.{chain.fault}", link=chain.at) if chain.fault else ""
    return {"records": records, "chain": chain, "broken": broken}
