"""How a text sounds: toneless syllables, with the sounds many speakers and input methods mix up made alike."""

from __future__ import annotations

from functools import cache

# Mixed up by ear in wide parts of the country: flat and curled tongue, n and l, f and h, front and back nasals.
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))


@cache
def _readings(character: str) -> str:
    from pypinyin import Style, pinyin

    return str(pinyin(character, style=Style.NORMAL, errors="ignore")[0][0])


@cache
def blurred_sound(character: str) -> str:
    """Return the blurred syllable of one character; a sign that has no sound stays itself.

    Example:
        >>> blurred_sound("电") == blurred_sound("店"), blurred_sound("中") == blurred_sound("宗"), blurred_sound("a")
        (True, True, 'a')
    """
    if not "\u4e00" <= character <= "\u9fff":
        return character
    try:
        syllable = _readings(character)
    except IndexError:
        # A rare character the tables have no reading for.
        return character
    for heard, blurred in _INITIALS:
        if syllable.startswith(heard):
            syllable = blurred + syllable[len(heard) :]
            break
    for heard, blurred in _FINALS:
        if syllable.endswith(heard):
            return syllable[: -len(heard)] + blurred
    return syllable


def sound_of(text: str) -> tuple[str, ...]:
    """Return the blurred syllable of each character that has a sound, Latin words whole, signs left out.

    Example:
        >>> sound_of("电费，app交")
        ('dian', 'fei', 'app', 'jiao')
    """
    syllables: list[str] = []
    word = ""
    for character in text:
        if character.isascii() and character.isalnum():
            word += character
            continue
        if word:
            syllables.append(word)
            word = ""
        if "\u4e00" <= character <= "\u9fff":
            syllables.append(blurred_sound(character))
    if word:
        syllables.append(word)
    return tuple(syllables)
