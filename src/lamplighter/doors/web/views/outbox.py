"""*Messages*: what was sent to whom and what came of it, proof of service, and what channels say of themselves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lamplighter.base.documents.attachments import LARGEST_BYTES, Attachment, FileRefused, check_attachment
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.outbox.adapters.gateway import read_secret
from lamplighter.base.outbox.operations import (
    ProofInsufficient,
    cancel_message,
    proof_file,
    prove_service,
    resend_message,
    take_answer,
)
from lamplighter.base.outbox.queries import (
    MessageUnknown,
    find_message,
    find_proof,
    history_of,
    list_messages,
    proofs_of,
)
from lamplighter.base.outbox.records import Channel, MessageRow, ProofKind, SendingFailed, State
from lamplighter.base.outbox.rules import is_signed, may_become
from lamplighter.base.outbox.settings import read_outbox_settings
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.case_serving import SUBJECT
from lamplighter.doors.web.lists import (
    Column,
    Filter,
    ListPage,
    ask_of,
    instant_column,
    show_list,
)
from lamplighter.doors.web.pages import load_of, page
from lamplighter.doors.web.rows import outbox as rows
from lamplighter.doors.web.sending_files import hand_out

_MOST_ANSWER_BYTES = 16_384

_PAGE = ListPage(
    url_name="outbox",
    words="outbox.list",
    columns=(
        Column("subject", is_sorted=False, cell=rows.subject, look="short"),
        Column("recipient", is_sorted=False, cell=lambda row, _: row.recipient_words, look="short"),
        Column("channel", cell=lambda row, _: text(f"outbox.channel.{row.channel.value}"), look="short"),
        Column("state", cell=rows.state, look="short"),
        Column("proof", is_sorted=False, cell=lambda row, _: row.title, look="full"),
        instant_column("queued", lambda row: row.queued_at, look="short"),
    ),
    filters=(
        Filter("state", lambda: [(state.value, text(f"outbox.state.{state}")) for state in State]),
        Filter("channel", lambda: [(each.value, text(f"outbox.channel.{each}")) for each in Channel]),
    ),
)


@page(Right.SEE_MESSAGES)
def outbox(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the messages of one's unit, newest first."""
    part = list_messages(actor=actor, ask=ask_of(request, _PAGE))
    return show_list(request, _PAGE, part)


@page(Right.SEE_MESSAGES)
def message(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a message with its history and its proofs."""
    return _show(request, _find(actor, number), actor=actor)


def _find(actor: Actor, number: int) -> MessageRow:
    found = find_message(actor=actor, number=number)
    if found is None:
        raise Http404
    return found


def _show(
    request: HttpRequest, row: MessageRow, *, actor: Actor, refusal: str = "", form: str = "", status: int = 200
) -> HttpResponse:
    may_handle = actor.may(Right.HANDLE_MESSAGES)
    context = {
        "row": row,
        "history": history_of(row.number),
        "proofs": proofs_of(row.number),
        "kinds": [(kind.value, text(f"outbox.proof.{kind}")) for kind in ProofKind],
        "case_number": int(row.subject.ref) if row.subject.kind == SUBJECT else None,
        "may_cancel": may_handle and may_become(row.state, State.CANCELLED),
        "may_resend": may_handle and row.state is State.FAILED,
        "may_prove": may_handle and row.state is not State.CANCELLED,
        "refusal": refusal,
        "refused_form": form,
        "typed": request.POST,
        "today": today_of(request),
    }
    return render(request, "message.html", context, status=status)


def _act(
    request: HttpRequest, number: int, form: str, do: Callable[[], object], *, actor: Actor, done: str
) -> HttpResponse | None:
    """Do something to a message; None where it was done, otherwise the page with the reason."""
    try:
        do()
    except MessageUnknown as unknown:
        raise Http404 from unknown
    except LamplighterError as refused:
        # The right was asked for by the page already: what is left are reasons to show beside the form.
        row = _find(actor, number)
        return _show(request, row, actor=actor, refusal=str(refused), form=form, status=422)
    messages.success(request, done)
    return None


@require_POST
@page(Right.HANDLE_MESSAGES)
def cancel(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Take a message back."""

    def do() -> None:
        cancel_message(actor=actor, number=number, reason=request.POST.get("reason", ""), now=timezone.now())

    refused = _act(request, number, "cancel", do, actor=actor, done=text("outbox.done.cancel"))
    return refused or redirect("message", number)


@require_POST
@page(Right.HANDLE_MESSAGES)
def resend(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Have a message sent again."""

    def do() -> None:
        resend_message(actor=actor, number=number, reason=request.POST.get("reason", ""), now=timezone.now())

    refused = _act(request, number, "resend", do, actor=actor, done=text("outbox.done.resend"))
    return refused or redirect("message", number)


@require_POST
@page(Right.HANDLE_MESSAGES)
def prove(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Keep proof that a message was served, and lead back to the case it is about."""
    posted = request.POST
    kind = posted.get("kind", "")

    def do() -> None:
        if kind not in set(ProofKind):
            raise ProofInsufficient(("kind",))
        prove_service(
            actor=actor,
            number=number,
            kind=ProofKind(kind),
            served_on=_day_of(posted.get("served_on", "")),
            receiver=posted.get("receiver", ""),
            witness=posted.get("witness", ""),
            postal_no=posted.get("postal_no", ""),
            note=posted.get("note", ""),
            file=read_scan(request.FILES.get("file")),
            home=read_settings().home,
            now=timezone.now(),
            today=today_of(request),
        )

    refused = _act(request, number, "proof", do, actor=actor, done=text("outbox.done.proof"))
    if refused is not None:
        return refused
    row = _find(actor, number)
    return redirect("case", row.subject.ref) if row.subject.kind == SUBJECT else redirect("message", number)


@page(Right.SEE_MESSAGES)
def proof(request: HttpRequest, number: int, proof: int, *, actor: Actor) -> HttpResponse:
    """Hand out the scan or photo of a proof, to be saved and never shown in the page."""
    found = find_proof(actor=actor, number=number, proof=proof)
    if found is None or not found.sha256:
        raise Http404
    path: Path = proof_file(read_settings().home, number, found.sha256)
    return hand_out(path, name=found.sha256[:12], media_type=found.media_type)


@login_not_required
@csrf_exempt
@require_POST
def answer(request: HttpRequest, channel: str) -> HttpResponse:
    """Take what a channel says of a message: no log-in, but signed with the secret it shares with us, and lately."""
    settings = read_outbox_settings(read_settings().home.settings)
    given = settings.channels.get(Channel(channel)) if channel in set(Channel) else None
    if given is None or given["adapter"] != "http":
        raise Http404
    body = request.read(_MOST_ANSWER_BYTES + 1)
    try:
        secret = read_secret(Path(str(given["secret_file"])))
    except SendingFailed:
        return JsonResponse({"error": "unsigned"}, status=403)
    if len(body) > _MOST_ANSWER_BYTES or not is_signed(
        secret=secret,
        stamp=request.headers.get("X-Lamplighter-Time", ""),
        body=body,
        signature=request.headers.get("X-Lamplighter-Signature", ""),
        now=timezone.now(),
        most_seconds=settings.callback_most_seconds,
    ):
        return JsonResponse({"error": "unsigned"}, status=403)
    try:
        said = json.loads(body)
        key, state = str(said["key"]), State(said["state"])
        why = str(said.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "unreadable"}, status=400)
    if state not in (State.DELIVERED, State.FAILED):
        return JsonResponse({"error": "state"}, status=400)
    try:
        is_taken = take_answer(key=key, channel=Channel(channel), state=state, why=why, now=timezone.now())
    except MessageUnknown:
        return JsonResponse({"error": "key"}, status=404)
    return JsonResponse({"taken": is_taken})


def read_scan(sent: UploadedFile[Any] | list[Any] | None) -> Attachment | None:
    """Return a scan or photo as it is kept; None without one.

    Raises:
        FileRefused: it is too large, or not what it seems.
    """
    if sent is None or isinstance(sent, list):
        return None
    if (sent.size or 0) > LARGEST_BYTES:
        # Said before it is read into memory.
        raise FileRefused("too_large")
    return check_attachment(sent.read())


def _day_of(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None


def today_of(request: HttpRequest) -> dt.date:
    """Return the day it is where the company is."""
    load = load_of(request)
    return timezone.now().astimezone(ZoneInfo(load.timezone if load else "UTC")).date()
