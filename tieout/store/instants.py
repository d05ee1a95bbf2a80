"""Instants as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

from tieout.store.errors import BadArgument


def open_instant(text: str | None, what: str = "as-of") -> datetime:
    """An instant from text: RFC 3339, a date (its midnight in UTC), or nothing for now in whole seconds.

    `what` names it in the error.

    Raises:
        BadArgument: the text is no instant.
    """
    if text is None or not text.strip():
        return datetime.now(UTC).replace(microsecond=0)
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadArgument(f"{what} {text!r} is not an instant such as 2026-11-01T00:00:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
