"""The groups of the desk: one a role, under the role's own name."""

from __future__ import annotations

from django.contrib.auth.models import Group

from lamplighter.base.security.actor import Role


def make_groups() -> None:
    """Make the group of every role; those that are there stay with their members."""
    for role in Role:
        Group.objects.get_or_create(name=role.value)
