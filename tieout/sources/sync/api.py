"""Calls to Stripe through the official client: one GET at a time, patient with what passes, clear about what does not.

The client's own retries are off, so that every wait is counted and told here. The API version is the one the client
pins. The key comes from ``STRIPE_API_KEY`` and goes nowhere but into the client.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

import stripe
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from tieout.sources.sync.errors import ForbiddenError, MissingError, RejectedError, SyncError, SyncRefused
from tieout.sources.sync.jsontext import one_line, split_list
from tieout.sources.sync.settings import PAGE_SIZE, SyncSettings

KEY_VARIABLE: Final = "STRIPE_API_KEY"
RETRY_AFTER_SECONDS_MAX: Final = 300.0

OnWait = Callable[[float, str], None]
Page = tuple[list[str], bool]
T = TypeVar("T")


def key_from_environment() -> str:
    """The API key. Raises SyncRefused when there is none."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise SyncRefused(
            f"no key: set {KEY_VARIABLE} to a restricted, read-only Stripe key (its permissions are in docs/sync.md)"
        )
    return key


def livemode_of_key(key: str) -> bool | None:
    """True for a live key, False for a test key, None when the key does not say."""
    words = key.split("_")
    if len(words) > 2 and words[0] in ("sk", "rk") and words[1] in ("live", "test"):
        return words[1] == "live"
    return None


def check_base_address(address: str) -> str:
    """The base address without a slash at its end. Raises SyncRefused where the key would go unencrypted to others."""
    parts = urlsplit(address)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SyncRefused(f"the base address {address!r} is not a web address")
    if parts.scheme == "http" and not is_here:
        raise SyncRefused(f"the base address {address!r} is not https: the key would be sent unencrypted")
    return address.rstrip("/")


def _status(error: stripe.StripeError) -> int:
    return int(getattr(error, "http_status", None) or 0)


def _passes(error: BaseException) -> bool:
    """Whether a second try may help: rate limits, lock time-outs, server errors, time-outs, cut connections."""
    if isinstance(error, stripe.APIConnectionError):
        return type(error.__cause__).__name__ != "SSLError"  # a wrong certificate stays wrong
    if isinstance(error, stripe.RateLimitError):
        return True
    if not isinstance(error, stripe.StripeError):
        return isinstance(error, ValueError)  # an answer that broke off in the middle
    status = _status(error)
    return status in (409, 429) or status >= 500 or (isinstance(error, stripe.APIError) and 200 <= status < 300)


def _retry_after(error: BaseException | None) -> float | None:
    headers = getattr(error, "headers", None) or {}
    for name, value in dict(headers).items():
        if str(name).lower() == "retry-after":
            try:
                return min(max(float(value), 0.0), RETRY_AFTER_SECONDS_MAX)
            except ValueError:
                return None
    return None


def _why(error: BaseException | None) -> str:
    if isinstance(error, stripe.RateLimitError):
        return "Stripe asks to go slower (429)"
    if isinstance(error, stripe.APIConnectionError):
        return "the connection broke or timed out"
    return f"Stripe answered {_status(error)}" if isinstance(error, stripe.StripeError) else "the answer was cut short"


class StripeApi:
    """GET requests to Stripe. Safe to call from several threads; ``requests`` counts what was sent."""

    def __init__(self, key: str, settings: SyncSettings, on_wait: OnWait | None = None) -> None:
        base: dict[str, Any] = {}
        if settings.base_address:
            base["base_addresses"] = {"api": check_base_address(settings.base_address)}
        self._key = key
        self._client = stripe.StripeClient(
            key,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=settings.timeout_seconds),
            **base,
        )
        self._settings = settings
        self._on_wait = on_wait
        self._lock = threading.Lock()
        self.requests = 0
        self.retries = 0

    def __repr__(self) -> str:
        return f"StripeApi(requests={self.requests})"

    def page(self, path: str, params: Mapping[str, Any]) -> Page:
        """One page of a list: the objects' texts and whether there are more."""
        return self._patiently(lambda: split_list(self._send(path, {"limit": PAGE_SIZE, **params})), path)

    def pages(self, path: str, params: Mapping[str, Any], id_of: Callable[[str], str]) -> list[str]:
        """All pages of a list, as one list of texts; ``id_of`` gives the cursor."""
        texts: list[str] = []
        has_more = True
        while has_more:
            after = {"starting_after": id_of(texts[-1])} if texts else {}
            new, has_more = self.page(path, {**params, **after})
            has_more = has_more and bool(new)
            texts.extend(new)
        return texts

    def one(self, path: str, params: Mapping[str, Any]) -> str:
        """A single object's text, on one line."""
        return self._patiently(lambda: one_line(self._send(path, params)), path)

    def _send(self, path: str, params: Mapping[str, Any]) -> str:
        with self._lock:
            self.requests += 1
        return str(self._client.raw_request("get", path, **params).body)

    def _patiently(self, call: Callable[[], T], path: str) -> T:
        retrying = Retrying(
            retry=retry_if_exception(_passes),
            stop=stop_after_attempt(self._settings.attempts_max),
            wait=self._wait,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return retrying(call)
        except (stripe.StripeError, ValueError) as error:
            self._raise(error, path)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = _retry_after(error)
        if asked is not None:
            return asked
        settings = self._settings
        grown = wait_random_exponential(multiplier=settings.wait_seconds_first, max=settings.wait_seconds_max)
        return float(grown(state))

    def _tell(self, state: RetryCallState) -> None:
        with self._lock:
            self.retries += 1
        if self._on_wait is not None:
            error = state.outcome.exception() if state.outcome else None
            self._on_wait(float(state.upcoming_sleep), _why(error))

    def _raise(self, error: Exception, path: str) -> NoReturn:
        """Turns the client's error into one that an operator can act on; the key, should it be quoted, is blanked."""
        said = str(getattr(error, "user_message", None) or error).replace(self._key, "[key]")
        if isinstance(error, stripe.AuthenticationError):
            raise SyncRefused(f"Stripe does not accept the key in {KEY_VARIABLE}: {said}") from None
        if isinstance(error, stripe.PermissionError):
            raise ForbiddenError(said) from None
        if isinstance(error, stripe.InvalidRequestError):
            if _status(error) == 404 or error.code == "resource_missing":
                raise MissingError(said) from None
            raise RejectedError(f"Stripe rejects GET {path}: {said}") from None
        tries = self._settings.attempts_max
        raise SyncError(f"GET {path} failed {tries} times, last because {_why(error)}: {said}") from None
