"""Voltage and balance together: where each meter most likely hangs, on which phase, and what to propose.

Log-odds that meter i hangs on area a and not on the one the archive says = what the voltages say + what the balance
says + the prior share of wrong archives, spread over the other areas. Either source may be missing and is then 0; each
is held to ± ``repair.most_log_odds``, so that one defect alone never outvotes the other source by far. One more answer
competes: *elsewhere*, on no area of the block. It has the voltages of the best area less how well a meter of that area
fits it, and no slope to gain or lose; it is proposed without a value. The phase is decided by the voltages alone, on
the area decided before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.archive_repair.balance_likeness import BalanceLikeness, find_balance
from lamplighter.business.detection.archive_repair.mending import Moves, Unexplained, choose_moves
from lamplighter.business.detection.archive_repair.records import (
    ArchiveRepair,
    Basis,
    ProposalKind,
    Proposals,
    ProposalStatus,
)
from lamplighter.business.detection.archive_repair.voltage_likeness import (
    VoltageLikeness,
    find_likeness,
    student_log_odds,
)
from lamplighter.business.detection.highpass import AreaFit
from lamplighter.business.detection.records import Days, Floats
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window

FIGURES = (
    "likeness_recorded",
    "likeness_proposed",
    "voltage_log_odds",
    "agreeing_share",
    "home_coefficient",
    "away_slope",
    "balance_log_odds",
    "moved_kwh",
    "home_unexplained_kwh",
    "home_mended_kwh",
    "away_unexplained_kwh",
    "away_mended_kwh",
)
"""Evidence figures of a proposal, in the order of the table's columns."""

_LETTERS = np.array(["A", "B", "C"], dtype=object)


@dataclass(frozen=True, slots=True)
class Joint:
    """Log-odds of every candidate against its own area. Axes: N candidates, A areas.

    Attributes:
        voltage: shape (N, A + 1), the last for elsewhere; 0 where untold.
        balance: shape (N, A + 1), likewise; 0 where untold.
        fit: log-odds that a meter's likeness to an area is that of a meter of the area, shape (N, A); 0 where untold.
        best: the likeliest other area, shape (N,); A for elsewhere, -1 where there is none.
        log_odds: of the best, prior included, shape (N,).
    """

    voltage: Floats
    balance: Floats
    fit: Floats
    best: npt.NDArray[np.int64]
    log_odds: Floats


def repair_archive(*, window: Window, fits: Mapping[int, AreaFit], settings: DetectionSettings) -> ArchiveRepair:
    """Return what voltages and balance say of the archive of a window's candidates.

    Args:
        window: as cut from the block, nothing moved.
        fits: area index -> high-pass balance of that window.
        settings: ``repair.*``.
    """
    balance = find_balance(window=window, fits=fits, settings=settings)
    likeness = find_likeness(window=window, settings=settings)
    joint = join_evidence(window=window, likeness=likeness, balance=balance, settings=settings)
    areas = likeness.likeness.shape[1]
    mended = _mend(window, joint, settings)
    decided = window.area.copy()
    decided[mended.who] = np.where(mended.away < areas, mended.away, -1)
    is_sure = (mended.confidence >= settings.number("repair.sure_confidence")) & (mended.away < areas)
    moved_to = np.full(len(window.meters), -1, np.int32)
    moved_to[mended.who[is_sure]] = mended.away[is_sure]
    return ArchiveRepair(
        proposals=_sorted(
            window,
            _propose_areas(window, likeness, balance, joint, mended, settings),
            _propose_phases(window, likeness, joint, decided, settings),
        ),
        moved_to=moved_to,
        home_coefficient=balance.home_coefficient,
    )


def join_evidence(
    *, window: Window, likeness: VoltageLikeness, balance: BalanceLikeness, settings: DetectionSettings
) -> Joint:
    """Return the log-odds of every other area for every candidate.

    Args:
        window: candidates and the areas the archive has them on.
        likeness: what the voltages say.
        balance: what the balance says.
        settings: ``repair.*``.
    """
    count, areas = likeness.likeness.shape
    most = settings.number("repair.most_log_odds")
    at, home = np.arange(count), np.maximum(window.area, 0)
    lead = likeness.parts - likeness.parts[at, home][:, None, :]
    both = likeness.is_told & likeness.is_told[at, home][:, None]
    voltage = np.where(both, student_log_odds(np.where(both[:, :, None], lead, 0.0)), 0.0)
    voltage = np.clip(voltage, -most, most)
    said = np.clip(balance.home_log_odds[:, None] + balance.away_log_odds, -most, most)
    fit = _fit_log_odds(window, likeness, settings)
    nearest = np.where(both, voltage, -np.inf).argmax(axis=1)
    is_told = both[at, nearest]
    outside = np.where(is_told, voltage[at, nearest] - fit[at, nearest], 0.0)
    voltage = np.column_stack([voltage, outside])
    said = np.column_stack([said, np.clip(balance.home_log_odds, -most, most)])
    share, elsewhere = settings.number("repair.wrong_area_share"), settings.number("repair.elsewhere_share")
    prior = np.full(areas + 1, np.log(share * (1.0 - elsewhere) / max(areas - 1, 1)))
    prior[areas] = np.log(share * elsewhere)
    total = voltage + said + prior
    # Elsewhere is where a meter is neither here nor there: not one that the balance sees at home.
    total[balance.home_log_odds < 0.0, areas] = -np.inf
    total[at, home] = -np.inf
    total[window.area < 0] = -np.inf
    best = total.argmax(axis=1)
    log_odds = total[at, best]
    best = np.where(np.isfinite(log_odds), best, -1)
    return Joint(voltage=voltage, balance=said, fit=fit, best=best, log_odds=log_odds)


def _fit_log_odds(window: Window, likeness: VoltageLikeness, settings: DetectionSettings) -> Floats:
    """Return the log-odds that a meter is as like an area's transformer as the area's own meters are, shape (N, A).

    Straight in the ratio to the middle likeness of the meters that the archive and the voltages agree on.
    """
    count, areas = likeness.likeness.shape
    with np.errstate(invalid="ignore"):
        nearest = np.where(likeness.is_told, np.nan_to_num(likeness.likeness, nan=-1.0), -1.0).argmax(axis=1)
    agreed = likeness.is_told[np.arange(count), nearest] & (nearest == window.area)
    fit = np.zeros((count, areas))
    most = settings.number("repair.most_fit")
    for area in range(areas):
        own = likeness.likeness[agreed & (window.area == area), area]
        if len(own) < settings.number("repair.least_members"):
            continue
        share = likeness.likeness[:, area] / max(float(np.median(own)), 1e-6)
        odds = (share - settings.number("repair.fit_middle")) * settings.number("repair.fit_slope")
        fit[:, area] = np.nan_to_num(np.clip(odds, -most, most), nan=0.0)
    return fit


@dataclass(frozen=True, slots=True)
class Mended:
    """The moves that were chosen. Axes: K moves.

    Attributes:
        who: candidates, shape (K,).
        away: area of each, A for elsewhere, shape (K,).
        confidence: 0 to 1, shape (K,).
        home_kwh: unexplained energy of home before any move, shape (K,).
        away_kwh: the same of away.
        home_mended_kwh: by how much the move mends home, shape (K,).
        away_mended_kwh: the same of away; NaN elsewhere.
    """

    who: npt.NDArray[np.int64]
    away: npt.NDArray[np.int64]
    confidence: Floats
    home_kwh: Floats
    away_kwh: Floats
    home_mended_kwh: Floats
    away_mended_kwh: Floats


def _mend(window: Window, joint: Joint, settings: DetectionSettings) -> Mended:
    number = settings.number
    at = np.flatnonzero((joint.best >= 0) & (joint.log_odds > number("repair.candidate_log_odds")))
    losses, first = window.losses, window.first
    known = np.isfinite(losses.unexplained_kwh[:, first:])
    kwh = np.where(known.any(axis=1), np.where(known, losses.unexplained_kwh[:, first:], 0.0).sum(axis=1), np.nan)
    width = np.where(known, (losses.unexplained_high_kwh - losses.unexplained_low_kwh)[:, first:], 0.0).sum(axis=1)
    # Elsewhere is an area of which nothing is known: it can neither be mended nor spoiled.
    known = np.vstack([known, np.zeros(known.shape[1], bool)])
    before = Unexplained(kwh=np.append(kwh, np.nan), half_width=np.append(0.5 * width, np.nan))
    daily = np.nan_to_num(window.daily_kwh[at], nan=0.0)
    home, away = window.area[at].astype(np.int64), joint.best[at]
    chosen = choose_moves(
        moves=Moves(
            log_odds=joint.log_odds[at],
            home=home,
            away=away,
            home_kwh=(daily * known[home]).sum(axis=1),
            away_kwh=(daily * known[away]).sum(axis=1),
        ),
        unexplained=before,
        penalty=number("repair.move_penalty"),
        area_weight=number("repair.area_weight"),
        most_excess=number("repair.most_excess"),
    )
    taken = chosen.is_chosen
    return Mended(
        who=at[taken],
        away=away[taken],
        confidence=1.0 / (1.0 + np.exp(-chosen.gain[taken])),
        home_kwh=before.kwh[home[taken]],
        away_kwh=before.kwh[away[taken]],
        home_mended_kwh=chosen.home_mended_kwh[taken],
        away_mended_kwh=chosen.away_mended_kwh[taken],
    )


def _propose_areas(
    window: Window,
    likeness: VoltageLikeness,
    balance: BalanceLikeness,
    joint: Joint,
    mended: Mended,
    settings: DetectionSettings,
) -> Proposals:
    """Return the chosen moves as proposals."""
    rows = np.flatnonzero(mended.confidence >= settings.number("repair.least_confidence"))
    who, away, confidence = mended.who[rows], mended.away[rows], mended.confidence[rows]
    home, ids = window.area[who], window.block.area_ids
    is_here = away < len(ids)
    # Elsewhere has no figures of its own.
    place = np.where(is_here, away, home)
    lead = likeness.own_parts[who, place] - likeness.own_parts[who, home]
    lead[~is_here] = np.nan
    since, agreeing = _since(window, likeness, lead)
    told = is_here & likeness.is_told[who, place] & likeness.is_told[who, home]
    figures = {
        "likeness_recorded": likeness.likeness[who, home],
        "likeness_proposed": np.where(is_here, likeness.likeness[who, place], np.nan),
        "voltage_log_odds": np.where(told, joint.voltage[who, away], np.nan),
        "agreeing_share": agreeing,
        "home_coefficient": balance.home_coefficient[who],
        "away_slope": np.where(is_here, balance.away_slope[who, place], np.nan),
        "balance_log_odds": joint.balance[who, away],
        "moved_kwh": np.nansum(window.daily_kwh[who], axis=1),
        "home_unexplained_kwh": mended.home_kwh[rows],
        "home_mended_kwh": mended.home_mended_kwh[rows],
        "away_unexplained_kwh": mended.away_kwh[rows],
        "away_mended_kwh": mended.away_mended_kwh[rows],
    }
    is_daily, is_balanced = balance.is_daily[who], np.isfinite(balance.home_coefficient[who])
    holds = {
        Basis.VOLTAGE: told & (joint.voltage[who, away] > 0.0),
        Basis.BALANCE: ~is_daily & (joint.balance[who, away] > 0.0),
        Basis.BALANCE_DAILY: is_daily,
        Basis.MIRROR: (figures["home_mended_kwh"] > 0.0) & (figures["away_mended_kwh"] > 0.0),
        Basis.NO_VOLTAGE: ~likeness.is_told[who, home],
        Basis.NO_BALANCE: ~is_balanced,
        Basis.PART_OF_WINDOW: ~np.isnat(since),
    }
    proposed = ids[place].copy()
    proposed[~is_here] = None
    status = _status(confidence, settings)
    status[~is_here] = ProposalStatus.CHECK_ON_SITE.value
    return Proposals(
        candidate=who,
        kind=np.full(len(who), ProposalKind.WRONG_AREA.value, dtype=object),
        recorded=ids[home],
        proposed=proposed,
        confidence=confidence,
        status=status,
        basis=_joined(holds, len(who)),
        since_on=since,
        figures=figures,
    )


def _joined(holds: Mapping[Basis, npt.NDArray[np.bool_]], count: int) -> npt.NDArray[np.object_]:
    words = [";".join(code.value for code, flags in holds.items() if flags[k]) for k in range(count)]
    return np.array(words, dtype=object)


def _propose_phases(
    window: Window, likeness: VoltageLikeness, joint: Joint, area: npt.NDArray[np.int32], settings: DetectionSettings
) -> Proposals:
    """Return single-phase meters whose voltage moves with another phase of ``area`` than the archive's."""
    letters = {letter: number for number, letter in enumerate(_LETTERS)}
    recorded = np.array([letters.get(phase, -1) for phase in window.candidate_strings("phase")], np.int64)
    place = np.maximum(area, 0)
    found = likeness.phase[np.arange(len(area)), place].astype(np.int64)
    who = np.flatnonzero((area >= 0) & (recorded >= 0) & (found >= 0) & (found != recorded))
    parts, row = likeness.phase_parts[who, place[who]], np.arange(len(who))
    lead = parts[row, found[who]] - parts[row, recorded[who]]
    most, prior = settings.number("repair.most_log_odds"), settings.number("repair.wrong_phase_share")
    voltage = np.clip(student_log_odds(lead), -most, most)
    # A meter that is hardly like any phase of its transformer says nothing of phases.
    odds = voltage + np.minimum(joint.fit[who, place[who]], 0.0) + np.log(prior / 2.0)
    confidence = 1.0 / (1.0 + np.exp(-odds))
    kept = confidence >= settings.number("repair.least_confidence")
    who, parts, row = who[kept], parts[kept], np.arange(int(kept.sum()))
    own = likeness.own_phase_parts[who, place[who]]
    since, agreeing = _since(window, likeness, own[row, found[who]] - own[row, recorded[who]])
    figures = dict.fromkeys(FIGURES, np.full(len(who), np.nan)) | {
        "likeness_recorded": parts[row, recorded[who]].sum(axis=-1),
        "likeness_proposed": parts[row, found[who]].sum(axis=-1),
        "voltage_log_odds": voltage[kept],
        "agreeing_share": agreeing,
    }
    holds = {Basis.VOLTAGE: np.ones(len(who), bool), Basis.PART_OF_WINDOW: ~np.isnat(since)}
    return Proposals(
        candidate=who,
        kind=np.full(len(who), ProposalKind.WRONG_PHASE.value, dtype=object),
        recorded=_LETTERS[recorded[who]],
        proposed=_LETTERS[found[who]],
        confidence=confidence[kept],
        status=_status(confidence[kept], settings),
        basis=_joined(holds, len(who)),
        since_on=since,
        figures=figures,
    )


def _status(confidence: Floats, settings: DetectionSettings) -> npt.NDArray[np.object_]:
    is_sure = confidence >= settings.number("repair.sure_confidence")
    return np.where(is_sure, ProposalStatus.PROPOSED.value, ProposalStatus.CHECK_ON_SITE.value).astype(object)


def _since(window: Window, likeness: VoltageLikeness, lead: Floats) -> tuple[Days, Floats]:
    """Return since when the voltages contradict the archive, NaT where they always do, and the share of parts that do.

    Dated only where every part before speaks for the archive and every later one against it: a meter that was moved in
    the window, not one that is hard to tell.
    """
    against = lead > 0.0
    number = lead.shape[1]
    later = against.sum(axis=1)
    is_step = (against == (np.arange(number) >= number - later[:, None])).all(axis=1)
    is_dated = is_step & (later < number - 1) & (later > 1)
    start = likeness.starts[np.minimum(number - later, number - 1)]
    since = window.days[start].astype("datetime64[D]")
    since[~is_dated] = np.datetime64("NaT", "D")
    share: Floats = np.where(np.isfinite(lead).all(axis=1), later / max(number, 1), np.nan)
    return since, share


def _sorted(window: Window, *found: Proposals) -> Proposals:
    """Return proposals one after another, by meter and kind."""

    def joined(name: str) -> npt.NDArray[np.generic]:
        return np.concatenate([getattr(each, name) for each in found])

    candidate = np.concatenate([each.candidate for each in found])
    ids = window.block.meter_ids[window.meters[candidate]].astype(str)
    kind = joined("kind")
    order = np.lexsort((kind.astype(str), ids))
    return Proposals(
        candidate=candidate[order],
        figures={name: np.concatenate([each.figures[name] for each in found])[order] for name in FIGURES},
        **{
            name: joined(name)[order]  # type: ignore[arg-type]  # each field keeps its own type
            for name in ("kind", "recorded", "proposed", "confidence", "status", "basis", "since_on")
        },
    )
