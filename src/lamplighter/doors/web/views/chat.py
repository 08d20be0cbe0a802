"""The web chat of customers: no log-in, a session of its own, the same with and without script."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lamplighter.base.messages import text
from lamplighter.base.security.audit.recording import current_standing
from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.chats.operations import TooMuch, end_chat
from lamplighter.business.service_desk.chats.records import ChatView, chat_rules
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.records import Figure
from lamplighter.journeys.customer_chat import ChatDesk

COOKIE: Final = "lamplighter_chat"
SUGGESTED: Final = ("bill", "high", "tariff", "outage", "progress", "test", "complaint")
_FACTS: Final = ("name", "telephone", "address", "meter")
_SENTENCE: Final = re.compile(r"[^。！？!?;；]*[。！？!?;；]?\s*")
_EVENTS: Final = "text/event-stream"


@never_cache
@login_not_required
@require_GET
def chat(request: HttpRequest) -> HttpResponse:
    """Show the conversation this browser holds, or the beginning of one."""
    return _show(request, _desk().find(_secret(request)))


@never_cache
@login_not_required
@require_POST
def say(request: HttpRequest) -> HttpResponseBase:
    """Answer a customer's words: as a stream of sentences to the page's script, as a whole page without it."""
    words = request.POST.get("words", "").strip()
    if not words:
        return _refuse(request, text("chat.error.empty"), status=422)

    def answer(desk: ChatDesk, held: ChatView) -> HttpResponseBase:
        found = desk.say(held, words)
        if request.headers.get("Accept", "").startswith(_EVENTS):
            return _stream(found.text, found.figures)
        return redirect(reverse("chat") + "#last")

    return _act(request, answer)


@never_cache
@login_not_required
@require_POST
def identify(request: HttpRequest) -> HttpResponseBase:
    """Check who speaks, or send a code; a stranger is told the same whether there is such an account or not."""
    typed = {name: request.POST.get(name, "").strip()[:200] for name in ("account", "code", *_FACTS)}

    def check(desk: ChatDesk, held: ChatView) -> HttpResponseBase:
        response = redirect(reverse("chat") + "#last")
        if request.POST.get("what") == "send_code":
            desk.send_code(held, typed["account"])
            return response
        facts = {name: typed[name] for name in _FACTS if typed[name]}
        secret = desk.identify(held, account_id=typed["account"], facts=facts, code=typed["code"])
        if secret:
            _hold(response, request, secret)
        return response

    return _act(request, check)


@never_cache
@login_not_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the conversation: whoever sits at this browser next is a stranger."""
    end_chat(_secret(request), now=timezone.now())
    response = redirect("chat")
    response.delete_cookie(COOKIE, path=reverse("chat"), samesite="Strict")
    return response


def _act(request: HttpRequest, do: Callable[[ChatDesk, ChatView], HttpResponseBase]) -> HttpResponseBase:
    desk, begun = _desk(), ""
    try:
        held = desk.find(_secret(request))
        if held is None:
            begun, held = desk.begin(_origin())
        response = do(desk, held)
    except TooMuch as refused:
        return _refuse(request, str(refused), status=429)
    if begun and COOKIE not in response.cookies:
        _hold(response, request, begun)
    return response


def _desk() -> ChatDesk:
    return ChatDesk(read_settings().home, timezone.now())


def _secret(request: HttpRequest) -> str:
    return str(request.COOKIES.get(COOKIE, ""))[:100]


def _hold(response: HttpResponseBase, request: HttpRequest, secret: str) -> None:
    age = chat_rules().idle_minutes * 60
    response.set_cookie(
        COOKIE,
        secret,
        max_age=age,
        path=reverse("chat"),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure(),
    )


def _origin() -> str:
    """Return a digest of the network address that is good for counting and for nothing else."""
    return hmac.new(settings.SECRET_KEY.encode(), current_standing().origin.encode(), hashlib.sha256).hexdigest()


def _refuse(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    if request.headers.get("Accept", "").startswith(_EVENTS):
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    return _show(request, _desk().find(_secret(request)), refused=sentence, status=status)


def _show(request: HttpRequest, held: ChatView | None, *, refused: str = "", status: int = 200) -> HttpResponse:
    turns = [(turn, _sources(turn.figures)) for turn in held.turns] if held else []
    context: dict[str, Any] = {
        "turns": turns,
        "is_proven": bool(held and held.account_id),
        "suggested": [text(f"chat.suggest.{name}") for name in SUGGESTED],
        "longest": chat_rules().longest_words,
        "refused": refused,
        "typed": request.POST.get("words", "") if refused else "",
        "facts": _FACTS,
        "words": {name: text(f"chat.page.{name}") for name in ("you", "us", "waiting", "failed", "figures")},
    }
    return render(request, "chat.html", context, status=status)


def _sources(figures: tuple[Figure, ...]) -> list[dict[str, str]]:
    """Return the figures of an answer with what they are and where they come from, those in labels left out."""
    return [
        {
            "name": figure.label or text(f"service_desk.figure.{figure.name}"),
            "figure": spell_figure(figure),
            "source": figure.source,
        }
        for figure in figures
        if figure.name != "label"
    ]


def _stream(said: str, figures: tuple[Figure, ...]) -> StreamingHttpResponse:
    """Return an answer sentence by sentence; not a word of it leaves before every figure of it was checked."""
    events = [("words", {"words": part}) for part in _SENTENCE.findall(said) if part]
    events.append(("figures", {"figures": _sources(figures)}))
    lines = [f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode() for name, data in events]

    async def send() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    response = StreamingHttpResponse(send(), content_type=_EVENTS)
    response.headers["X-Accel-Buffering"] = "no"
    return response
