"""Saved views as Django knows them."""

from __future__ import annotations

from django.apps import AppConfig


class SavedViewsConfig(AppConfig):
    """The app of the one table of saved views."""

    name = "lamplighter.base.saved_views"
    label = "saved_views"
