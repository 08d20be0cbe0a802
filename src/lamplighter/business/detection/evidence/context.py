"""Context: the area, the archive, earlier visits and the quality of the data themselves.

Whether the area loses anything physics does not explain decides how much there can be to find; earlier findings of
theft count for, a recent clean inspection against; a meter exchanged, a new account, solar, an interruption and thin
data are harmless explanations of what other layers see. Only what was known by the window's last day is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.depth import LEVELS
from lamplighter.business.detection.evidence import bills
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.peer_level import contract_of
from lamplighter.business.detection.records import Depth, Floats, Layer, LayerResult, found_where, ramp
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.line_loss.rules.balance import read_shares

SCORES: Mapping[str, int] = MappingProxyType(
    {
        "context_actual": 0,
        "context_area_share": +1,
        "context_contract_share": 0,
        "context_is_residential": 0,
        "context_theft_before": +1,
    }
    | dict(bills.SCORES)
)
"""What a trained fusion reads of this layer, and the direction in which it may count: +1 where a greater score can
only make theft more likely, −1 where only less, 0 where either."""


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what the surroundings say of each candidate.

    Scores: ``context_area_share`` (unexplained share of what the area was supplied), ``context_area_low`` and
    ``context_area_high`` (kWh a day, its interval), ``context_actual`` (share of the customer's slots as measured),
    ``context_theft_before``, ``context_contract_share`` (log of the mean load over the contract's),
    ``context_depth`` (see `Depth`), and of bills, payments and visits those of `bill_scores`.
    """
    window, number = material.window, settings.number
    share, low, high, days = _area_figures(material)
    actual = window.trusted.actual_share[window.meters, window.first :].mean(axis=1, dtype=np.float64)
    # Who is read by the day or the month has no slots that could be missing: how far its days were read counts.
    has_curve = material.depth >= LEVELS[Depth.INTERVAL]
    read = np.where(has_curve, actual, read_shares(window.trusted)[window.meters, window.first :].mean(axis=1))
    since = material.desk_signs.since
    last, first = window.last_day, window.days[0]
    loses = ramp(share, start=number("context.share_start"), end=number("context.share_end")) * (low > 0.0)
    no_loss = ramp(
        high / np.maximum(material.usual_daily_kwh, 1e-9),
        start=number("context.room_end"),
        end=number("context.room_start"),
    )
    no_loss *= np.isfinite(high)
    unknown = np.where(days < number("context.least_area_days"), 1.0, 0.0)
    installed = _archive_day(material, "installed_on")
    exchanged = np.where((installed > first) & (installed <= last), 1.0, 0.0)
    opened = np.array(
        [_as_day(material.customers.get(a, {}).get("opened_on")) for a in material.accounts], "datetime64[D]"
    )
    new = np.where((opened > first) & (opened <= last), 1.0, 0.0)
    outages = window.trusted.is_outage[window.meters, window.first :].mean(axis=1, dtype=np.float64)
    use = material.usual_daily_kwh
    contract_kw = np.array([contract_of(material.customers.get(a, {})) for a in material.accounts], np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        contract_share = np.where((use > 0.0) & (contract_kw > 0.0), np.log(use / 24 / contract_kw), np.nan)
    theft_before = _recent(since["theft"], number("context.theft_days"))
    return LayerResult(
        layer=Layer.CONTEXT,
        is_available=np.ones(len(window.meters), bool),
        scores={
            "context_area_share": share,
            "context_area_low": low,
            "context_area_high": high,
            "context_actual": np.where(has_curve, actual, np.nan),
            "context_depth": material.depth.astype(np.float64),
            "context_theft_before": theft_before,
            "context_daily_kwh": use,
            "context_contract_share": contract_share,
            "context_is_residential": np.where(material.classes == "residential", 1.0, 0.0),
        }
        | bills.bill_scores(material, settings),
        findings=(
            *bills.bill_findings(material, settings),
            found_where(
                code="area_loses", strength=loses, value=share, expected=0.0, unit="share", first_on=first, last_on=last
            ),
            found_where(
                code="area_has_no_room",
                strength=no_loss,
                value=high,
                expected=material.usual_daily_kwh,
                unit="kWh/d",
                first_on=first,
                last_on=last,
            ),
            found_where(
                code="area_not_computable",
                strength=unknown,
                value=days,
                expected=float(len(window.days)),
                unit="d",
                first_on=first,
                last_on=last,
            ),
            found_where(code="theft_before", strength=theft_before, value=since["theft"], unit="d"),
            found_where(
                code="inspected_clean",
                strength=_recent(since["clean"], number("context.clean_days")),
                value=since["clean"],
                unit="d",
            ),
            found_where(
                code="fault_before",
                strength=_recent(since["metering_fault"], number("context.clean_days")),
                value=since["metering_fault"],
                unit="d",
            ),
            found_where(
                code="data_thin",
                strength=np.where(
                    material.depth >= LEVELS[Depth.DAILY],
                    ramp(read, start=number("context.actual_start"), end=number("context.actual_end")),
                    0.0,
                ),
                value=read,
                expected=1.0,
                unit="share",
                first_on=first,
                last_on=last,
            ),
            found_where(
                code="meter_exchanged",
                strength=exchanged,
                value=np.full(len(installed), np.nan),
                first_on=installed,
                last_on=installed,
            ),
            found_where(
                code="account_new", strength=new, value=np.full(len(opened), np.nan), first_on=opened, last_on=opened
            ),
            found_where(
                code="has_solar", strength=material.generates.astype(np.float64), value=np.full(len(opened), np.nan)
            ),
            found_where(
                code="supply_interrupted",
                strength=ramp(outages, start=number("context.outage_start"), end=number("context.outage_end")),
                value=outages,
                expected=0.0,
                unit="share",
                first_on=first,
                last_on=last,
            ),
        ),
    )


def _area_figures(material: Material) -> tuple[Floats, Floats, Floats, Floats]:
    """Return unexplained share, lower and upper end in kWh a day, and computable days of each candidate's area."""
    window, losses = material.window, material.window.losses
    period = losses.period
    counts = period.day_counts.astype(np.float64)
    computable = losses.is_computable & np.isfinite(losses.supplied_kwh)
    supplied = np.where(computable, losses.supplied_kwh, 0.0).sum(axis=1) / np.maximum(computable.sum(axis=1), 1)
    if losses.months is not None:
        by_month = np.where(losses.months.is_computable, losses.months.supplied_kwh, 0.0).sum(axis=1)
        supplied = np.where(computable.any(axis=1), supplied, by_month / np.maximum(counts, 1.0))

    def of_candidates(values: Floats) -> Floats:
        found: Floats = np.where(window.area >= 0, values[window.area], np.nan)
        return found

    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(supplied > 0.0, period.unexplained_kwh / counts / supplied, np.nan)
        low, high = period.unexplained_low_kwh / counts, period.unexplained_high_kwh / counts
    if len(losses.area_ids) == 0:
        nothing = np.full(len(window.meters), np.nan)
        return nothing, nothing, nothing, np.zeros(len(window.meters))
    return of_candidates(share), of_candidates(low), of_candidates(high), np.nan_to_num(of_candidates(counts))


def _recent(since: Floats, most_days: float) -> Floats:
    """Return 1 for today fading to 0 at ``most_days``; 0 where there was none."""
    return ramp(since, start=most_days, end=0.0)


def _archive_day(material: Material, column: str) -> npt.NDArray[np.datetime64]:
    days = material.window.block.archive.column(column).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.datetime64] = days.astype("datetime64[D]")[material.window.meters]
    return found


def _as_day(value: object) -> np.datetime64:
    return np.datetime64("NaT", "D") if value is None else np.datetime64(str(value)[:10], "D")
