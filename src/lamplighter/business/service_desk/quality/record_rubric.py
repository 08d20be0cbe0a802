"""Rubrics of what is written down rather than said, tickets and site records; and which rubric a contact has."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from lamplighter.business.service_desk.quality.rubric import Item, Pattern, Rubric, any_of, packaged_rubric

TICKET: Final = "ticket"
SITE_RECORD: Final = "site_record"


@dataclass(frozen=True)
class RecordRubric:
    """What a good record is.

    Attributes:
        version, valid_from, source, evidence: of the data; each item has its own source and grade beside.
        items: by code.
        limits: figures the checks need, by name.
        words: by name, any of them.
        intents: what a customer wants -> classes it may be taken down in; empty for site records.
    """

    version: str
    valid_from: dt.date
    source: str
    evidence: str
    items: Mapping[str, Item]
    limits: Mapping[str, float]
    words: Mapping[str, Pattern]
    intents: Mapping[str, frozenset[str]]

    def points(self, check: str) -> float:
        """Return what a breach of a check costs, by its full code such as ``ticket_promise.late``."""
        group, _, name = check.partition(".")
        return float(self.items[group].checks[name])


@cache
def record_rubric(kind: str) -> RecordRubric:
    """Return the rubric of the package for a kind of record.

    Example:
        >>> rubric = record_rubric(TICKET)
        >>> sum(item.weight for item in rubric.items.values()), rubric.points("ticket_reply.unsupported")
        (100.0, 10.0)
    """
    content = resources.files(__package__).joinpath(f"{kind}_rubric.toml").read_text(encoding="utf-8")
    read: dict[str, Any] = tomllib.loads(content)
    return RecordRubric(
        version=read["version"],
        valid_from=read["valid_from"],
        source=read["source"],
        evidence=read["evidence"],
        items={
            row["code"]: Item(row["code"], float(row["weight"]), row["checks"], row["source"], row["evidence"])
            for row in read["item"]
        },
        limits={name: float(value) for name, value in read["limits"].items()},
        words={name: any_of(words) for name, words in read["words"].items()},
        intents={intent: frozenset(classes) for intent, classes in read.get("intents", {}).items()},
    )


_OF: Final = (TICKET, SITE_RECORD)


def rubric_of(channel: str) -> Rubric | RecordRubric:
    """Return what a contact of a channel is held to: records have a rubric of their own, all else the conversations'.

    Example:
        >>> list(rubric_of("call").items)[0], list(rubric_of("ticket").items)[0]
        ('opening', 'ticket_class')
    """
    return record_rubric(channel) if channel in _OF else packaged_rubric()


@cache
def every_item() -> Mapping[str, Item]:
    """Return the items of all rubrics by code, those of conversations first; a code stands in one of them only."""
    found = dict(packaged_rubric().items)
    for kind in _OF:
        found |= record_rubric(kind).items
    return found
