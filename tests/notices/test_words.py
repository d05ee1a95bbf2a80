"""Notices as Slack messages."""

from tieout.notices.words import slack

NOTICE = {
    "about": "discrepancy", "change": "new", "kind": "line_missing", "severity": "error", "stage": "billed",
    "discrepancy_id": "dis_1", "currency": "usd", "impact_minor": 1250, "remedy": "Add an item of USD 12.50.",
    "explanation": "Invoice A-1 of <Acme & Sons> lacks USD 12.50.",
}  # fmt: skip


def test_a_finding_has_its_money_its_sentence_what_to_do_and_how_to_look_further():
    body = slack(NOTICE)
    sentence = "Invoice A-1 of &lt;Acme &amp; Sons&gt; lacks USD 12.50.\nWhat to do: Add an item of USD 12.50."
    assert body["text"] == f":rotating_light: New · line missing · USD 12.50 leaked: {sentence}"
    assert body["blocks"][0]["text"]["text"] == f":rotating_light: *New · line missing · USD 12.50 leaked*\n{sentence}"
    assert body["blocks"][1]["elements"][0]["text"] == "error · billed · `tieout explain dis_1`"


def test_a_changed_one_says_what_it_was_and_a_resolved_one_asks_for_nothing():
    changed = slack({**NOTICE, "change": "changed", "impact_minor": -300, "before": {"impact_minor": 1250}})
    assert "Changed · line missing · USD 3.00 overcharged" in changed["text"]
    assert changed["text"].endswith("It was USD 12.50 leaked before.")
    resolved = slack({**NOTICE, "change": "resolved", "before": {"status": "open"}})
    assert "What to do" not in resolved["text"]
    assert slack({**NOTICE, "impact_minor": None})["text"].startswith(
        ":rotating_light: New · line missing · no figure:"
    )


def test_an_anomaly_names_its_shape_its_series_its_day_and_whom():
    body = slack({
        "about": "anomaly", "change": "new", "shape": "new_level", "subject": "premium_requests", "customer_id": None,
        "day": "2026-10-31", "explanation": "All customers used 3, and 90 were expected.",
    })  # fmt: skip
    assert body["text"].startswith(":rotating_light: Anomaly · new level · premium requests: All customers used 3")
    assert body["blocks"][1]["elements"][0]["text"] == "2026-10-31 · the whole system"


def test_a_long_sentence_is_cut_to_what_slack_takes():
    body = slack({**NOTICE, "explanation": "x" * 9000})
    assert max(len(body["text"]), len(body["blocks"][0]["text"]["text"])) <= 3000
