"""Meter: what the meter reports and shows of itself.

The rule pack of :mod:`~lamplighter.business.detection.anomalies` says of every rule whether it applies and when; the
reasons of the evidence card grade how strongly the same signs show in the last third of the window: AN-04 stands still
under current, AN-07 reverse energy, AN-08/09 a phase without voltage under current, AN-14 a phase without current,
AN-19 energy far from V·I, AN-20 phase and neutral differ, AN-21 cover opened (stronger when the use fell within
``meter.after_event_days``), AN-22 box opened, AN-23 magnet. Events are cleaned first (repeats, impossible times,
storms). A rule whose channels the company does not read finds nothing, and the layer says that it was not available.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.anomaly_facts import electrical_limits, look_at
from lamplighter.business.detection.anomaly_output import carry_out_pack
from lamplighter.business.detection.electrical_days import ElectricalDays, read_electrical_days
from lamplighter.business.detection.electrical_signs import ElectricalSigns, add_up_signs
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.meter_events import CleanEvents, clean_events
from lamplighter.business.detection.records import (
    DAYS_A_MONTH,
    Days,
    Finding,
    Floats,
    Layer,
    LayerResult,
    found_where,
    ramp,
)
from lamplighter.business.detection.settings import DetectionSettings

OPENED = ("cover_open", "terminal_cover_open", "box_open", "magnet")


SCORES: Mapping[str, int] = MappingProxyType(
    {
        "meter_anomaly_rules": 0,
        "meter_anomaly_score": +1,
        "meter_anomaly_worst": 0,
        "meter_dead_phase_hours": +1,
        "meter_energy_ratio": -1,
        "meter_energy_ratio_before": 0,
        "meter_events_box_open": +1,
        "meter_events_cover_open": +1,
        "meter_events_magnet": +1,
        "meter_events_terminal_cover_open": +1,
        "meter_idle_hours": 0,
        "meter_low_voltage_hours": 0,
        "meter_neutral": +1,
    }
)
"""What a trained fusion reads of this layer, and the direction in which it may count: +1 where a greater score can
only make theft more likely, −1 where only less, 0 where either."""


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what the meter says of each candidate.

    Scores: ``meter_energy_ratio`` (kWh over kVAh) and its ``_before``, ``meter_idle_hours``,
        ``meter_low_voltage_hours``, ``meter_dead_phase_hours``,
    ``meter_neutral``, ``meter_reverse_kwh`` (kWh a day), ``meter_events_<name>`` (days with such an event), and those
    of :class:`~lamplighter.business.detection.anomaly_output.AnomalyResult`.
    """
    window = material.window
    third = max(len(window.days) // 3, 1)
    days = _electrical_days(material, settings)
    early, late = add_up_signs(days, slice(0, third)), add_up_signs(days, slice(-third, None))
    events = _events(material, settings)
    whole = add_up_signs(days, slice(None))
    seen, set_aside = look_at(
        material=material,
        electrical=days,
        events=events,
        usual_ratio=_usual_ratio(
            whole.energy_ratio,
            whole.loaded_slots >= settings.number("meter.least_loaded_slots"),
            window.candidate_strings("wiring"),
            settings.number("meter.smallest_wiring"),
        ),
        settings=settings,
    )
    pack = carry_out_pack(material=material, seen=seen, set_aside=set_aside, settings=settings)
    counts, first_on = _count_events(material, events)
    reverse = window.trusted.day_reverse_kwh[window.meters, window.first :]
    exported = np.where(np.isfinite(reverse), reverse, 0.0).sum(axis=1) / np.maximum(
        np.isfinite(reverse).sum(axis=1), 1
    )
    scores: dict[str, Floats] = {
        "meter_energy_ratio": late.energy_ratio,
        "meter_month_kwh": _missing_month_kwh(material, late, settings),
        "meter_energy_ratio_before": early.energy_ratio,
        "meter_idle_hours": late.idle_hours,
        "meter_low_voltage_hours": late.low_voltage_hours,
        "meter_dead_phase_hours": late.dead_phase_hours,
        "meter_neutral": late.neutral_share,
        "meter_reverse_kwh": np.where(np.isfinite(reverse).any(axis=1), exported, np.nan),
        **{f"meter_events_{name}": counts[name].astype(np.float64) for name in sorted(counts)},
        **pack.scores,
    }
    has_events = window.block.tables.get("core_meter_event")
    reads_electrical = np.isfinite(late.idle_hours)
    return LayerResult(
        layer=Layer.METER,
        is_available=reads_electrical | (has_events is not None and has_events.num_rows > 0),
        scores=scores,
        findings=(
            *_electrical_findings(material, scores, late, settings),
            *_event_findings(material, counts, first_on, settings),
        ),
        tables=pack.tables,
    )


def _electrical_days(material: Material, settings: DetectionSettings) -> ElectricalDays:
    window = material.window
    return read_electrical_days(
        metered_kwh=window.trusted.metered_kwh,
        channels=window.block.channels,
        meters=window.meters,
        first=window.first,
        limits=electrical_limits(material, settings),
        hours=window.block.interval_minutes / 60.0,
    )


def _electrical_findings(
    material: Material, scores: dict[str, Floats], late: ElectricalSigns, settings: DetectionSettings
) -> tuple[Finding, ...]:
    number, window = settings.number, material.window
    first, last = window.days[-max(len(window.days) // 3, 1)], window.last_day
    enough = late.loaded_slots >= number("meter.least_loaded_slots")
    ratio = late.energy_ratio
    usual = _usual_ratio(ratio, enough, window.candidate_strings("wiring"), number("meter.smallest_wiring"))
    # Who generates has current both ways: energy below current, and a register that stands, are then as they should be.
    takes_only = ~material.generates
    # Meters of one company that round alike have the same bias: the ratio is held against the others'.
    short = ramp(ratio / usual, start=number("meter.ratio_start"), end=number("meter.ratio_end")) * enough * takes_only
    reverse = ramp(
        scores["meter_reverse_kwh"], start=number("meter.reverse_start_kwh"), end=number("meter.reverse_end_kwh")
    )
    if window.trusted.reverse_kwh is None:
        # Without a curve nobody can see whether it is the sun: a plant that was never registered is as likely.
        reverse = reverse * number("meter.reverse_without_curve")
    spread = {"first_on": first, "last_on": last}
    hours = {"start": number("meter.hours_start"), "end": number("meter.hours_end")}
    return (
        found_where(
            code="energy_below_current",
            strength=short,
            value=ratio,
            expected=usual,
            unit="kWh/kVAh",
            **spread,
        ),
        found_where(
            code="stands_still",
            strength=ramp(late.idle_hours, **hours) * takes_only,
            value=late.idle_hours,
            expected=0.0,
            unit="h",
            **spread,
        ),
        found_where(
            code="phase_without_voltage",
            strength=ramp(late.low_voltage_hours, **hours),
            value=late.low_voltage_hours,
            expected=0.0,
            unit="h",
            **spread,
        ),
        found_where(
            code="phase_without_current",
            strength=ramp(
                late.dead_phase_hours, start=number("meter.dead_hours_start"), end=number("meter.dead_hours_end")
            ),
            value=late.dead_phase_hours,
            expected=0.0,
            unit="h",
            **spread,
        ),
        found_where(
            code="neutral_differs",
            strength=ramp(late.neutral_share, start=number("meter.unlike_start"), end=number("meter.unlike_end")),
            value=late.neutral_share,
            expected=0.0,
            unit="share",
            **spread,
        ),
        found_where(
            code="reverse_energy",
            strength=reverse * takes_only,
            value=scores["meter_reverse_kwh"],
            expected=0.0,
            unit="kWh/d",
            first_on=window.days[0],
            last_on=last,
        ),
    )


def _usual_ratio(
    ratio: Floats, enough: npt.NDArray[np.bool_], wiring: npt.NDArray[np.object_], smallest: float
) -> Floats:
    """Return the median ratio of meters wired alike, NaN for a kind of wiring too rare to say what is usual."""
    usual = np.full(len(ratio), np.nan)
    words = wiring.astype(str)
    for word in np.unique(words):
        known = enough & np.isfinite(ratio) & (words == word)
        if known.sum() >= smallest:
            usual[words == word] = float(np.median(ratio[known]))
    return usual


def _missing_month_kwh(material: Material, late: ElectricalSigns, settings: DetectionSettings) -> Floats:
    wiring = material.window.candidate_strings("wiring")
    known = np.isfinite(late.energy_ratio)
    usual = _usual_ratio(late.energy_ratio, known, wiring, settings.number("meter.smallest_wiring"))
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(late.energy_ratio > 0.0, usual / late.energy_ratio - 1.0, np.nan)
    return times * material.window.mean_daily_kwh * DAYS_A_MONTH


def _events(material: Material, settings: DetectionSettings) -> CleanEvents:
    window = material.window
    ids = window.block.meter_ids[window.meters]
    installed = window.block.archive.column("installed_on").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    areas = [str(window.block.area_ids[a]) if a >= 0 else None for a in window.area]
    return clean_events(
        events=window.block.tables.get("core_meter_event"),
        installed_on=dict(zip(ids, installed[window.meters], strict=True)),
        area_of=dict(zip(ids, areas, strict=True)),
        last_day=window.last_day,
        storm_share=settings.number("meter.storm_share"),
        storm_least=int(settings.number("meter.storm_least")),
    )


def _count_events(material: Material, events: CleanEvents) -> tuple[dict[str, npt.NDArray[np.int64]], dict[str, Days]]:
    window = material.window
    place = {meter: i for i, meter in enumerate(window.block.meter_ids[window.meters])}
    counts: dict[str, npt.NDArray[np.int64]] = {name: np.zeros(len(place), np.int64) for name in OPENED}
    latest: dict[str, Days] = {name: np.full(len(place), np.datetime64("NaT", "D")) for name in OPENED}
    for meter, name, day in zip(events.meter_ids, events.names, events.on, strict=True):
        if name in counts and day >= window.days[0]:
            counts[name][place[meter]] += 1
            latest[name][place[meter]] = day
    return counts, latest


def _event_findings(
    material: Material,
    counts: dict[str, npt.NDArray[np.int64]],
    latest: dict[str, Days],
    settings: DetectionSettings,
) -> tuple[Finding, ...]:
    number, window, changes = settings.number, material.window, material.changes
    changed_on = window.days[np.maximum(changes.split, 0)]
    fell = ramp(changes.t, start=number("change.t_start"), end=number("change.t_end"))
    fell *= ramp(changes.drop_share, start=number("change.drop_start"), end=number("change.drop_end"))
    findings = []
    for name in OPENED:
        on = latest[name]
        since = (changed_on - on).astype("timedelta64[D]").astype(np.float64)
        after = np.isfinite(since) & (since >= -1) & (since <= number("meter.after_event_days")) & (changes.split >= 0)
        alone = np.where(counts[name] > 0, number("meter.event_alone"), 0.0)
        strength = np.where(after, alone + (1.0 - alone) * fell, alone)
        findings.append(
            found_where(
                code=f"event_{name}",
                strength=strength,
                value=counts[name].astype(np.float64),
                expected=0.0,
                unit="d",
                first_on=on,
                last_on=on,
            )
        )
    return tuple(findings)
