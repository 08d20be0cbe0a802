"""Tokens as Django knows them."""

from __future__ import annotations

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """The app of the one table of tokens."""

    name = "lamplighter.base.security.tokens"
    label = "tokens"
