"""What goes wrong on the way: rate limits, server errors, answers that hang, break off in the middle or never come."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

KINDS = ("429", "500", "503", "hang", "cut", "drop")


@dataclass(frozen=True)
class Faults:
    """Which request (from 1) meets what: by number, or by chance with a seed, which is the same in every test run."""

    by_number: dict[int, str] = field(default_factory=dict)
    rate: float = 0.0
    seed: int = 0
    hang_seconds: float = 3.0
    retry_after: str = "0"

    def of_request(self, number: int) -> str | None:
        if number in self.by_number:
            return self.by_number[number]
        chance = random.Random(f"{self.seed}:{number}")
        return chance.choice(KINDS) if chance.random() < self.rate else None
