"""Where one lands after logging in: the first page one's roles open."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lamplighter.base.security.actor import Actor
from lamplighter.doors.web.pages import menu_of, page


@page(None)
def home(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Lead to the first page of the menu that takes a right, or to one's own account where no such page is open."""
    opened = (line.name for line in menu_of(actor) if line.right is not None)
    return redirect(next(opened, "account"))
