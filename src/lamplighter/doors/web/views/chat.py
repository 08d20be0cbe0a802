"""The web chat of customers: no log-in, a session of its own, the same with and without script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lamplighter.base.messages import text
from lamplighter.base.security.audit.recording import current_standing
from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.chats.operations import NothingSaid, TooMuch, end_chat, rate_chat
from lamplighter.business.service_desk.chats.records import SATISFACTIONS, ChatView, chat_rules
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.knowledge.graph import edges_of
from lamplighter.business.service_desk.knowledge.queries import read_edges
from lamplighter.business.service_desk.records import HAZARD
from lamplighter.business.service_desk.voice.engines import EngineFailed
from lamplighter.business.service_desk.voice.hearing import can_hear, hear_recording, open_ears
from lamplighter.business.service_desk.voice.rules import voice_rules
from lamplighter.business.service_desk.voice.sound import SoundRefused, read_wav
from lamplighter.doors.web.chat_shown import (
    EVENTS,
    Event,
    sentence_events,
    show_turns,
    stream_answer,
    stream_news,
    turn_event,
)
from lamplighter.journeys.customer_chat import ChatDesk, ProvenAlready, digest_origin

COOKIE: Final = "lamplighter_chat"
SUGGESTED: Final = ("bill", "high", "tariff", "outage", "progress", "test", "complaint")
VOICE_WORDS: Final = (
    "speak",
    "stop",
    "listening",
    "hearing",
    "look_over",
    "unclear",
    "nobody",
    "refused",
    "absent",
    "insecure",
)
"""What the page says of the microphone; ``failed`` is that of the chat."""
_FACTS: Final = ("name", "telephone", "address", "meter")


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
        if not _wants_stream(request):
            return redirect(reverse("chat") + "#last")
        after = desk.reread(held)
        events: list[Event] = [("said", {"number": after.last, **_standing(after)})]
        if found is not None:
            events = [*sentence_events(found.text), turn_event(show_turns(after.turns[-1:])[0], **_standing(after))]
        return stream_answer(events)

    return _act(request, answer)


@never_cache
@login_not_required
@require_POST
def hear(request: HttpRequest) -> HttpResponse:
    """Return what a recorded question says, for its speaker to look over before he sends it; nothing of it is kept."""
    home, file = read_settings().home, request.FILES.get("sound")
    if not can_hear(home):
        return _refuse_sound(text("voice.needs_extra"), status=404)
    if _is_too_much_heard():
        return _refuse_sound(text("chat.error.too_much"), status=429)
    rules = voice_rules().sound
    most = replace(rules, longest_seconds=rules.longest_question_seconds)
    try:
        samples = read_wav(
            file.read(rules.largest_bytes + 1) if file else b"", name=text("voice.web.sound"), rules=most
        )
        said = hear_recording(samples, ears=open_ears(home), language="zh")
    except SoundRefused as refused:
        return _refuse_sound(str(refused), status=422)
    except EngineFailed:
        return _refuse_sound(text("voice.web.failed"), status=503)
    words = "，".join(each.heard.text.rstrip("。.,，") for each in said)
    is_clear = bool(said) and all(each.heard.is_clear for each in said)
    return JsonResponse({"words": words[: chat_rules().longest_words], "is_clear": is_clear})


def _is_too_much_heard() -> bool:
    """Count what is heard from a network address within a minute: hearing costs far more than reading."""
    key = f"heard:{digest_origin(current_standing().origin)}:{int(timezone.now().timestamp()) // 60}"
    cache.add(key, 0, timeout=120)
    return int(cache.incr(key)) > chat_rules().session_per_minute


def _refuse_sound(sentence: str, *, status: int) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


def _standing(held: ChatView) -> dict[str, Any]:
    return {"is_waiting": held.wanted_at is not None, "is_person": bool(held.agent_name)}


@never_cache
@login_not_required
@require_GET
def news(request: HttpRequest) -> HttpResponseBase:
    """Tell an open page what a person of the service says, as a stream."""
    secret = _secret(request)
    if _desk().find(secret) is None:
        return stream_answer([("over", {})])

    def look(after: int) -> tuple[list[Event], bool]:
        found = _desk().news(secret, after=after)
        return [turn_event(shown, is_waiting=True, is_person=True) for shown in show_turns(found or ())], found is None

    return stream_news(look, after=_number(request))


def _number(request: HttpRequest) -> int:
    """Return the last turn a page shows: as its browser says on coming back, else as its script does."""
    asked = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(asked) if asked.isdecimal() and len(asked) < 9 else 0


@never_cache
@login_not_required
@require_POST
def identify(request: HttpRequest) -> HttpResponseBase:
    """Check who speaks, or send a code; a stranger is told the same whether there is such an account or not."""
    typed = {name: request.POST.get(name, "").strip()[:200] for name in ("account", "code", *_FACTS)}

    def check(desk: ChatDesk, held: ChatView) -> HttpResponseBase:
        response = redirect(reverse("chat") + "#last")
        try:
            if request.POST.get("what") == "send_code":
                desk.ask_code(held, typed["account"])
                return response
            facts = {name: typed[name] for name in _FACTS if typed[name]}
            secret = desk.identify(held, account_id=typed["account"], facts=facts, code=typed["code"])
        except ProvenAlready:
            # The page does not ask for it any more; it was open in a second window.
            return response
        if secret:
            _hold(response, request, secret)
        return response

    return _act(request, check)


@never_cache
@login_not_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the conversation: whoever sits at this browser next is a stranger, who may only say how satisfied he was."""
    end_chat(_secret(request), now=timezone.now())
    return redirect("chat")


@never_cache
@login_not_required
@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    """Keep how satisfied a customer was with the conversation that is over, or that he does not say."""
    said = request.POST.get("satisfaction", "")
    if said:
        solved = {"true": True, "false": False}.get(request.POST.get("is_solved", ""))
        try:
            rate_chat(_secret(request), satisfaction=said, is_solved=solved, now=timezone.now())
        except NothingSaid as refused:
            return _show(request, None, refused=str(refused), status=422)
    response = redirect(reverse("chat") + ("?thanks=1" if said else ""))
    response.delete_cookie(COOKIE, path=reverse("chat"), samesite="Strict")
    return response


def _act(request: HttpRequest, do: Callable[[ChatDesk, ChatView], HttpResponseBase]) -> HttpResponseBase:
    desk, begun = _desk(), ""
    try:
        held = desk.find(_secret(request))
        if held is None:
            begun, held = desk.begin(digest_origin(current_standing().origin))
        response = do(desk, held)
    except TooMuch as refused:
        return _refuse(request, str(refused), status=429)
    if begun and COOKIE not in response.cookies:
        _hold(response, request, begun)
    return response


def _wants_stream(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith(EVENTS)


def _desk() -> ChatDesk:
    return ChatDesk(read_settings().home, timezone.now())


def _secret(request: HttpRequest) -> str:
    return str(request.COOKIES.get(COOKIE, ""))[:100]


def _hold(response: HttpResponseBase, request: HttpRequest, secret: str) -> None:
    # The desk says when it is over; the browser only forgets it with the day.
    response.set_cookie(
        COOKIE,
        secret,
        max_age=86_400,
        path=reverse("chat"),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure(),
    )


def _refuse(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    if _wants_stream(request):
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    return _show(request, _desk().find(_secret(request)), refused=sentence, status=status)


def _show(request: HttpRequest, held: ChatView | None, *, refused: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "held": held,
        "turns": show_turns(held.turns) if held else [],
        "is_proven": bool(held and held.account_id),
        "is_to_be_rated": held is None and _desk().may_rate(_secret(request)),
        "is_thanked": held is None and "thanks" in request.GET,
        "satisfactions": [(each, text(f"tickets.satisfaction.{each}")) for each in SATISFACTIONS],
        "suggested": [
            # Understood in Chinese, whatever the button is called.
            (text(f"chat.suggest.{name}", in_language="zh"), text(f"chat.suggest.{name}"))
            for name in SUGGESTED
        ],
        "longest": chat_rules().longest_words,
        "can_hear": can_hear(read_settings().home),
        "longest_spoken": voice_rules().sound.longest_question_seconds,
        "emergency": _emergency(),
        "refused": refused,
        "typed": request.POST.get("words", "") if refused else "",
        "words": {name: text(f"chat.page.{name}") for name in ("you", "us", "waiting", "failed", "served", "queued")}
        | {name: text(f"voice.web.{name}") for name in VOICE_WORDS},
    }
    return render(request, "chat.html", context, status=status)


def _emergency() -> str:
    """Return what to do in danger, with the numbers that hold today."""
    numbers: dict[str, Any] = {
        figure.name: spell_figure(figure)
        for edge in edges_of(HAZARD, on_date=timezone.localdate(), edges=read_edges())
        for figure in edge.values
    }
    return text("chat.page.danger", **numbers)
