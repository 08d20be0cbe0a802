"""What guards identity, kept in the database so that every worker counts the same attempts."""

from __future__ import annotations

import hashlib
from datetime import datetime

from lamplighter.business.service_desk.chats.models import FailedAttempt, SentCode


class AttemptsOnDesk:
    """Attempts, counted over all workers and after a restart."""

    def failures(self, key: str, *, since: datetime) -> int:
        """Return how many stand since an instant."""
        return int(FailedAttempt.objects.filter(key=_digest(key), failed_at__gte=since).count())

    def note(self, key: str, *, at: datetime) -> int:
        """Note an attempt."""
        return int(FailedAttempt.objects.create(key=_digest(key), failed_at=at).pk)

    def take_back(self, number: int) -> None:
        """Take an attempt back."""
        FailedAttempt.objects.filter(pk=number).delete()


class CodesOnDesk:
    """Codes that were sent, as digests."""

    def keep(self, account_id: str, digest: str, until: datetime) -> None:
        """Keep a code; an earlier one of the account is void."""
        SentCode.objects.update_or_create(account_id=account_id, defaults={"digest": digest, "until": until})

    def find(self, account_id: str) -> tuple[str, datetime] | None:
        """Return digest and end of the account's code."""
        row = SentCode.objects.filter(account_id=account_id).first()
        return None if row is None else (row.digest, row.until)

    def drop(self, account_id: str) -> None:
        """Forget a code that was used."""
        SentCode.objects.filter(account_id=account_id).delete()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
