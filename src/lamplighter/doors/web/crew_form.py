"""The form of one crew, written as the rows of a file of crews: read, refused and kept by the same rules."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PEOPLE: Final = (1, 2)
"""Two persons go together."""
OF_THE_CREW: Final = ("crew", "station", "lunch_from", "lunch_to", "lunch_minutes")
OF_A_PERSON: Final = ("person", "from", "to", "level", "valid_to", "skills", "barred")


def write_crew_rows(typed: Mapping[str, str], path: Path) -> None:
    """Write a crew as a file of crews with one row a person; where it has lunch stands in the first.

    Args:
        typed: ``crew`` and the like, ``person_1``, ``from_1``, … for the first person, ``person_2``, … for the second.
        path: csv.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, fieldnames=[*OF_THE_CREW, *OF_A_PERSON])
        rows.writeheader()
        for each in PEOPLE:
            own = {name: typed.get(f"{name}_{each}", "").strip() for name in OF_A_PERSON}
            shared = {name: typed.get(name, "").strip() if each == 1 or name == "crew" else "" for name in OF_THE_CREW}
            rows.writerow(shared | own)
