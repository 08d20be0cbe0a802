"""Repair of the archive: which meter hangs on another transformer or phase than the archive says, as proposals.

`repair_archive` joins the voltages (:mod:`.voltage_likeness`) with the energy balance (:mod:`.balance_likeness`) and
chooses the smallest set of moves that mends areas whose losses mirror each other (:mod:`.mending`). A proposal is
never applied: somebody who keeps the archive decides, and hands the change in as an assignment. For the night's own
balance sure moves are taken as made (:mod:`lamplighter.business.detection.map_cleaning`).
"""

from lamplighter.business.detection.archive_repair.decision import repair_archive
from lamplighter.business.detection.archive_repair.records import (
    ArchiveRepair,
    Basis,
    ProposalKind,
    ProposalState,
    ProposalStatus,
)

__all__ = ["ArchiveRepair", "Basis", "ProposalKind", "ProposalState", "ProposalStatus", "repair_archive"]
