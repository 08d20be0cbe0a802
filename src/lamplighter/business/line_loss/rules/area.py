"""The losses of all areas of one bucket: the steps in their order."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock
from lamplighter.base.periods import ended_months
from lamplighter.business.line_loss.records import (
    SOURCE_ORDER,
    AreaLosses,
    AreaMonths,
    AreaPeriod,
    Reason,
    Sign,
    TechnicalSource,
)
from lamplighter.business.line_loss.rules.balance import Balance, Role, balance_areas, role_codes
from lamplighter.business.line_loss.rules.billed import PERIOD_MONTHS, balance_months, period_of_months
from lamplighter.business.line_loss.rules.causes import (
    describe_profile,
    find_mirrors,
    find_signs,
    hourly_sums,
)
from lamplighter.business.line_loss.rules.change_points import find_changes
from lamplighter.business.line_loss.rules.classes import classify, coverage_of, reasons_against
from lamplighter.business.line_loss.rules.network_tree import build_forest
from lamplighter.business.line_loss.rules.regression import QuadraticFit, fit_quadratic
from lamplighter.business.line_loss.rules.technical import Technical, technical_losses
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.line_loss.rules.uncertainty import (
    carried_loss_kwh,
    interval_kwh,
    spread_kwh,
    unread_energy_kwh,
)
from lamplighter.business.trusted_energy.records import TrustedEnergy

Floats = npt.NDArray[np.float64]
CLOCK_RULES = ("V-01", "V-03")
FREEZE_RULES = ("V-07",)


def area_losses(*, block: AreaBlock, trusted: TrustedEnergy, thresholds: Thresholds) -> AreaLosses:
    """Return the losses of the block's areas: balance, computability, technical part, interval, class, signs.

    A day's row rests on that day and the days before it, never on later ones: working night by night gives what
    working in bulk gives. The window (``period``) is as of the newest day; of an area without a computable day it is
    what supply and bills of the newest months say.

    Args:
        block: one bucket; history days serve regression and signs.
        trusted: its trusted energy.
        thresholds: limits of the day worked.
    """
    balance = balance_areas(block=block, trusted=trusted)
    forest = build_forest(block=block, thresholds=thresholds)
    network = technical_losses(block=block, trusted=trusted, forest=forest, thresholds=thresholds)
    hours = block.interval_minutes / 60.0
    fit = fit_quadratic(
        residual_kwh=balance.residual_kwh,
        sold_kwh=balance.sold_slot_kwh,
        interval_hours=hours,
        window_days=int(thresholds.regression_days),
        least_days=int(thresholds.regression_days_min),
    )
    technical, error, source, slots = _technical_part(balance, network, fit, hours, thresholds)
    supplied, sold = balance.supplied_kwh, balance.sold_kwh
    loss = supplied - sold
    unexplained = loss - technical
    spread = spread_kwh(balance=balance, technical_error_kwh=error, thresholds=thresholds)
    carried = carried_loss_kwh(technical_kwh=technical, supplied_kwh=supplied, sold_kwh=sold)
    low, high = interval_kwh(
        unexplained_kwh=unexplained, spread=spread, unread_kwh=unread_energy_kwh(balance), carried_kwh=carried
    )
    coverage = coverage_of(balance)
    reasons = reasons_against(
        balance=balance,
        coverage=coverage,
        clock_share=flagged_share(block=block, trusted=trusted, rules=CLOCK_RULES),
        freeze_share=flagged_share(block=block, trusted=trusted, rules=FREEZE_RULES),
        thresholds=thresholds,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(supplied > 0, loss / supplied, np.nan)
        estimated = np.where(sold > 0, np.minimum(balance.estimated_kwh / sold, 1.0), np.nan)
        technical_rate = technical / supplied
    # The usual rate is nothing this area showed: taking it away would draw the load's shape into the loss.
    shown = (source != SOURCE_ORDER.index(TechnicalSource.USUAL))[:, :, None] * np.nan_to_num(slots)
    hourly = hourly_sums(
        unexplained_kwh=(balance.residual_kwh - shown).astype(np.float32),
        sold_kwh=balance.sold_slot_kwh,
        interval_minutes=block.interval_minutes,
    )
    signs = _signs(balance, fit, hourly, reasons, rate, block, thresholds)
    loss_class = classify(
        rate=rate,
        supplied_kwh=supplied,
        is_computable=reasons == 0,
        technical_rate=technical_rate,
        thresholds=thresholds,
    )
    months = _known_by_month(block, thresholds)
    figures = {"unexplained": unexplained, "low": low, "high": high, "supplied": supplied, "loss": loss}
    return AreaLosses(
        area_ids=block.area_ids,
        days=block.days,
        first_worked=block.first_worked,
        supplied_kwh=supplied,
        sold_kwh=sold,
        loss_kwh=loss,
        technical_kwh=technical,
        technical_source=source,
        technical_error_kwh=error,
        unexplained_kwh=unexplained,
        unexplained_low_kwh=low,
        unexplained_high_kwh=high,
        coverage=coverage,
        estimated_share=estimated,
        reasons=reasons,
        loss_class=loss_class,
        signs=signs,
        residual_kwh=balance.residual_kwh,
        sold_slot_kwh=balance.sold_slot_kwh,
        technical_slot_kwh=slots,
        period=_period(figures, reasons == 0, fit, hourly[0], signs, thresholds, months),
        policy_version=thresholds.version,
        months=months,
    )


def _known_by_month(block: AreaBlock, thresholds: Thresholds) -> AreaMonths | None:
    monthly = block.tables.get("core_monthly")
    if monthly is None or not monthly.num_rows:
        # Without the supply of a month bills alone give no loss.
        return None
    return balance_months(
        area_ids=block.area_ids,
        months=ended_months(date.fromisoformat(str(block.days[-1].astype("datetime64[D]"))), count=PERIOD_MONTHS),
        meters=block.archive,
        monthly=monthly,
        billed=block.tables.get("core_billed_month"),
        thresholds=thresholds,
    )


def flagged_share(*, block: AreaBlock, trusted: TrustedEnergy, rules: tuple[str, ...]) -> Floats:
    """Return the share of each area's energy behind meters of which one of ``rules`` warns or that fail it, shape (A,
    D).

    1.0 where the area's own supply meter failed: nothing of that day is then comparable.
    """
    areas, days = len(block.area_ids), len(block.days)
    share = np.zeros((areas, days))
    flags = trusted.flags
    if not flags.num_rows:
        return share
    failed = pc.and_(
        pc.is_in(flags.column("rule_id"), value_set=pa.array(rules)), pc.not_equal(flags.column("severity"), "note")
    )
    flags = flags.filter(failed)
    if not flags.num_rows:
        return share
    meters = pc.index_in(flags.column("meter_id"), value_set=pa.array(block.meter_ids, pa.string()))
    m = np.asarray(meters.to_numpy(zero_copy_only=False), np.float64)
    d = (flags.column("on_date").to_numpy().astype("datetime64[D]") - block.days[0]).astype(np.int64)
    inside = np.isfinite(m) & (d >= 0) & (d < days)
    is_flagged = np.zeros(trusted.day_kwh.shape, bool)
    is_flagged[m[inside].astype(np.int64), d[inside]] = True
    roles = role_codes(block)
    energy = np.nan_to_num(trusted.day_kwh) + np.nan_to_num(trusted.day_reverse_kwh)
    place = block.area_of.astype(np.int64) * days + np.arange(days)[None, :]
    counted = (block.area_of >= 0) & ((roles == Role.CUSTOMER) | (roles == Role.SOLAR))[:, None]

    def summed(where: npt.NDArray[np.bool_]) -> Floats:
        sums: Floats = np.bincount(place[where], weights=energy[where], minlength=areas * days).astype(np.float64)
        return sums.reshape(areas, days)

    total = summed(counted)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, summed(counted & is_flagged) / total, 0.0)
    supply = (block.area_of >= 0) & (roles == Role.SUPPLY)[:, None] & is_flagged
    share[np.bincount(place[supply], minlength=areas * days).reshape(areas, days) > 0] = 1.0
    return share


def _technical_part(
    balance: Balance, network: Technical, fit: QuadraticFit, hours: float, thresholds: Thresholds
) -> tuple[Floats, Floats, npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return technical kWh, its standard deviation, its source, and its slots: network, else regression, else the
    usual rate.
    """
    from_network = np.isfinite(network.day_kwh) & (network.placed_share >= thresholds.placed_share_min)[:, None]
    from_fit = ~from_network & np.isfinite(fit.slope_per_kw) & (fit.slope_per_kw > 2.0 * fit.slope_error)
    supplied = balance.supplied_kwh
    fitted = fit.slope_per_kw * fit.square_kwh
    # A load that steals like it buys also grows with the square: no line loses more than this by itself.
    fitted = np.minimum(fitted, thresholds.technical_rate_max * supplied)
    usual = thresholds.technical_rate_usual * supplied
    technical = np.select([from_network, from_fit], [network.day_kwh, fitted], default=usual)
    error = np.select(
        [from_network, from_fit],
        [
            network.error * network.day_kwh,
            fit.slope_error * fit.square_kwh + thresholds.technical_error * fitted,
        ],
        default=thresholds.technical_rate_usual_error * supplied,
    )
    source = np.select(
        [from_network, from_fit, np.isfinite(usual)],
        [
            SOURCE_ORDER.index(TechnicalSource.NETWORK),
            SOURCE_ORDER.index(TechnicalSource.REGRESSION),
            SOURCE_ORDER.index(TechnicalSource.USUAL),
        ],
        default=SOURCE_ORDER.index(TechnicalSource.NONE),
    ).astype(np.int8)
    load_kw = balance.sold_slot_kwh / hours
    by_load = np.where(from_fit, fit.slope_per_kw, 0.0)[:, :, None] * load_kw * load_kw * hours
    even = np.where(from_fit, 0.0, thresholds.technical_rate_usual)[:, :, None] * balance.sold_slot_kwh
    slots = np.where(from_network[:, :, None], network.slot_kwh, by_load + even).astype(np.float32)
    return technical, error, source, slots


def _signs(
    balance: Balance,
    fit: QuadraticFit,
    hourly: tuple[Floats, Floats],
    reasons: npt.NDArray[np.uint32],
    rate: Floats,
    block: AreaBlock,
    thresholds: Thresholds,
) -> npt.NDArray[np.uint32]:
    least = int(thresholds.regression_days_min)
    profile = describe_profile(
        unexplained_kwh=hourly[0], sold_kwh=hourly[1], window_days=int(thresholds.regression_days)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        technical_share = fit.slope_per_kw * fit.square_kwh / (balance.supplied_kwh - balance.sold_kwh)
    signs = find_signs(profile=profile, unexplained_r2=fit.r2, technical_share=technical_share, least_days=least)

    def add(sign: Sign, where: npt.NDArray[np.bool_]) -> None:
        signs[where] |= np.uint32(1 << sign.value)

    def because(reason: Reason) -> npt.NDArray[np.bool_]:
        return (reasons >> np.uint32(reason.value) & np.uint32(1)).astype(bool)

    add(Sign.SUPPLY_GAP, because(Reason.SUPPLY_UNKNOWN))
    add(Sign.CUSTOMER_GAP, because(Reason.COVERAGE_LOW) | because(Reason.CUSTOMERS_UNKNOWN))
    add(Sign.STALE_FREEZE, because(Reason.FREEZE))
    add(Sign.CLOCK, because(Reason.CLOCK))
    add(Sign.SUBSTITUTED, because(Reason.SUPPLY_ESTIMATED))
    add(Sign.SOLAR_UNKNOWN, because(Reason.SOLAR_UNKNOWN))
    rated = _rated_kva(block)
    light = balance.supplied_kwh < thresholds.light_load_share * rated[:, None] * 24.0
    add(Sign.LIGHT_LOAD, light & (rate > thresholds.economic_to))
    return signs


def _rated_kva(block: AreaBlock) -> Floats:
    areas = block.tables.get("core_area")
    rated = np.full(len(block.area_ids), np.nan)
    if areas is not None and areas.num_rows:
        place = pc.index_in(pa.array(block.area_ids, pa.string()), value_set=areas.column("area_id").combine_chunks())
        found = areas.column("rated_kva").take(place).cast(pa.float64())
        rated = np.asarray(found.to_numpy(), np.float64)
    return rated


def _period(
    figures: dict[str, Floats],
    is_computable: npt.NDArray[np.bool_],
    fit: QuadraticFit,
    hourly_kwh: Floats,
    signs: npt.NDArray[np.uint32],
    thresholds: Thresholds,
    months: AreaMonths | None,
) -> AreaPeriod:
    """Return what the window says, over its computable days.

    Errors of meters and of the network model stay the same from day to day, so the ends of the interval are added as
    they are.
    """

    def total(name: str) -> Floats:
        summed = np.where(is_computable, np.nan_to_num(figures[name]), 0.0).sum(axis=1)
        return np.where(is_computable.any(axis=1), summed, np.nan)

    areas = len(is_computable)
    daily = np.where(is_computable, figures["unexplained"], np.nan)
    change_at, change_size = np.full(areas, -1, np.int32), np.full(areas, np.nan)
    for area in range(areas):
        for change in find_changes(daily[area], least_t=thresholds.change_t_min, most=1):
            if abs(change.size) >= thresholds.change_kwh_min:
                change_at[area], change_size[area] = change.at, change.size
    marks = signs[:, -1].copy()
    marks[change_at >= 0] |= np.uint32(1 << Sign.STEP.value)
    with np.errstate(invalid="ignore", divide="ignore"):
        hours = np.where(is_computable[:, :, None], hourly_kwh, np.nan)
        known = np.isfinite(hours)
        mean_kw = np.where(known, hours, 0.0).sum(axis=(1, 2)) / known.sum(axis=(1, 2))
        rate = total("loss") / total("supplied")
    marks[find_mirrors(hourly_kwh=hours, mean_kw=np.nan_to_num(mean_kw)) >= 0] |= np.uint32(1 << Sign.MIRROR.value)
    period = AreaPeriod(
        day_counts=is_computable.sum(axis=1).astype(np.int32),
        loss_rate=rate,
        unexplained_kwh=total("unexplained"),
        unexplained_low_kwh=total("low"),
        unexplained_high_kwh=total("high"),
        change_at=change_at,
        change_kwh_per_day=change_size,
        regression_r2=fit.r2[:, -1],
        signs=marks,
    )
    return period if months is None else period_of_months(period, months)
