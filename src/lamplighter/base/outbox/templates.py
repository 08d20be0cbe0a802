"""What messages say: versioned data in both languages, the package's and the company's own."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any, Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import LANGUAGES, Language, text

FILE: Final = "outbox_templates.toml"
"""Name of a company's own file in the settings of its home."""
_PARTS: Final = ("title", "body")


class TemplateUnknown(LookupError):
    """A message was asked for by a template that nobody wrote, or with fields it does not have: a defect of ours."""


class TemplatesInvalid(LamplighterError):
    """The company's file of templates cannot be used."""

    def __init__(self, file: Path, fault: str) -> None:
        self.file, self.fault = file, fault
        super().__init__(text("outbox.templates_invalid", file=file, fault=fault))


@dataclass(frozen=True, slots=True)
class Template:
    """A version of a template.

    Attributes:
        name: kept for ever; ``version`` from 1.
        valid_from: first day it is used.
        fields: names that its words may hold.
        words: title and body by language.
        source: who says so; ``evidence`` the grade.
    """

    name: str
    version: int
    valid_from: dt.date
    fields: tuple[str, ...]
    words: Mapping[Language, Mapping[str, str]]
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        """The company has to confirm the wording."""
        return self.evidence in ("M-L", "P")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message in words, and from what it was drawn."""

    template: Template
    title: str
    body: str

    @property
    def sha256(self) -> str:
        """SHA-256 of what it says."""
        return hashlib.sha256(f"{self.title}\n{self.body}".encode()).hexdigest()


def read_templates(*, on: dt.date, folder: Path | None = None) -> Mapping[str, Template]:
    """Return the template of each name that is used on a day.

    Args:
        on: the day.
        folder: the company's settings; ``outbox_templates.toml`` in it goes before the package on every day it holds.

    Raises:
        TemplatesInvalid: the company's file lacks a language or names a field the message does not have.

    Example:
        >>> read_templates(on=dt.date(2026, 11, 26))["appointment"].needs_confirmation
        True
    """
    packaged = tomllib.loads(resources.files(__package__).joinpath("templates.toml").read_text(encoding="utf-8"))
    rows = [_template(row) for row in packaged["template"]]
    file = folder / FILE if folder else None
    if file is not None and file.exists():
        known = {row.name: row.fields for row in rows}
        try:
            own = [_template(row) for row in tomllib.loads(file.read_text(encoding="utf-8"))["template"]]
            strange = [row.name for row in own if not set(row.fields) <= set(known.get(row.name, ()))]
            if strange:
                raise ValueError(", ".join(strange))
        except (OSError, ValueError, TypeError, KeyError) as failure:
            raise TemplatesInvalid(file, str(failure)) from failure
        rows += own
    return {row.name: row for row in sorted(rows, key=lambda row: row.valid_from) if row.valid_from <= on}


def draw(template: Template, fields: Mapping[str, str], *, language: Language) -> Drawn:
    """Return a message in words.

    Raises:
        TemplateUnknown: the fields are not those of the template.
    """
    missing = set(template.fields) - set(fields)
    if missing:
        raise TemplateUnknown(f"{template.name} {template.version}: {sorted(missing)} not given")
    title, body = (template.words[language][part].format_map(fields) for part in _PARTS)
    return Drawn(template, title, body)


def _template(row: Mapping[str, Any]) -> Template:
    fields = tuple(str(each) for each in row["fields"])
    words: dict[Language, Mapping[str, str]] = {}
    for language in LANGUAGES:
        parts = {part: str(row[language][part]) for part in _PARTS}
        for part in parts.values():
            # Plain names alone: a template from outside must not reach into what it is given.
            strange = {name for _, name, _, _ in Formatter().parse(part) if name is not None} - set(fields)
            if strange:
                raise ValueError(f"{row['name']}: {sorted(strange)}")
        words[language] = parts
    return Template(
        name=str(row["name"]),
        version=int(row["version"]),
        valid_from=row["valid_from"],
        fields=fields,
        words=words,
        source=str(row["source"]),
        evidence=str(row["evidence"]),
    )
