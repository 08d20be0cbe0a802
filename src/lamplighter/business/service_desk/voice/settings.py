"""What a company uses to hear and to speak: its own ``voice.toml``, else what is installed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.settings import Home

FILE: Final = "voice.toml"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_KNOWN: Final = {"hearing": {"weights", "engine", "seconds"}, "speaking": {"engine", "prompts", "seconds"}}


class VoiceSettingsInvalid(LamplighterError):
    """The company's file of its voice cannot be used."""

    def __init__(self, file: Path, fault: str) -> None:
        self.file, self.fault = file, fault
        super().__init__(text("voice.settings_invalid", file=file, fault=fault))


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """What a company hears and speaks with.

    Attributes:
        weights: folder of a converted Whisper model; None = those of the extra.
        hearing_engine: address of the company's own recogniser; empty = whisper on this machine.
        speaking_engine: address of its own engine of speech; empty = recorded prompts alone.
        prompts: folder of recorded prompts, a folder for each language in it.
        hearing_seconds, speaking_seconds: how long an engine may take.
    """

    weights: Path | None
    hearing_engine: str
    speaking_engine: str
    prompts: Path
    hearing_seconds: float = 20.0
    speaking_seconds: float = 8.0


def read_voice_settings(home: Home) -> VoiceSettings:
    """Return what a company hears and speaks with.

    Raises:
        VoiceSettingsInvalid: an unknown section or field, or an address that is neither https nor this machine's.

    Example:
        >>> read_voice_settings(Home(Path("/nowhere"))).prompts.as_posix()
        '/nowhere/settings/prompts'
    """
    file = home.settings / FILE
    prompts = home.settings / "prompts"
    if not file.exists():
        return VoiceSettings(None, "", "", prompts)
    try:
        own = tomllib.loads(file.read_text(encoding="utf-8"))
        strange = set(own) - set(_KNOWN)
        strange |= {f"{part}.{name}" for part in _KNOWN for name in set(own.get(part, {})) - _KNOWN[part]}
        if strange:
            raise ValueError(", ".join(sorted(strange)))
        hearing, speaking = own.get("hearing", {}), own.get("speaking", {})
        return VoiceSettings(
            weights=_folder(home, hearing["weights"]) if "weights" in hearing else None,
            hearing_engine=_address(hearing.get("engine", "")),
            speaking_engine=_address(speaking.get("engine", "")),
            prompts=_folder(home, speaking["prompts"]) if "prompts" in speaking else prompts,
            hearing_seconds=float(hearing.get("seconds", 20.0)),
            speaking_seconds=float(speaking.get("seconds", 8.0)),
        )
    except (OSError, ValueError, TypeError, AttributeError) as failure:
        raise VoiceSettingsInvalid(file, str(failure)) from failure


def _folder(home: Home, given: Any) -> Path:
    return home.settings / str(given)


def _address(given: Any) -> str:
    parts = urlsplit(str(given))
    is_ours = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if given and not is_ours and not (parts.scheme == "https" and parts.hostname):
        raise ValueError(str(given))
    return str(given)
