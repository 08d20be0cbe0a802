"""A whole synthetic supply company with known truth, written as a company folder that enters by the ordinary door.

The *plan* is what truly stands in the field, the *archive* what the company believes of it, a *fate* what happens
to one customer (theft, look-alike, fault), a *reading* what a meter said. The *truth* goes to a folder of its own.
"""

from lamplighter.simulation.company import FolderNotEmpty, FoldersOverlap, SimulationSummary, simulate_company
from lamplighter.simulation.profiles import ProfileFileUnfit, ProfilesMissing
from lamplighter.simulation.settings import SettingOutOfRange, SimulationSettings

__all__ = [
    "FolderNotEmpty",
    "FoldersOverlap",
    "ProfileFileUnfit",
    "ProfilesMissing",
    "SettingOutOfRange",
    "SimulationSettings",
    "SimulationSummary",
    "simulate_company",
]
