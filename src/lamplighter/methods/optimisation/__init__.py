"""Optimisation: routes that collect prizes under time windows.

A *visit* is a place with a prize, a *crew* sets out from a depot and comes back within its shift, a *route* is the
ordered visits of a crew with their times. Who visits whom and why is the caller's affair.
"""

from lamplighter.methods.optimisation.problem import Crew, Pause, Problem, ProblemFaulty, Travel, Visit, straight_travel
from lamplighter.methods.optimisation.routing import Search, Solution, Unserved, solve
from lamplighter.methods.optimisation.timing import Breach, BreachKind, Route, TimedStop, time_route

__all__ = [
    "Breach",
    "BreachKind",
    "Crew",
    "Pause",
    "Problem",
    "ProblemFaulty",
    "Route",
    "Search",
    "Solution",
    "TimedStop",
    "Travel",
    "Unserved",
    "Visit",
    "solve",
    "straight_travel",
    "time_route",
]
