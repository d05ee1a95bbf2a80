"""A notice in Slack's incoming-webhook format: one text, and the same as blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tieout.core.money import format_money

SIGNS: Final = {
    "new": ":rotating_light:",
    "changed": ":pencil2:",
    "reopened": ":rotating_light:",
    "accepted": ":ballot_box_with_check:",
    "resolved": ":white_check_mark:",
}
TEXT_MAX: Final = 2900
"""Slack takes 3,000 characters in a section."""


def slack(notice: Mapping[str, Any]) -> dict[str, Any]:
    """The body of one message. `text` is what a notification shows; the blocks are what the channel shows."""
    headline, sentence, footer = _parts(notice)
    return {
        "text": f"{SIGNS[notice['change']]} {headline}: {sentence}"[:TEXT_MAX],
        "blocks": [
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"{SIGNS[notice['change']]} *{headline}*\n{sentence}"[:TEXT_MAX]},
            },
            {"type": "context", "elements": [{"type": "mrkdwn", "text": footer[:TEXT_MAX]}]},
        ],
    }


def _parts(notice: Mapping[str, Any]) -> tuple[str, str, str]:
    """Headline, sentence and footer, with Slack's three signs escaped."""
    if notice["about"] == "anomaly":
        whom = _escaped(str(notice["customer_id"] or "the whole system"))
        headline = f"Anomaly · {notice['shape']} · {notice['subject']}".replace("_", " ")
        return _escaped(headline), _escaped(str(notice["explanation"])), f"{notice['day']} · {whom}"
    kind = str(notice["kind"]).replace("_", " ")
    sentence = _escaped(str(notice["explanation"]))
    if notice.get("remedy") and notice["change"] != "resolved":
        sentence += f"\nWhat to do: {_escaped(str(notice['remedy']))}"
    was = notice.get("before", {})
    if "impact_minor" in was:
        sentence += f"\nIt was {_money(was['impact_minor'], was.get('currency', notice['currency']))} before."
    footer = f"{notice['severity']} · {notice['stage']} · `tieout explain {_escaped(str(notice['discrepancy_id']))}`"
    money = _money(notice["impact_minor"], notice["currency"])
    return f"{notice['change'].capitalize()} · {kind} · {money}", sentence, footer


def _money(impact_minor: int | None, currency: str | None) -> str:
    if impact_minor is None or currency is None:
        return "no figure"
    side = "leaked" if impact_minor > 0 else "overcharged" if impact_minor < 0 else "difference"
    return f"{format_money(abs(impact_minor), currency)} {side}"


def _escaped(text: str) -> str:
    """Slack reads &, < and > as markup and asks for just these to be escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
