"""Examples from simulated companies, whose truth is known: what the base model learns from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from lamplighter.business.detection.learning.training import Examples
from lamplighter.journeys.model_training.evidence import CompanyEvidence


def label_simulated(found: CompanyEvidence, *, truth: Path, company: str, days: int, weight: float = 1.0) -> Examples:
    """Return the rows of a simulated company with what is true of them.

    Args:
        found: its evidence.
        truth: folder of truth that `simulate_company` wrote.
        company: a name that keeps its areas and accounts apart from those of other companies.
        days: days of the window; stolen energy is its mean over them.
        weight: of each row.
    """
    columns = ["account_id", "stolen_kwh"]
    thefts = {
        row["account_id"]: row["stolen_kwh"]
        for row in pq.read_table(truth / "thefts.parquet", columns=columns).to_pylist()
    }
    is_theft = np.array([account in thefts for account in found.accounts], bool)
    stolen = np.array([max(thefts.get(account, np.nan), 0.0) for account in found.accounts]) / days
    count = len(is_theft)
    return Examples(
        features=found.features,
        is_theft=is_theft,
        stolen_share=stolen / found.scale_kwh,
        area=np.array([f"{company}/{area}" if area else "" for area in found.areas], dtype=object),
        household=np.array([f"{company}/{account}" for account in found.accounts], dtype=object),
        weight=np.full(count, weight),
        start=np.zeros(count),
        names=found.names,
    )
