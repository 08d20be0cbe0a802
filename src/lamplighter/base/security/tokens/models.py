"""Tokens of integrations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.models import Staff

SHA256_LENGTH = 64


class Token(models.Model):
    """A token of a service account; the account's role and unit say what it opens, ``rights`` narrows that.

    Attributes:
        staff: the service account, made with the token; nobody can log in with it.
        name: of the integration.
        prefix: public beginning of the token, by which it is found and named.
        secret_sha256: of the whole token; the token itself is kept nowhere.
        rights: codes of rights; empty = all of the role's.
        released_at: when the security administrator let it be used; None = waits.
        last_used_at: to the minute.
    """

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    secret_sha256 = models.CharField(max_length=SHA256_LENGTH)
    rights = models.JSONField(default=list)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=200, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=200, blank=True)
    last_used_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Token]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.name} {self.prefix}"
