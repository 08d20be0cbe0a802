"""Jobs as Django knows them."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The app of the one table of jobs."""

    name = "lamplighter.base.jobs"
    label = "jobs"
