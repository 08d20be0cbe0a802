"""The curve viewer of a meter: days at a glance, one day slot by slot with voltage and current, and its versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse

from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.business.customers.desk_queries import FoundCustomer
from lamplighter.business.detection.desk_queries import PeerCurve
from lamplighter.business.trusted_energy.queries.explain import MeterDay
from lamplighter.business.trusted_energy.records import Quality
from lamplighter.doors.web.pages import load_of
from lamplighter.journeys.curve_reading import (
    CURRENTS,
    VOLTAGES,
    CurveYear,
    DayVersion,
    read_channels,
    read_versions,
)
from lamplighter.journeys.customer_panorama import CurveDay, Panorama, read_meter_day, read_meter_days

WINDOW_DAYS: Final = 90
YEAR_DAYS: Final = 365
_FILLED: Final = ("estimated", "substituted")


def curve_context(
    request: HttpRequest, found: FoundCustomer, panorama: Panorama, lake: Lake, *, prefers: str = ""
) -> dict[str, Any]:
    """Return what the curve viewer shows: the days of a meter at a glance, and one of them slot by slot.

    Args:
        request: names meter, day and state of knowledge wanted.
        found: the customer.
        panorama: with his meters.
        lake: where curves are.
        prefers: meter to show where none is named.
    """
    meters = {meter["meter_id"]: meter for meter in panorama.meters}
    load = load_of(request)
    if not meters or load is None or load.night_on is None:
        return {"curve_meter": None}
    asked = request.GET.get("meter", "") or prefers
    meter = meters[asked] if asked in meters else panorama.meters[0]
    first_on = load.night_on - dt.timedelta(days=YEAR_DAYS - 1)
    on_date = _day_asked(request.GET.get("day", ""), first_on=first_on, last_on=load.night_on)
    known = _instant_asked(request.GET.get("known", ""))
    of_meter = {"meter_id": meter["meter_id"], "bucket": meter["bucket"]}
    days = read_meter_days(
        lake,
        **of_meter,
        first_on=load.night_on - dt.timedelta(days=WINDOW_DAYS - 1),
        last_on=load.night_on,
        as_known_at=known,
    )
    shown = read_meter_day(lake, meter_id=meter["meter_id"], on_date=on_date, as_known_at=known)
    channels = read_channels(lake, **of_meter, on_date=on_date, as_known_at=known)
    versions = read_versions(lake, **of_meter, on_date=on_date)
    return {
        "curve_meter": meter,
        "curve_meters": list(meters),
        "curve_day": on_date,
        "curve_first": first_on,
        "curve_last": load.night_on,
        "curve_before": max(on_date - dt.timedelta(days=1), first_on),
        "curve_after": min(on_date + dt.timedelta(days=1), load.night_on),
        "curve_known": known.isoformat() if known else "",
        "versions": [_say_version(version, ZoneInfo(load.timezone)) for version in versions],
        "meter_day": shown,
        "days_chart": _glance(days, url=reverse("customer_curve", args=[found.number]), meter=meter["meter_id"]),
        "slots_chart": None if shown is None or not shown.slots else _slots(shown),
        "electric_chart": _electric(channels) if channels else None,
        "heat_url": f"{reverse('customer_heat', args=[found.number])}?meter={meter['meter_id']}",
    }


def _day_asked(asked: str, *, first_on: dt.date, last_on: dt.date) -> dt.date:
    try:
        return min(max(dt.date.fromisoformat(asked), first_on), last_on)
    except ValueError:
        return last_on


def _instant_asked(asked: str) -> dt.datetime | None:
    """Return the UTC-naive instant an address asks for; None for the newest state, and for what is no instant."""
    try:
        found = dt.datetime.fromisoformat(asked)
    except ValueError:
        return None
    return found if found.tzinfo is None else found.astimezone(dt.UTC).replace(tzinfo=None)


def _say_version(version: DayVersion, zone: ZoneInfo) -> dict[str, Any]:
    at = version.known_at.replace(tzinfo=dt.UTC).astimezone(zone)
    return {
        "value": version.known_at.isoformat(),
        "at": f"{at:%Y-%m-%d %H:%M:%S}",
        "kind": text(f"desk.curve.version.{version.kind}"),
        "energy_kwh": version.energy_kwh,
    }


def _glance(days: Sequence[CurveDay], *, url: str, meter: str) -> dict[str, Any]:
    return {
        "kind": "glance",
        "days": [day.on_date.isoformat() for day in days],
        "kwh": [None if day.energy_kwh is None else round(day.energy_kwh, 3) for day in days],
        "estimated": [number for number, day in enumerate(days) if day.is_estimated],
        "url": url,
        "meter": meter,
        "words": {
            "measured": text("desk.curve.measured"),
            "estimated": text("desk.curve.estimated"),
            "unit": "kWh",
        },
    }


def _slots(shown: MeterDay) -> dict[str, Any]:
    """Return the slots of a day as mean power, kW: a line people know from the screen of a load monitor."""
    scale = shown.multiplier * len(shown.slots) / 24

    def power(value: float | None) -> float | None:
        return None if value is None else round(value * scale, 4)

    return {
        "kind": "slots",
        "at": [slot.starts_at[11:16] for slot in shown.slots],
        "received": [power(slot.received_kwh) for slot in shown.slots],
        "trusted": [power(slot.trusted_kwh) for slot in shown.slots],
        "filled": [number for number, slot in enumerate(shown.slots) if slot.quality in _FILLED],
        # One letter a slot: words stand once.
        "quality": "".join(str(Quality[slot.quality.upper()].value) for slot in shown.slots),
        "words": {
            "received": text("desk.curve.received"),
            "trusted": text("desk.curve.trusted"),
            "unit": "kW",
            "quality": [text(f"desk.curve.quality.{quality.name.lower()}") for quality in Quality],
        },
    }


def _electric(channels: dict[str, list[float | None]]) -> dict[str, Any]:
    """Return voltages and currents of a day, each with its phase."""
    return {
        "kind": "electric",
        "volts": [[text(f"desk.curve.channel.{name}"), channels[name]] for name in VOLTAGES if name in channels],
        "amperes": [[text(f"desk.curve.channel.{name}"), channels[name]] for name in CURRENTS if name in channels],
    }


def heat_document(year: CurveYear) -> dict[str, Any]:
    """Return a year hour by hour, compact: tens of watts as whole numbers, one digit of quality a day.

    It begins with the first day of which something is known; a day of which nothing is known is an empty row.
    """
    known = [any(value is not None for value in day) for day in year.kw]
    begin = known.index(True) if True in known else len(known)
    return {
        "first": (year.first_on + dt.timedelta(days=begin)).isoformat(),
        "tens": [
            [None if value is None else round(100 * value) for value in day] if is_known else []
            for day, is_known in zip(year.kw[begin:], known[begin:], strict=True)
        ],
        "quality": "".join(str(quality.value) for quality in year.quality[begin:]),
        "words": {
            "quality": [text(f"desk.curve.quality.{quality.name.lower()}") for quality in Quality],
            "hour": text("desk.curve.hour"),
        },
    }


def peers_chart(curve: PeerCurve) -> dict[str, Any]:
    """Return a suspect's days beside the middle half of his peers."""
    days = [(curve.first_on + dt.timedelta(days=number)).isoformat() for number in range(len(curve.own))]
    return {
        "kind": "peers",
        "days": days,
        "own": list(curve.own),
        "low": list(curve.low),
        "mid": list(curve.mid),
        "high": list(curve.high),
        "words": {
            "own": text("desk.peers.own"),
            "mid": text("desk.peers.mid"),
            "band": text("desk.peers.band"),
            "unit": "kWh",
        },
    }
