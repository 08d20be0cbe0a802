"""The desk's search copy of the customers: no name but its first sign."""

from __future__ import annotations

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes


class CustomerEntry(Scoped):
    """An account as it is looked up; addresses name it by its own number, so that no account number stands in a log."""

    account_id = models.CharField(max_length=ID_LENGTH, unique=True)
    masked_name = models.CharField(max_length=200, blank=True)
    customer_class = models.CharField(max_length=32)
    area_id = models.CharField(max_length=ID_LENGTH, blank=True, db_index=True)
    is_protected = models.BooleanField(default=False)

    class Meta:
        indexes = unit_indexes("customers_entry", "account_id")

    def __str__(self) -> str:
        return self.masked_name
