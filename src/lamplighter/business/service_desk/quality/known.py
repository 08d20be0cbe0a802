"""What service knew on the day of a contact, made ready to be held against what was said."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lamplighter.business.service_desk.figures import Said, figures_in, spell_figure
from lamplighter.business.service_desk.knowledge.graph import UNCERTAIN, Edge, in_force, packaged_edges

_DAYS_KEPT = 64
"""Of what was known; contacts of one run are of few days, and of fewer states of knowledge."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule as conversations state it.

    Attributes:
        about: what a sentence about it looks like.
        figures: the values it then states, one of them at least; ``written`` as they are said.
        edge: where it stands.
    """

    about: re.Pattern[str]
    figures: tuple[Said, ...]
    edge: Edge


@dataclass(frozen=True, eq=False)
class Known:
    """What is true of the rules for one contact.

    Attributes:
        rules: those conversations state figures of. What the package only takes for usual is none; what the company
            approved is.
        figures: value and unit of every figure service could name, whatever its grade.
    """

    rules: tuple[Rule, ...]
    figures: frozenset[tuple[str, str]]


def known_on(day: dt.date, edges: Iterable[Edge] | None = None) -> Known:
    """Return what was known on a day.

    Args:
        day: of the contact, on the company's clock.
        edges: of all days; the package's when absent.

    Example:
        >>> known = known_on(dt.date(2026, 3, 2))
        >>> ("24", "hour") in known.figures
        True
    """
    return _known(in_force(packaged_edges() if edges is None else edges, on_date=day))


@lru_cache(maxsize=_DAYS_KEPT)
def _known(edges: tuple[Edge, ...]) -> Known:
    said = (figure for edge in edges for figure in edge.values)
    return Known(
        rules=tuple(
            Rule(re.compile(says.words), _figures(edge, says.of), edge)
            for edge in edges
            if edge.values and (edge.is_company_own or edge.grade not in UNCERTAIN)
            for says in edge.says
        ),
        figures=frozenset((each.value, each.unit) for figure in said for each in figures_in(spell_figure(figure))),
    )


def _figures(edge: Edge, names: Sequence[str]) -> tuple[Said, ...]:
    # The company may have given a value another name: then any of its values will do.
    stated = [figure for figure in edge.values if figure.name in names] or edge.values
    return tuple(said for figure in stated for said in figures_in(spell_figure(figure)))
