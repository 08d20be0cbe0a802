"""What rows of lists and pages are made of: pieces of HTML, each of which escapes what it is given.

A list writes hundreds of cells at every look. Written by functions they cost a fifth of what templates did, and nothing
else about them is special: words come from messages, and only what one of these functions returns is taken for HTML.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lamplighter.base.messages import catalogue, language, text
from lamplighter.base.outbox.records import State
from lamplighter.base.security.actor import Actor
from lamplighter.doors.web.figures import UNKNOWN, instant
from lamplighter.journeys.brief.wording import say_code


@dataclass(frozen=True, slots=True)
class Seen:
    """To whom and when a row is shown.

    Args:
        actor: who looks.
        clock: the company's own.
        now: what is late is late by it.
        request: of the page; forms in a row prove by it that they came from there.
    """

    actor: Actor
    clock: ZoneInfo
    now: dt.datetime
    request: HttpRequest

    def instant(self, at: dt.datetime | None) -> str:
        """Return an instant on the company's clock."""
        return instant(at, self.clock)


def escaped(piece: str) -> str:
    """Return a piece fit for HTML: as it is where it is HTML already, else escaped.

    The same as Django's ``conditional_escape``, which looks for lazy texts at each of the hundreds of calls of a list.

    Example:
        >>> escaped("<b>"), escaped(SafeString("<b>"))
        ('&lt;b&gt;', '<b>')
    """
    return piece if isinstance(piece, SafeString) else escape(piece)


def together(*pieces: str) -> SafeString:
    """Return pieces one after the other.

    Example:
        >>> together(badge("new", "azure"), "<b>")
        '<span class="badge bg-azure-lt">new</span>&lt;b&gt;'
    """
    return SafeString("".join(map(escaped, pieces)))


def apart(pieces: list[str], *, by: str = " · ") -> SafeString:
    """Return pieces with something between them; a dash where there is none.

    Example:
        >>> apart(["a", "<b>"]), apart([])
        ('a · &lt;b&gt;', '—')
    """
    return SafeString(escaped(by).join(map(escaped, pieces)) if pieces else UNKNOWN)


def link(url: str, words: str, *, is_strong: bool = True) -> SafeString:
    """Return a link; a strong one is what a row is about.

    Example:
        >>> link("/areas/A1/", "一台区 & 二台区")
        '<a class="strong" href="/areas/A1/">一台区 &amp; 二台区</a>'
    """
    kind = ' class="strong"' if is_strong else ""
    return SafeString(f'<a{kind} href="{escaped(url)}">{escaped(words)}</a>')


def strong(words: str) -> SafeString:
    """Return words that stand out.

    Example:
        >>> strong("<1>")
        '<b>&lt;1&gt;</b>'
    """
    return SafeString(f"<b>{escaped(words)}</b>")


def under(words: str) -> SafeString:
    """Return a smaller line below what a cell says."""
    return SafeString(f'<div class="under">{escaped(words)}</div>')


def framed(element: str, kind: str, *pieces: str) -> SafeString:
    """Return pieces within an element of a class; both are named by the program, never by what is shown.

    Example:
        >>> framed("p", "failure", "disk <full>")
        '<p class="failure">disk &lt;full&gt;</p>'
    """
    return format_html('<{0} class="{1}">{2}</{0}>', element, kind, together(*pieces))


def badge(words: str, shade: str) -> SafeString:
    """Return a mark in one of Tabler's shades."""
    return SafeString(f'<span class="badge bg-{escaped(shade)}-lt">{escaped(words)}</span>')


def tag(words: str, kind: str) -> SafeString:
    """Return a mark in one of the desk's own colours, see ``desk.css``."""
    return SafeString(f'<span class="tag {escaped(kind)}">{escaped(words)}</span>')


def colour_tag(colour: str) -> SafeString:
    """Return the colour of a suspicion in words."""
    return tag(text(f"desk.colour.{colour}"), colour)


def class_tag(loss_class: str) -> SafeString:
    """Return the class of a loss in words."""
    return tag(say_code("class", loss_class)[language()], f"class-{loss_class}")


_SHADES = {State.DELIVERED: "green", State.FAILED: "red", State.CANCELLED: "secondary"}


def state_badge(state: State) -> SafeString:
    """Return where a message stands."""
    return badge(text(f"outbox.state.{state.value}"), _SHADES.get(state, "blue"))


def due(at: dt.datetime, *, said: str, now: dt.datetime, is_provisional: bool = False) -> SafeString:
    """Return a deadline, marked where it has passed, and where it may move because holidays are not announced yet.

    Args:
        at: the deadline.
        said: the same on the company's clock.
        now: the time.
        is_provisional: it was counted on holidays that are not announced yet.
    """
    late = together(tag(text("cases.overdue"), "red"), " ") if at <= now else ""
    if not is_provisional:
        return together(late, said)
    mark = ' <span class="badge bg-yellow-lt" title="{}">{}</span>'
    return together(late, said, format_html(mark, text("cases.provisional_long"), text("cases.provisional")))


def answered(is_kept: bool | None) -> SafeString:
    """Return whether a customer had his answer in time; a dash where none was promised."""
    if is_kept is None:
        return SafeString(UNKNOWN)
    return together(text("tickets.answered.kept")) if is_kept else tag(text("tickets.answered.late"), "red")


def place(area_name: str, station_name: str) -> SafeString:
    """Return an area with its station below it."""
    return together(area_name or UNKNOWN, under(station_name))


def said_or(message_id: str, otherwise: str) -> str:
    """Return a message whose id ends in a code, or the code itself where no words are known for it."""
    return catalogue(language()).get(message_id, otherwise)


def button(url: str, words: str, seen: Seen, *, is_primary: bool = False) -> SafeString:
    """Return a form of one button, which posts to an address."""
    form = (
        '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<button class="btn btn-sm{}">{}</button></form>'
    )
    return format_html(form, url, get_token(seen.request), " btn-primary" if is_primary else "", words)
