"""A webhook receiver for tests, on a local port: it takes notices, fails, hangs, cuts the line, is away and back."""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_SECONDS = 30.0


class WebhookReceiver:
    """Takes each `Idempotency-Key` once, as a careful receiver does, and remembers all that arrived.

    `script`: what it does with the requests to come, one after the other (take, fail, slow_down, hang, cut,
    take_and_cut, refuse); after the last it takes everything.
    """

    def __init__(self) -> None:
        self.script: list[str] = []
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.requests: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/T0/B0/secret-of-the-address"

    def texts(self) -> list[str]:
        return [body["text"] for _, body in self.taken]

    def start(self) -> WebhookReceiver:
        """Listens; after a stop on the same port again."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.answer(self, self.headers["Idempotency-Key"], body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, handler: BaseHTTPRequestHandler, key: str, body: dict[str, Any]) -> None:
        with self._lock:
            behaviour = self.script.pop(0) if self.script else "take"
            self.requests[key] += 1
            if behaviour in ("take", "take_and_cut") and key not in [taken for taken, _ in self.taken]:
                self.taken.append((key, body))
        if behaviour == "hang":
            threading.Event().wait(HANG_SECONDS)  # not time.sleep, which tests take away
        if behaviour in ("hang", "cut", "take_and_cut"):
            handler.close_connection = True
            return
        handler.send_response({"take": 200, "fail": 500, "slow_down": 429, "refuse": 403}[behaviour])
        if behaviour == "slow_down":
            handler.send_header("Retry-After", "0")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
