"""What people read: message ids with placeholders, one TOML catalogue per room and language.

``text("line_loss.class.high", rate=0.21)`` reads the key ``class.high`` of ``<language>/line_loss.toml``. Adding a
room means adding one file to ``zh/`` and one to ``en/``; a test holds both to the same ids and placeholders.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Final, Literal

from lamplighter.base.errors import LamplighterError

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_spoken: ContextVar[Language | None] = ContextVar("spoken", default=None)


class Said(str):
    """A message as it was said; it is its words, and knows its id and fields, so that it can be said again.

    Joined to other words it becomes plain words; so it does on its way to another process.

    Attributes:
        message_id: of the message; empty for words that are none.
        fields: values of its placeholders.
    """

    message_id: str = ""
    fields: Mapping[str, object] = {}

    def in_language(self, spoken: Language) -> str:
        """Return the same message in another language, those among its fields that are messages as well.

        Example:
            >>> said = text("house.yes", in_language="en")
            >>> said, said.in_language("zh")
            ('yes', '是')
        """
        again = {
            name: value.in_language(spoken) if isinstance(value, Said) else value for name, value in self.fields.items()
        }
        return text(self.message_id, in_language=spoken, **again)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


class MessageUnknown(LookupError):
    """A message id stands in no catalogue: a defect of ours, not of the reader."""

    def __init__(self, message_id: str, *, language: str) -> None:
        self.message_id, self.language = message_id, language
        room, _, key = message_id.partition(".")
        super().__init__(f"No message {message_id!r}: add {key!r} to base/messages/{language}/{room}.toml.")


class MessageFieldMissing(LookupError):
    """A message was asked for without a value for one of its placeholders: a defect of ours."""

    def __init__(self, message_id: str, *, field: str) -> None:
        self.message_id, self.field = message_id, field
        super().__init__(
            f"Message {message_id!r} needs a value for {{{field}}}: pass text({message_id!r}, {field}=...)."
        )


class LanguageUnknown(LamplighterError):
    """LAMPLIGHTER_LANG names a language that Lamplighter does not speak."""

    def __init__(self, asked: str) -> None:
        self.asked = asked
        # In every language: which one the reader has is what went wrong.
        super().__init__(" ".join(text("house.language_unknown", in_language=each, asked=asked) for each in LANGUAGES))


def language(environ: Mapping[str, str] | None = None) -> Language:
    """Return the language to speak: that of ``LAMPLIGHTER_LANG``, otherwise Chinese in a Chinese locale, else English.

    Args:
        environ: environment to read; the process's own when absent. A running :func:`speaking` goes before it.

    Raises:
        LanguageUnknown: ``LAMPLIGHTER_LANG`` is set to neither a Chinese nor an English tag.

    Example:
        >>> language({"LANG": "zh_CN.UTF-8"}), language({"LANG": "C.UTF-8"}), language({"LAMPLIGHTER_LANG": "zh-CN"})
        ('zh', 'en', 'zh')
    """
    if environ is None:
        spoken = _spoken.get()
        if spoken is not None:
            return spoken
        environ = os.environ
    asked = environ.get("LAMPLIGHTER_LANG", "")
    if asked:
        tag = asked.lower().replace("-", "_").split("_")[0].split(".")[0]
        if tag not in LANGUAGES:
            raise LanguageUnknown(asked)
        return tag
    # The order in which the C library decides about messages.
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


@contextmanager
def speaking(chosen: Language) -> Iterator[None]:
    """Speak one language inside the block, whatever the environment says.

    Example:
        >>> with speaking("zh"):
        ...     text("house.yes")
        '是'
    """
    token = _spoken.set(chosen)
    try:
        yield
    finally:
        _spoken.reset(token)


@cache
def catalogue(of: Language) -> Mapping[str, str]:
    """Return every message of one language by its id (``room.path.to.key``).

    Example:
        >>> catalogue("en")["house.yes"]
        'yes'
    """
    messages: dict[str, str] = {}
    for file in resources.files(__name__).joinpath(of).iterdir():
        if file.name.endswith(".toml"):
            messages.update(_flat(tomllib.loads(file.read_text(encoding="utf-8")), file.name.removesuffix(".toml")))
    return messages


def _flat(branch: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, value in branch.items():
        if isinstance(value, str):
            yield f"{path}.{key}", value
        elif isinstance(value, dict):
            yield from _flat(value, f"{path}.{key}")
        else:
            raise TypeError(f"Message {path}.{key} is {value!r}: messages are text, write it in quotes.")


def spoken_half(written: str) -> str:
    """Return the half of a source of a rule that is in the language spoken, where it is written in both.

    Data name a source once, as ``中文 / English``; what is written otherwise is returned as it is.

    Example:
        >>> with speaking("en"):
        ...     spoken_half("公司惯例 / company practice"), spoken_half("45 / 90 min"), spoken_half("DL/T 448")
        ('company practice', '45 / 90 min', 'DL/T 448')
        >>> with speaking("zh"):
        ...     spoken_half("公司惯例 / company practice")
        '公司惯例'
    """
    chinese, separator, english = written.partition(" / ")
    is_both = bool(separator) and bool(_CHINESE.search(chinese)) and not _CHINESE.search(english)
    if not is_both:
        return written
    return chinese if language() == "zh" else english


def placeholders(message: str) -> frozenset[str]:
    """Return the names of a message's placeholders.

    Example:
        >>> sorted(placeholders("{area} loses {rate:.2%}"))
        ['area', 'rate']
    """
    return frozenset(
        name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(message) if name is not None
    )


def text(message_id: str, /, *, in_language: Language | None = None, **fields: object) -> str:
    """Return a message with its placeholders filled.

    Args:
        message_id: room, dot, path in the room's catalogue, for example ``line_loss.class.high``.
        in_language: language to use instead of :func:`language`, for a page that carries both.
        fields: a value for each placeholder; format specifications stand in the catalogue (``{rate:.2%}``).

    Returns:
        A :class:`Said`, which is text like any other and can be said again in another language.

    Raises:
        MessageUnknown: no catalogue has the id.
        MessageFieldMissing: a placeholder has no value.

    Example:
        >>> text("house.version", in_language="en", version="1.2.3")
        'Lamplighter 1.2.3'
    """
    spoken = in_language or language()
    message = catalogue(spoken).get(message_id)
    if message is None:
        raise MessageUnknown(message_id, language=spoken)
    try:
        said = Said(message.format_map(fields))
    except KeyError as missing:
        raise MessageFieldMissing(message_id, field=str(missing.args[0])) from missing
    said.message_id, said.fields = message_id, fields
    return said
