"""The outbox as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The app of messages, what happened to them, and proof of their service."""

    name = "lamplighter.base.outbox"
    label = "outbox"
