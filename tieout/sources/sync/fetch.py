"""Reading for follow-ups: which calls a follow-up takes. Knows no state, so that it can run in several threads."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tieout.sources.sync.api import StripeApi
from tieout.sources.sync.errors import ForbiddenError, MissingError, RejectedError, SyncError
from tieout.sources.sync.types import BY_OBJECT


@dataclass(frozen=True)
class Fetched:
    """The answer to one follow-up: objects' texts, or why there are none."""

    kind: str
    key: str
    texts: tuple[str, ...] = ()
    error: SyncError | None = None

    @property
    def is_missing(self) -> bool:
        return isinstance(self.error, MissingError)

    @property
    def is_forbidden(self) -> bool:
        return isinstance(self.error, ForbiddenError)

    @property
    def is_rejected(self) -> bool:
        return isinstance(self.error, RejectedError)


def id_in(text: str) -> str:
    """The id of an object given as text."""
    return str(json.loads(text)["id"])


def _read(api: StripeApi, kind: str, key: str) -> list[str]:
    match kind:
        case "object" | "named_price":
            kind_of_object, object_id = key.split("|", 1) if kind == "object" else ("price", key)
            listed = BY_OBJECT[kind_of_object]
            return [api.one(listed.retrieve_path(object_id), {"expand": list(listed.expand)})]
        case "lines":
            return api.pages(f"/v1/invoices/{key}/lines", {"expand": ["data.discounts"]}, id_in)
        case "payout":
            return api.pages("/v1/balance_transactions", {"payout": key}, id_in)
        case "balance":
            return api.pages(f"/v1/customers/{key}/balance_transactions", {}, id_in)
        case "credits":
            return api.pages("/v1/billing/credit_balance_transactions", {"customer": key}, id_in)
        case "summary":
            customer, meter, started, ended = key.split("|")
            window = {"customer": customer, "start_time": int(started), "end_time": int(ended)}
            return api.pages(f"/v1/billing/meters/{meter}/event_summaries", window, id_in)
    raise ValueError(f"no such follow-up: {kind}")


def fetch(api: StripeApi, kind: str, key: str) -> Fetched:
    """Reads one follow-up. A refusal or an absence is an answer; what cannot be got past is raised as SyncError."""
    try:
        return Fetched(kind, key, tuple(_read(api, kind, key)))
    except (ForbiddenError, MissingError, RejectedError) as error:
        return Fetched(kind, key, error=error)
