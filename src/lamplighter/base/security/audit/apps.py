"""The audit trail as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app of the trail's one table."""

    name = "lamplighter.base.security.audit"
    label = "audit"
