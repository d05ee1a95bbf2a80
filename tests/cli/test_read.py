import csv
import io
import json

import pytest

from tieout.store.errors import BadArgument


def test_snapshot_prints_the_path_and_nothing_else(invoke, made_home):
    assert invoke("snapshot").stdout == f"{made_home.root}/snapshots/r1.duckdb\n"


def test_discrepancies_lists_the_open_ones_the_costliest_first(invoke):
    lines = invoke("discrepancies").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["id", "dis_1", "dis_2"]
    assert "USD 12.50" in lines[1]


def test_beside_the_list_stands_how_to_read_it_and_where_to_go_from_there(invoke, made_home):
    aid = invoke("discrepancies").stderr
    assert aid.startswith("2 discrepancies. Impact: what leaked, with a minus what was overcharged.")
    assert f"tieout explain dis_1 --home {made_home.root}" in aid
    assert invoke("discrepancies", "--format", "csv").stderr == ""


def test_json_keeps_numbers_and_nulls(invoke):
    rows = json.loads(invoke("discrepancies", "--format", "json").stdout)
    assert rows[0]["impact_minor"] == 1250
    assert rows[1]["impact_minor"] is None
    assert rows[0]["first_seen_at"] == "2026-11-01T00:00:00Z"


def test_csv_quotes_what_needs_quotes(invoke):
    rows = list(csv.DictReader(io.StringIO(invoke("discrepancies", "--format", "csv").stdout)))
    assert [row["discrepancy_id"] for row in rows] == ["dis_1", "dis_2"]
    assert rows[1]["explanation"] == "A record, which is broken."


def test_csv_has_its_header_also_without_rows(invoke):
    lines = invoke("discrepancies", "--format", "csv", "--customer", "cus_nobody").stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("discrepancy_id,kind,")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--kind", "usage_invalid"], ["dis_2"]),
        (["--customer", "cus_1"], ["dis_1"]),
        (["--status", "resolved"], ["dis_3"]),
        (["--status", "open", "--status", "resolved"], ["dis_1", "dis_3", "dis_2"]),
        (["--customer", "nobody"], []),
        (["--category", "ingestion"], ["dis_2"]),
        (["--severity", "error", "--severity", "critical"], ["dis_1"]),
        (["--stage", "preventable"], ["dis_2"]),
        (["--currency", "USD"], ["dis_1"]),
        (["--min-impact", "1250"], ["dis_1"]),
        (["--min-impact", "1251"], []),
        (["--min-impact", "900", "--status", "resolved"], ["dis_3"]),
        (["--category", "lines", "--stage", "preventable"], []),
    ],
)
def test_filters(invoke, filters, expected):
    rows = json.loads(invoke("discrepancies", "--format", "json", *filters).stdout)
    assert [row["discrepancy_id"] for row in rows] == expected


@pytest.mark.parametrize(
    ("severity", "status"), [("info", 3), ("warning", 3), ("error", 3), ("critical", 0)]
)  # the critical one is resolved
def test_fail_on_stands_in_a_scheduler(invoke, severity, status):
    result = invoke("discrepancies", "--fail-on", severity)
    assert result.exit_code == status
    assert "dis_1" in result.stdout


def test_fail_on_looks_at_all_that_is_open_whatever_is_listed(invoke):
    assert invoke("discrepancies", "--kind", "usage_invalid", "--fail-on", "error").exit_code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["--fail-on", "fatal"],
        ["--status", "closed"],
        ["--kind", "usage_lost"],
        ["--category", "usage"],
        ["--severity", "high"],
        ["--stage", "late"],
    ],
)
def test_unknown_words_are_bad_arguments(invoke, arguments):
    result = invoke("discrepancies", *arguments)
    assert isinstance(result.exception, BadArgument)
    assert arguments[1] in str(result.exception)


def test_explain_a_discrepancy_shows_the_sentence_the_figures_and_both_sides(invoke):
    told = invoke("explain", "dis_1").stdout
    assert "A line of USD 12.50 is not there." in told
    assert "Remedy: Charge USD 12.50." in told
    assert "invoice  invoice_total  in_1  USD 12.50" in told
    assert "by ada on 2026-10-20 09:00:00 until 2026-10-29 00:00:00: later" in told
    assert "correctable until 2026-11-01 01:00:00" in told
    assert "il_7" in told
    assert "missing" in told
    assert "matched" in told


def test_explain_an_invoice_shows_expected_beside_actual(invoke):
    told = invoke("explain", "in_1").stdout.splitlines()
    [missing] = [line for line in told if "price_1" in line and "missing" in line]
    assert missing.split()[-5:] == ["USD", "12.50", "–", "USD", "12.50"]
    assert any("dis_1" in line for line in told)


def test_explain_a_customer(invoke):
    told = invoke("explain", "cus_1").stdout
    assert "Acme" in told
    assert "in_1  open  USD 10.00" in told


def test_explain_what_is_not_there_names_it(invoke):
    result = invoke("explain", "in_404")
    assert isinstance(result.exception, BadArgument)
    assert "in_404" in str(result.exception)
