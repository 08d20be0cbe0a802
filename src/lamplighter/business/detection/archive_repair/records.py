"""What repair of the archive finds: one proposal a meter and kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Days, Floats


class ProposalKind(StrEnum):
    """What of the archive seems wrong."""

    WRONG_AREA = "wrong_area"
    WRONG_PHASE = "wrong_phase"


class ProposalStatus(StrEnum):
    """How far a proposal carries; none is ever applied by itself."""

    PROPOSED = "proposed"
    """Strong enough to change the archive after a look at the papers."""
    CHECK_ON_SITE = "check_on_site"
    """More likely than not: somebody should look at the transformer, the pole or the box first."""


class ProposalState(StrEnum):
    """What people made of a proposal. Texts stand under ``detection.proposal_state``."""

    OPEN = "open"
    ACCEPTED = "accepted"
    """Right: the change is still to be handed in as a file, like any other."""
    REFUSED = "refused"
    """The archive is right, or it cannot be told."""


class Basis(StrEnum):
    """What a proposal rests on, and what it lacks."""

    VOLTAGE = "voltage"
    BALANCE = "balance"
    BALANCE_DAILY = "balance_daily"
    """The balance knew days only, which say little."""
    MIRROR = "mirror"
    """The loss of both areas comes nearer to what physics explains."""
    NO_VOLTAGE = "no_voltage"
    """The meter or its transformer has no voltages."""
    NO_BALANCE = "no_balance"
    """Neither curve nor days of home told."""
    PART_OF_WINDOW = "part_of_window"
    """The voltages agreed with the archive before ``since_on``."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Proposals of one block. Axes: K proposals, sorted by meter and kind.

    Attributes:
        candidate: index into the window's candidates, shape (K,).
        kind: of each, shape (K,).
        recorded: what the archive says, shape (K,).
        proposed: what it should say, shape (K,); None where the meter hangs on no area of the block.
        confidence: 0 to 1, shape (K,).
        status: of each, shape (K,).
        basis: codes joined by ``;``, shape (K,).
        since_on: first day of the changed state, NaT where it holds the whole window, shape (K,).
        figures: name of a column of the table -> its values, shape (K,); NaN where there is none.
    """

    candidate: npt.NDArray[np.int64]
    kind: npt.NDArray[np.object_]
    recorded: npt.NDArray[np.object_]
    proposed: npt.NDArray[np.object_]
    confidence: Floats
    status: npt.NDArray[np.object_]
    basis: npt.NDArray[np.object_]
    since_on: Days
    figures: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class ArchiveRepair:
    """What was found about the archive of one window.

    Attributes:
        proposals: what to propose.
        moved_to: area index each candidate is taken to hang on for this night's balance, shape (N,); -1 where it
            stays where the archive has it.
        home_coefficient: a_i of the balance at home before any move, shape (N,), NaN where unknown.
    """

    proposals: Proposals
    moved_to: npt.NDArray[np.int32]
    home_coefficient: Floats
