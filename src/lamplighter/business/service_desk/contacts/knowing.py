"""What the company's service knew at an instant: the package with every change that was approved, as of that day."""

from __future__ import annotations

import datetime as dt

from lamplighter.business.service_desk.knowledge.queries import read_edges
from lamplighter.business.service_desk.quality.known import Known, known_on
from lamplighter.business.workflow.company_days import day_of


def known_at(at: dt.datetime) -> Known:
    """Return what a contact of an instant is judged by.

    Args:
        at: when it was said or written, with its zone.
    """
    return known_on(day_of(at), read_edges())
