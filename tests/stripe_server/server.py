"""A small HTTP server that answers as Stripe's API from a landing folder, and fails as told. On 127.0.0.1 only."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.stripe_server.account import Account, Json
from tests.stripe_server.answers import Answer, Answers, refusal
from tests.stripe_server.faults import Faults

API_KEY = "rk_tieout_made_up_key_0123456789"


@dataclass(frozen=True)
class Request:
    """One request as it came in; ``fault`` is what it met."""

    number: int
    path: str
    params: Json
    headers: dict[str, str]
    fault: str | None


def parsed_query(query: str) -> Json:
    """`created[gte]=1&expand[0]=a` → {"created": {"gte": "1"}, "expand": ["a"]}."""
    params: Json = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        match = re.fullmatch(r"(\w+)\[(\w*)\]", name)
        if match is None:
            params[name] = value
        elif match[2] == "" or match[2].isdigit():
            params.setdefault(match[1], []).append(value)
        else:
            params.setdefault(match[1], {})[match[2]] = value
    return params


@dataclass
class StripeServer:
    """Use as a context manager; ``address`` is its base address. ``on_request`` is called before each answer."""

    landing: Path
    faults: Faults = field(default_factory=Faults)
    forbidden: Iterable[str] = ()
    key: str = API_KEY
    on_request: Callable[[int], None] | None = None
    is_pretty: bool = True
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account = Account(self.landing)
        self._answers = Answers(self.account, set(self.forbidden))
        self._lock = threading.Lock()

    def __enter__(self) -> StripeServer:
        owner = self

        class Handler(_Handler):
            server_of = owner

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def paths(self) -> list[str]:
        """Paths of the requests that were answered, in order."""
        return [request.path for request in self.requests if request.fault is None]

    def forbid(self, *kinds: str) -> None:
        """From now on the key may not read these types (none: it may read all)."""
        self._answers.forbidden = set(kinds)

    def break_list(self, path: str) -> None:
        """From now on this list is rejected with 400, as one is whose filters an account does not have."""
        self._answers.broken.add(path)

    def take(self, path: str, query: str, headers: dict[str, str]) -> tuple[Request, Answer]:
        with self._lock:
            number = len(self.requests) + 1
            request = Request(number, path, parsed_query(query), headers, self.faults.of_request(number))
            self.requests.append(request)
            if self.on_request is not None:
                self.on_request(number)
            if headers.get("Authorization") != f"Bearer {self.key}":
                return request, refusal(401, "Invalid API Key provided: rk_*****")
            return request, self._answers.to(path, dict(request.params))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: StripeServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        owner = self.server_of
        request, answer = owner.take(parts.path, parts.query, dict(self.headers.items()))
        match request.fault:
            case "429":
                self._send(
                    refusal(429, "Too many requests", code="rate_limit"), {"Retry-After": owner.faults.retry_after}
                )
            case "500" | "503":
                self._send(Answer(int(request.fault), {"error": {"type": "api_error", "message": "Sorry"}}))
            case "hang":
                time.sleep(owner.faults.hang_seconds)
                self.close_connection = True
            case "drop":
                self.close_connection = True
            case "cut":
                self._send(answer, is_cut=True)
            case _:
                self._send(answer)

    def _send(self, answer: Answer, headers: dict[str, str] | None = None, *, is_cut: bool = False) -> None:
        # Stripe's answers are laid out over many lines, which a line of a landed file must not be.
        body = json.dumps(answer.body, indent=2 if self.server_of.is_pretty else None).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if is_cut:
            body, self.close_connection = body[: len(body) // 2], True
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
