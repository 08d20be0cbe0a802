"""How a company's outbox works: channels, pauses, what is sent at all; the package's, then the company's own."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.outbox.records import Channel

FILE: Final = "outbox.toml"
"""Name of a company's own file in the settings of its home."""

_KNOWN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "file": frozenset({"adapter"}),
        "smtp": frozenset({"adapter", "host", "port", "user", "password_file", "sender", "security"}),
        "http": frozenset({"adapter", "url", "secret_file"}),
    }
)


class OutboxSettingsInvalid(LamplighterError):
    """The company's file of its outbox cannot be used."""

    def __init__(self, file: Path, fault: str) -> None:
        self.file, self.fault = file, fault
        super().__init__(text("outbox.settings_invalid", file=file, fault=fault))


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """How the outbox works.

    Attributes:
        pauses_minutes: pause after the first, the second, … attempt.
        lost_after: how long a worker may hold a message.
        callback_most_seconds: how old a signed answer of a channel may be.
        appointments: customers are told of planned visits.
        telephone: number for questions that customers are told; empty where the company gave none.
        remind_days_before: staff are reminded of a deadline so many days before; 0 = never.
        channels: adapter and what it needs, by channel.
        needs_confirmation: pauses are the company's to confirm.
    """

    pauses_minutes: tuple[int, ...]
    lost_after: dt.timedelta
    callback_most_seconds: int
    appointments: bool
    telephone: str
    remind_days_before: int
    channels: Mapping[Channel, Mapping[str, Any]]
    needs_confirmation: bool


def read_outbox_settings(folder: Path | None = None) -> OutboxSettings:
    """Return how the outbox works.

    Args:
        folder: the company's settings; ``outbox.toml`` in it, where there is one, is laid over the package's own.

    Raises:
        OutboxSettingsInvalid: an unknown section, field, channel or adapter, or a value that means nothing.

    Example:
        >>> read_outbox_settings().channels[Channel.SMS]["adapter"], read_outbox_settings().appointments
        ('file', False)
    """
    packaged = tomllib.loads(resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    file = folder / FILE if folder else None
    if file is None or not file.exists():
        return _settings(packaged)
    try:
        own = tomllib.loads(file.read_text(encoding="utf-8"))
        return _settings(_overlaid(packaged, own))
    except (OSError, ValueError, TypeError, KeyError) as failure:
        raise OutboxSettingsInvalid(file, str(failure)) from failure


def _overlaid(packaged: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    strange = set(own) - set(packaged)
    found: dict[str, Any] = {}
    for section, values in packaged.items():
        given = own.get(section, {})
        if section == "channel":
            strange |= set(given) - set(Channel) | ({Channel.HAND} & set(given))
            # An adapter is named with all it needs: nothing of the packaged one is left under it.
            found[section] = {**values, **given}
            continue
        strange |= set(given) - set(values)
        found[section] = {**values, **given}
    if strange:
        raise ValueError(", ".join(sorted(strange)))
    return found


def _settings(content: Mapping[str, Any]) -> OutboxSettings:
    sending, send = content["sending"], content["send"]
    channels = {}
    for name, given in content["channel"].items():
        known = _KNOWN.get(str(given.get("adapter")))
        if known is None or set(given) - known:
            raise ValueError(f"channel.{name}: {given.get('adapter')} {sorted(set(given) - (known or set()))}")
        channels[Channel(name)] = MappingProxyType(dict(given))
    pauses = tuple(int(each) for each in sending["pauses_minutes"])
    if any(pause < 0 for pause in pauses) or int(send["remind_days_before"]) < 0:
        raise ValueError("pauses_minutes, remind_days_before")
    return OutboxSettings(
        pauses_minutes=pauses,
        lost_after=dt.timedelta(seconds=int(sending["lost_after_seconds"])),
        callback_most_seconds=int(sending["callback_most_seconds"]),
        appointments=bool(send["appointments"]),
        telephone=str(send["telephone"]),
        remind_days_before=int(send["remind_days_before"]),
        channels=MappingProxyType(channels),
        needs_confirmation=sending["evidence"] in ("M-L", "P"),
    )
