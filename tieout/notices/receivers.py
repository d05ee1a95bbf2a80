"""Where notices go: standard output as JSON lines, and a webhook address in Slack's format."""

from __future__ import annotations

import json
from typing import Any, BinaryIO, Final, Protocol
from urllib.parse import urlsplit

import requests

from tieout.notices.outbox import Waiting
from tieout.notices.words import slack
from tieout.store.errors import BadArgument

RETRY_AFTER_SECONDS_MAX: Final = 300.0
PASSING_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
HERE: Final = ("localhost", "127.0.0.1", "::1")


class Undelivered(Exception):
    """The receiver has not acknowledged a notice. The message never holds the address, which is a secret.

    `is_passing`: a second try may help. `retry_after`: seconds that the receiver asks to wait.
    """

    def __init__(self, why: str, *, is_passing: bool, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.is_passing = is_passing
        self.retry_after = retry_after


class Receiver(Protocol):
    """One place that notices go to; `name` is what the outbox knows it by."""

    @property
    def name(self) -> str: ...

    def send(self, waiting: Waiting) -> None:
        """Hands one notice over, and returns only when it has been taken. Raises Undelivered."""


class JsonLines:
    """Standard output, or any other stream: one notice, one line, flushed."""

    name = "stdout"

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def send(self, waiting: Waiting) -> None:
        self._stream.write(json.dumps(waiting.notice, ensure_ascii=False).encode() + b"\n")
        self._stream.flush()


class Webhook:
    """An address that takes Slack's incoming webhooks. One POST per notice, its id as `Idempotency-Key`."""

    name = "webhook"

    def __init__(self, address: str, timeout_seconds: float) -> None:
        """Raises BadArgument when the address is none, or would take a company's figures unencrypted to others."""
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadArgument("TIEOUT_WEBHOOK_URL is not a web address")
        if parts.scheme == "http" and parts.hostname not in HERE:
            raise BadArgument("TIEOUT_WEBHOOK_URL is not https: a company's figures would be sent unencrypted")
        self._address = address
        self._timeout = timeout_seconds
        self._session = requests.Session()

    def __repr__(self) -> str:
        return "Webhook()"

    def send(self, waiting: Waiting) -> None:
        body = json.dumps(slack(waiting.notice)).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": waiting.message_id}
        try:
            # a redirect would carry the notice to another address; the answer's body says nothing that counts
            with self._session.post(
                self._address, data=body, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
            ) as answer:
                status, retry_after = answer.status_code, _seconds(answer.headers)
        except requests.RequestException as error:
            # its text has the address in it
            is_passing = not isinstance(error, requests.exceptions.SSLError | requests.exceptions.InvalidURL)
            raise Undelivered(_broken(error), is_passing=is_passing) from None
        if not 200 <= status < 300:
            raise Undelivered(f"it answered {status}", is_passing=status in PASSING_STATUSES, retry_after=retry_after)


def _seconds(headers: Any) -> float | None:
    try:
        return min(max(float(headers.get("Retry-After", "")), 0.0), RETRY_AFTER_SECONDS_MAX)
    except ValueError:
        return None


def _broken(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be trusted"
    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed or broke off"
    return f"it could not be asked ({type(error).__name__})"
