"""Ids that look like the provider's, drawn from one seeded stream."""

from __future__ import annotations

import numpy as np

_LETTERS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
_BLOCK = 4096
_WIDTH = 24


class Ids:
    """An endless supply of random ids; drawn in blocks because one at a time would dominate the billing."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._pool: list[str] = []

    def _token(self) -> str:
        if not self._pool:
            letters = _LETTERS[self._rng.integers(0, len(_LETTERS), size=(_BLOCK, _WIDTH))]
            self._pool = [row.tobytes().decode() for row in letters]
        return self._pool.pop()

    def new(self, prefix: str) -> str:
        """`in` → `in_1…`: the prefix, an underscore and 24 letters, or 14 as in customers and items."""
        token = self._token()
        if prefix in ("cus", "si"):
            return f"{prefix}_{token[:14]}"
        if prefix == "po":
            return f"po_1{token[:23].lower()}"
        lead = "3" if prefix in ("ch", "pi", "txn") else "1"
        return f"{prefix}_{lead}{token[:23]}"

    def hex(self, digits: int) -> str:
        """Random lower-case hexadecimal digits."""
        return "".join("0123456789abcdef"[d] for d in self._rng.integers(0, 16, size=digits))
