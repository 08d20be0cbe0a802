"""Rules of inspection: pure arithmetic and decisions on records, with the law of the day handed in.

:func:`work_out` turns facts into amounts; :func:`load_law` gives the law of a day.
"""

from lamplighter.business.inspection.rules.law import Law, LawBroken, LawMissing, load_law
from lamplighter.business.inspection.rules.working_out import governed_on, work_out

__all__ = ["Law", "LawBroken", "LawMissing", "governed_on", "load_law", "work_out"]
