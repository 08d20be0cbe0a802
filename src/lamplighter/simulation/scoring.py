"""How a list made by the analysis stands against the simulated truth; for those who measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq


@dataclass(frozen=True, slots=True)
class Score:
    """What the first accounts of a list truly are.

    Attributes:
        first: how many of the first accounts were looked up.
        thefts: of these, accounts that steal.
        faults: of these, accounts that do not steal and have a faulty meter or a wrong archive.
        thefts_in_all: accounts of the company that steal.
    """

    first: int
    thefts: int
    faults: int
    thefts_in_all: int


def score_list(accounts: Sequence[str], *, truth: Path, first: int) -> Score:
    """Look up the first accounts of a list in the truth.

    Args:
        accounts: accounts in order of the list.
        truth: the folder of truth that `simulate_company` wrote.
        first: how many to look up.
    """
    thieves = _accounts(truth / "thefts.parquet")
    faulty = _accounts(truth / "faults.parquet") | _accounts(truth / "archive_errors.parquet")
    chosen = accounts[:first]
    return Score(
        first=len(chosen),
        thefts=sum(account in thieves for account in chosen),
        faults=sum(account in faulty and account not in thieves for account in chosen),
        thefts_in_all=len(thieves),
    )


def _accounts(file: Path) -> set[str]:
    return {account for account in pq.read_table(file, columns=["account_id"]).column(0).to_pylist() if account}
