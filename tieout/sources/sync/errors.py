"""What can go wrong in a sync, told so that an operator knows what to do. No message ever holds the key."""

from __future__ import annotations

from tieout.store.errors import BadArgument, TieoutError


class SyncError(TieoutError):
    """The sync could not finish; what was read is kept, and the next one goes on from there."""


class SyncRefused(SyncError, BadArgument):
    """The sync must not go on as it was asked: no key, a refused key, another mode, another landing area."""


class ForbiddenError(SyncError):
    """The key may not read this type (HTTP 403); the rest of the sync goes on without it."""


class MissingError(SyncError):
    """Stripe has no such object (HTTP 404, or ``resource_missing``): deleted, or never there."""


class RejectedError(SyncError):
    """Stripe rejects one request as it is (HTTP 400): trying again is no use, other requests may well go through."""
