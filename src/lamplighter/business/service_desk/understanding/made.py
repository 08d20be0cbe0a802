"""Utterances made from a grammar, and by what people add and mistake: only ever learned from, never tried on."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Final

from lamplighter.business.service_desk.understanding.corpus import Utterance
from lamplighter.methods.language.sounds import blurred_sound

_GROUP: Final = re.compile(r"\(([^()]*)\)")
_BEFORE: Final = ("", "", "", "", "请问", "你好", "那个", "我想问一下", "喂", "麻烦问下", "就是", "同志", "哎")
_AFTER: Final = ("", "", "", "", "", "谢谢", "急", "啊", "呀", "麻烦了")
MADE_AN_INTENT: Final = 80
MADE_OTHER: Final = 640
_MISTAKES: Final = 0.12
"""Share of made utterances in which one character is written as another of the same sound."""


@cache
def _frames() -> tuple[tuple[str, str], ...]:
    content = resources.files(__name__.rpartition(".")[0]).joinpath("templates.txt").read_text(encoding="utf-8")
    frames, intent = [], ""
    for line in content.splitlines():
        if line.startswith("[") and line.endswith("]"):
            intent = line[1:-1]
        elif line.strip() and not line.startswith("#"):
            frames.append((intent, line.strip()))
    return tuple(frames)


@cache
def made_utterances() -> tuple[Utterance, ...]:
    """Return the made utterances, always the same: as many of each intent as its frames allow, up to a number.

    Example:
        >>> made = made_utterances()
        >>> len({each.intent for each in made}), made[0].origin
        (50, 'made')
    """
    return tuple(_make())


def _make() -> Iterator[Utterance]:
    by_intent: dict[str, list[str]] = {}
    for intent, frame in _frames():
        by_intent.setdefault(intent, []).append(frame)
    for intent, frames in by_intent.items():
        chance = random.Random(intent)
        wanted = MADE_OTHER if intent == "other" else MADE_AN_INTENT
        seen: set[str] = set()
        for turn in range(wanted * 4):
            if len(seen) >= wanted:
                break
            place = turn % len(frames)
            text = _fill(frames[place], chance)
            if text not in seen:
                seen.add(text)
                yield Utterance(_spoil(text, chance), intent, f"{intent}.made{place}", f"made{1 + place % 2}", "made")


def _fill(frame: str, chance: random.Random) -> str:
    # A frame may be two: a bar outside every bracket parts them.
    inside = _GROUP.sub(lambda group: chance.choice(group[1].split("|")), frame)
    said = chance.choice(inside.split("|"))
    return said.strip() if said.isascii() else chance.choice(_BEFORE) + said + chance.choice(_AFTER)


@cache
def _alike() -> dict[str, Sequence[str]]:
    """Return the common characters of each sound: those the frames themselves use."""
    alike: dict[str, list[str]] = {}
    for sign in sorted({sign for _, frame in _frames() for sign in frame if "\u4e00" <= sign <= "\u9fff"}):
        alike.setdefault(blurred_sound(sign), []).append(sign)
    return dict(alike)


def _spoil(text: str, chance: random.Random) -> str:
    if chance.random() >= _MISTAKES:
        return text
    place = chance.randrange(len(text))
    others = [sign for sign in _alike().get(blurred_sound(text[place]), ()) if sign != text[place]]
    return text[:place] + chance.choice(others) + text[place + 1 :] if others else text
