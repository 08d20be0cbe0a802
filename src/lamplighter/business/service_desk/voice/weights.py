"""The weights of whisper-base, put together once from the two packages of data that the extra brings."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

_BLOCK: Final = 1 << 20


class VoiceNeedsExtra(LamplighterError):
    """Nothing that hears is installed, and the company named no engine of its own."""

    def __init__(self) -> None:
        super().__init__(text("voice.needs_extra"))


class WeightsBroken(LamplighterError):
    """Weights are not those that were pinned."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        super().__init__(text("voice.weights_broken", name=name, folder=folder))


@dataclass(frozen=True, slots=True)
class PinnedWeights:
    """What the weights consist of.

    Attributes:
        name: of the model, and of its folder.
        files: name -> SHA-256.
        parts: name -> files of packages it is put together from, in their order, as ``package/path``.
    """

    name: str
    files: Mapping[str, str]
    parts: Mapping[str, Sequence[str]]


@cache
def pinned_weights() -> PinnedWeights:
    """Return the pins of the package.

    Example:
        >>> pinned_weights().name, sorted(pinned_weights().files)[:2]
        ('whisper-base', ['config.json', 'model.bin'])
    """
    row = tomllib.loads(resources.files(__package__).joinpath("weights.toml").read_text(encoding="utf-8"))
    return PinnedWeights(row["name"], row["sha256"], row["parts"])


def has_extra() -> bool:
    """Say whether the extra ``asr`` is installed."""
    return find_spec("faster_whisper") is not None


def has_packaged_weights(pins: PinnedWeights | None = None) -> bool:
    """Say whether the packages of the weights are installed."""
    found = pins or pinned_weights()
    return all(find_spec(part.partition("/")[0]) is not None for parts in found.parts.values() for part in parts)


def ensure_weights(models: Path, *, pins: PinnedWeights | None = None) -> Path:
    """Return the folder with the weights; put them together and check them first where they are not there.

    What is kept was checked when it was put together and appears whole or not at all; it is not read through again.

    Args:
        models: of the home.
        pins: what they consist of; the package's own when absent.

    Raises:
        VoiceNeedsExtra: the packages are not installed.
        WeightsBroken: a file is not the one that was pinned.
    """
    found = pins or pinned_weights()
    folder = models / "speech" / f"{found.name}-{found.files['model.bin'][:12]}"
    if folder.is_dir():
        return folder
    if not has_packaged_weights(found):
        raise VoiceNeedsExtra
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".weights-", dir=folder.parent))
    try:
        for name, parts in found.parts.items():
            if _put_together(staging / name, parts) != found.files[name]:
                raise WeightsBroken(name, folder)
        _appear(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _put_together(target: Path, parts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as file:
        for part in parts:
            package, _, path = part.partition("/")
            with resources.files(package).joinpath(path).open("rb") as source:
                while block := source.read(_BLOCK):
                    digest.update(block)
                    file.write(block)
    return digest.hexdigest()


def _appear(staging: Path, folder: Path) -> None:
    try:
        os.replace(staging, folder)
    except OSError:
        # Another process was first: what stands there was checked by it.
        if not folder.is_dir():
            raise
