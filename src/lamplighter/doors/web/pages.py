"""Which right a page needs, what stands in the menu, and what frames every page.

A new page is a view with :func:`page`, a line in ``urls``, and, where it belongs in the menu, a line in :data:`MENU`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, Concatenate, Final, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from lamplighter.base.desk.models import Load, newest_load
from lamplighter.base.messages import Language, language, speaking, text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.models import Staff
from lamplighter.base.security.policy import Policy, read_policy
from lamplighter.base.settings import read_settings

P = ParamSpec("P")
StaffView = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True, slots=True)
class MenuLine:
    """A line of the menu: name of the address, the right it takes (None: whoever is logged in), its icon.

    Its words are ``desk.menu.<name>``.
    """

    name: str
    right: Right | None
    icon: str
    covers: tuple[str, ...] = ()
    """Names of further addresses that belong to it."""
    group: str = "service"
    """Under which heading of :data:`GROUPS` it stands."""


GROUPS: Final = ("finding", "inspection", "service", "administration")
"""Headings of the menu in their order; the words of each are ``desk.menu_group.<name>``."""

MENU: Final = (
    MenuLine("tonight", Right.SEE_FIGURES, "layout-dashboard", group="finding"),
    MenuLine("map", Right.SEE_FIGURES, "map-2", ("map_of", "map_feeder"), group="finding"),
    MenuLine("areas", Right.SEE_FIGURES, "bolt", ("area", "area_topology", "proposal_decide"), group="finding"),
    MenuLine("suspicions", Right.SEE_SUSPICIONS, "alert-triangle", ("suspicion",), group="finding"),
    MenuLine("search", Right.SEE_CUSTOMERS, "search", ("customer", "customer_bills")),
    MenuLine("tariffs", Right.SEE_CUSTOMERS, "receipt-2"),
    MenuLine(
        "cases",
        Right.SEE_CASES,
        "briefcase",
        ("case", "case_amounts", "case_notices", "case_paper", "verify"),
        group="inspection",
    ),
    MenuLine("tickets", Right.SEE_TICKETS, "headset", ("ticket", "new_ticket")),
    MenuLine(
        "kpi", Right.SEE_FIGURES, "chart-bar", ("kpi_figure", "kpi_calls", "kpi_bills", "appraisals", "appraisal")
    ),
    MenuLine("radar", Right.SUPERVISE_TICKETS, "radar-2", ("radar_heard",)),
    MenuLine("process", Right.SEE_FIGURES, "affiliate", ("processes", "definition", "process_change")),
    MenuLine(
        "contacts",
        Right.SEE_CONTACTS,
        "message-2-check",
        ("contact", "contact_rate", "agreement", "fairness", "coaching", "lessons"),
    ),
    MenuLine("chats", Right.SEE_TICKETS, "message-circle", ("talk",)),
    MenuLine("knowledge", Right.SEE_TICKETS, "book-2", ("knowledge_propose", "knowledge_upload", "knowledge_decide")),
    MenuLine("outbox", Right.SEE_MESSAGES, "messages", ("message", "message_prove")),
    MenuLine("plan", Right.PLAN_VISITS, "route", ("crews", "plan_sheet"), group="inspection"),
    MenuLine("visits", Right.SEE_OWN_VISITS, "calendar-event", group="inspection"),
    MenuLine("models", Right.SEE_OUTCOMES, "chart-line", ("outcomes", "model"), group="inspection"),
    MenuLine("field", Right.SEE_OWN_VISITS, "clipboard-check", group="inspection"),
    MenuLine("trail", Right.SEE_AUDIT, "history", group="administration"),
    MenuLine("security", Right.SEE_SECURITY, "shield-lock", group="administration"),
    MenuLine("tokens", Right.SEE_TOKENS, "key", group="administration"),
    MenuLine("jobs", None, "clock-play", group="administration"),
)


def page(right: Right | None) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Open a view to whoever has a right; it gets the ``actor`` as keyword.

    Args:
        right: what it takes; None = whoever is logged in.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = actor_of(request)
            if right is not None:
                actor.require(right)
            return view(request, *args, actor=actor, **kwargs)

        # The test that walks every address reads it.
        answer.right = right  # type: ignore[attr-defined]
        return answer

    return decorate


def actor_of(request: HttpRequest) -> Actor:
    """Return on whose behalf a request is made; asked for once a request."""
    known = getattr(request, "_lamplighter_actor", None)
    if known is None:
        known = cast("Staff", request.user).as_actor()
        request._lamplighter_actor = known  # type: ignore[attr-defined]
    return cast("Actor", known)


def stand_as(request: HttpRequest, staff: Staff, actor: Actor) -> None:
    """Take a request for that of a service account, whose token it showed."""
    request.user = staff
    request._lamplighter_actor = actor  # type: ignore[attr-defined]


def load_of(request: HttpRequest) -> Load | None:
    """Return what the desk was last loaded with; asked for once a request."""
    if not hasattr(request, "_lamplighter_load"):
        request._lamplighter_load = newest_load()  # type: ignore[attr-defined]
    return cast("Load | None", request._lamplighter_load)  # type: ignore[attr-defined]


def clock_of(request: HttpRequest) -> ZoneInfo:
    """Return the company's own clock."""
    load = load_of(request)
    return ZoneInfo(load.timezone if load else "UTC")


def policy_today() -> Policy:
    """Return the limits and purposes around personal data that hold today."""
    return read_policy(on=timezone.now().date(), folder=read_settings().home.settings)


def menu_of(actor: Actor) -> list[MenuLine]:
    """Return the lines of the menu an actor's roles open."""
    return [line for line in MENU if line.right is None or actor.may(line.right)]


@lru_cache(maxsize=1024)
def _menu(lines: tuple[MenuLine, ...], at: str | None, spoken: Language) -> SafeString:
    """Return the menu of whoever may see some lines; ``at`` is where he is. It says nothing of him but that."""
    with speaking(spoken):
        return mark_safe(render_to_string("parts/menu.html", {"menu": _grouped(lines, at=at)}))


def _grouped(lines: Sequence[MenuLine], *, at: str | None) -> list[dict[str, Any]]:
    """Return the headings of the menu that have a line to show, each with its lines; ``at`` is where the reader is."""
    found = []
    for group in GROUPS:
        shown = [
            {
                "url": reverse(line.name),
                "words": text(f"desk.menu.{line.name}"),
                "icon": line.icon,
                "is_here": at == line.name or at in line.covers,
            }
            for line in lines
            if line.group == group
        ]
        if shown:
            found.append({"name": group, "words": text(f"desk.menu_group.{group}"), "lines": shown})
    return found


def _sso_name() -> str:
    """Return what the company calls its identity provider; empty where it has none."""
    providers: Any = settings.SOCIALACCOUNT_PROVIDERS
    apps = providers["openid_connect"]["APPS"]
    return str(apps[0]["name"]) if apps else ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what frames every page: menu, language, freshness."""
    spoken = language()
    found: dict[str, Any] = {"spoken": spoken, "lang_tag": {"zh": "zh-CN", "en": "en"}[spoken]}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return found | {"sso_name": _sso_name()}
    actor = actor_of(request)
    at = request.resolver_match.url_name if request.resolver_match else ""
    return found | {
        "actor": actor,
        "load": load_of(request),
        "menu": _menu(tuple(menu_of(actor)), at, spoken),
        "may": {right.value: actor.may(right) for right in Right},
    }
