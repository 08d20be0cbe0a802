"""The same night on two engines, and every table of results held against the other: equal, or said where not."""

from lamplighter.journeys.engine_comparison.comparing import TOLERANCE, TableComparison, compare_lakes, compare_tables
from lamplighter.journeys.engine_comparison.running import EngineComparison, EngineRun, compare_nights, make_lake

__all__ = [
    "TOLERANCE",
    "EngineComparison",
    "EngineRun",
    "TableComparison",
    "compare_lakes",
    "compare_nights",
    "compare_tables",
    "make_lake",
]
