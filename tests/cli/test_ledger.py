"""`tieout ledger`: balances of any instant as known on any, export, and closing months."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli.main import app
from app.cli.summary import summary
from tieout.store.config import Config
from tieout.store.errors import BadArgument, NoSnapshot, TieoutError
from tieout.store.home import Current, Home
from tieout.store.lake import Manifest, write_manifest
from tieout.store.snapshots import build_candidate, name_snapshot
from tieout.store.warehouse import open_warehouse

# an invoice of 30 September that became 150 on 5 October, when it was known; a payment of 2 October
ENTRIES = """
    (1, 'invoice_finalized:in_1', null, 'Invoice A', '2026-09-30', '2026-10-01'),
    (2, 'reversal:invoice_finalized:in_1', 'invoice_finalized:in_1', 'Reversal: Invoice A', '2026-09-30', '2026-10-05'),
    (3, 'invoice_finalized:in_1#2', null, 'Invoice A', '2026-09-30', '2026-10-05'),
    (4, 'charge_succeeded:ch_1', null, 'Charge', '2026-10-02', '2026-10-05')
"""
POSTINGS = """
    (1, 'accounts_receivable', 'asset', 'cus_1', 10000), (1, 'usage_revenue', 'revenue', 'cus_1', -10000),
    (2, 'accounts_receivable', 'asset', 'cus_1', -10000), (2, 'usage_revenue', 'revenue', 'cus_1', 10000),
    (3, 'accounts_receivable', 'asset', 'cus_1', 15000), (3, 'usage_revenue', 'revenue', 'cus_1', -15000),
    (4, 'bank', 'asset', null, 15000), (4, 'accounts_receivable', 'asset', 'cus_2', -15000)
"""
BEAN_CHECK = Path(sys.executable).parent / "bean-check"
Invoke = Callable[..., Result]


def make_home(root: Path, *changes: str) -> Home:
    """A home with this ledger as of 10 October; `changes` are made to its marts before they are published."""
    home = Home(root)
    home.create()
    warehouse = open_warehouse(home, Config(threads=1, memory_limit="500MB"), None, "r1")
    with warehouse.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.ledger_entries as select n as entry_number, entry_id, reverses_entry_id, description, "
            "effective_at::timestamp as effective_at, recorded_at::timestamp as recorded_at, "
            "effective_at::timestamp as occurred_at, 'r' as rule, 's' as source_type, 'x' as source_id, "
            f"1::bigint as batch_number from (values {ENTRIES}) "
            "as t(n, entry_id, reverses_entry_id, description, effective_at, recorded_at)"
        )
        connection.execute(
            "create table marts.ledger_postings as select entry_number, entry_id, account, account_type, customer_id, "
            "null::varchar as subledger_id, 'usd' as currency, amount_minor::bigint as amount_minor "
            f"from (values {POSTINGS}) as t(entry_number, account, account_type, customer_id, amount_minor) "
            "join marts.ledger_entries using (entry_number)"
        )
        connection.execute(
            "create table marts.ledger_accounts as select distinct account, account_type, 'debit' as normal_side "
            "from marts.ledger_postings"
        )
        connection.execute("create table marts.ledger_periods (period_month date, is_closed boolean)")
        connection.execute(
            "create table marts.tie_outs (account varchar, scope varchar, scope_type varchar, currency varchar, "
            "difference_minor bigint)"
        )
        connection.execute(
            "create table marts.discrepancies (discrepancy_id varchar, kind varchar, severity varchar, status varchar, "
            "customer_id varchar, invoice_id varchar, object_id varchar, currency varchar, expected_minor bigint, "
            "actual_minor bigint)"
        )
        for change in changes:
            connection.execute(change)
    build_candidate(home, warehouse, "r1", {})
    path = home.relative(name_snapshot(home, "r1"))
    manifest = home.relative(write_manifest(home.lake, "r1", Manifest()))
    instant = "2026-10-10T00:00:00Z"
    home.publish(Current(run_id="r1", as_of=instant, published_at=instant, snapshot=path, lake_manifest=manifest))
    return home


def invoke(home: Home, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *arguments, "--home", str(home.root)])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("ledger") / "home")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    (tmp_path / "landing").mkdir()
    return tmp_path / "landing"


def balances(home: Home, *arguments: str) -> dict[str, int]:
    rows = json.loads(invoke(home, "balance", "--format", "json", *arguments).stdout)
    return {row["account"]: row["balance_minor"] for row in rows}


def test_a_balance_is_of_any_instant_as_known_on_any(home: Home) -> None:
    assert balances(home) == {"accounts_receivable": 0, "bank": 15000, "usage_revenue": -15000}
    october = ("--as-of", "2026-10-01")
    assert balances(home, *october) == {"accounts_receivable": 15000, "usage_revenue": -15000}
    assert balances(home, *october, "--as-known-on", "2026-10-04") == {
        "accounts_receivable": 10000,
        "usage_revenue": -10000,
    }
    assert balances(home, "--as-known-on", "2026-09-30T23:59:59Z") == {}


def test_a_balance_of_one_account_or_customer_or_of_each(home: Home) -> None:
    assert balances(home, "--account", "bank") == {"bank": 15000}
    assert balances(home, "--customer", "cus_2") == {"accounts_receivable": -15000}
    rows = list(csv.DictReader(io.StringIO(invoke(home, "balance", "--by-customer", "--format", "csv").stdout)))
    assert [(row["account"], row["customer_id"], row["balance_minor"]) for row in rows] == [
        ("accounts_receivable", "cus_1", "15000"),
        ("accounts_receivable", "cus_2", "-15000"),
        ("bank", "", "15000"),
        ("usage_revenue", "cus_1", "-15000"),
    ]


def test_a_table_ends_with_the_money(home: Home) -> None:
    lines = invoke(home, "balance").stdout.splitlines()
    assert lines[0].split() == ["account", "balance"]
    assert lines[2].split() == ["bank", "USD", "150.00"]


def test_entries_come_with_their_postings_in_the_order_in_which_they_happened(home: Home) -> None:
    rows = json.loads(invoke(home, "entries", "--account", "accounts_receivable", "--format", "json").stdout)
    assert [(row["entry_id"], row["amount_minor"]) for row in rows] == [
        ("invoice_finalized:in_1", 10000),
        ("invoice_finalized:in_1#2", 15000),
        ("reversal:invoice_finalized:in_1", -10000),
        ("charge_succeeded:ch_1", -15000),
    ]
    assert rows[2]["reverses_entry_id"] == "invoice_finalized:in_1"
    assert rows[2]["recorded_at"] == "2026-10-05T00:00:00Z"


def test_a_value_is_never_part_of_a_query(home: Home) -> None:
    assert balances(home, "--customer", "x' or 'a' = 'a") == {}


def test_the_export_is_whole_in_every_format(home: Home, tmp_path: Path) -> None:
    assert len(json.loads(invoke(home, "export", "--format", "json").stdout)) == 8
    assert len(invoke(home, "export", "--format", "csv", "--as-known-on", "2026-10-04").stdout.splitlines()) == 3
    out = tmp_path / "ledger.beancount"
    assert invoke(home, "export", "--output", str(out)).exit_code == 0
    assert '2026-10-02 * "Charge"' in out.read_text()
    checked = subprocess.run([str(BEAN_CHECK), str(out)], capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("balance", "--account", "nothing"), "--account nothing is not in the ledger; there are accounts_receivable"),
        (("balance", "--as-of", "yesterday"), "'yesterday' is not an instant"),
        (("export", "--output", "/nowhere/x"), "cannot be written"),
        (("close", "2026-13", "--by", "Ada", "--landing", "."), "'2026-13' is not a month such as 2026-09"),
        (("close", "2026-09", "--by", " ", "--landing", "."), "--by wants a name"),
        (("close", "2026-09", "--by", "Ada", "--landing", "/nowhere"), "landing area /nowhere is not a directory"),
        (("reopen", "2026-09", "--by", "Ada", "--reason", "late", "--landing", "."), "2026-09 is not closed"),
    ],
)
def test_what_cannot_be_is_told(home: Home, arguments: tuple[str, ...], message: str) -> None:
    result = invoke(home, *arguments)
    assert isinstance(result.exception, BadArgument)
    assert message in str(result.exception)


def test_a_home_without_a_publication_has_no_ledger(tmp_path: Path) -> None:
    for command in ("balance", "entries", "export", "verify"):
        assert isinstance(invoke(Home(tmp_path / "new"), command).exception, NoSnapshot)


def test_a_sound_ledger_is_said_to_be_sound(home: Home) -> None:
    assert invoke(home, "verify").stdout.startswith("0 batches, 0 entries: sound. Hash 0000")


def test_a_month_that_nothing_stands_against_is_closed_by_a_record(home: Home, landing: Path) -> None:
    result = invoke(home, "close", "2026-09", "--by", "Ada", "--landing", str(landing))
    assert result.exit_code == 0
    [path] = (landing / "closes").iterdir()
    record = json.loads(path.read_text())
    assert (record["month"], record["action"], record["by"]) == ("2026-09", "close", "Ada")


def test_all_that_stands_against_closing_is_listed(landing: Path, tmp_path: Path) -> None:
    home = make_home(
        tmp_path / "home",
        "insert into marts.ledger_periods values ('2026-09-01', true)",
        "insert into marts.discrepancies values ('dis_1', 'payment_missing', 'critical', 'open', 'cus_9', null, null, "
        "null, null, null)",
        "insert into marts.tie_outs values ('accounts_receivable', 'cus_1', 'customer', 'usd', 5)",
    )
    (landing / "usage").mkdir()
    (landing / "usage" / "new.jsonl").write_text("{}\n")
    result = invoke(home, "close", "2026-09", "--by", "Ada", "--landing", str(landing))
    assert isinstance(result.exception, TieoutError)
    assert result.stdout.splitlines() == [
        "2026-09 is closed already",
        "1 landed files have not been read yet, such as usage/new.jsonl: run first",
        "accounts_receivable of cus_1 differs from Stripe by USD 0.05, and no finding explains it",
        "dis_1 (payment_missing) is critical and open, customer cus_9",
    ]
    assert not (landing / "closes").exists()
    result = invoke(home, "close", "2026-10", "--by", "Ada", "--landing", str(landing))
    assert result.stdout.splitlines()[0].startswith("2026-10 is not over for the last run")


@pytest.mark.parametrize(
    ("tie_outs", "finding", "explained"),
    [
        (
            "('bank', 'all', 'all', 'usd', 5)",
            "('dis', 'k', 'error', 'open', null, null, 'bank', null, null, null)",
            True,
        ),
        (
            "('bank', 'all', 'all', 'usd', 5)",
            "('dis', 'tie_out_break', 'error', 'open', null, null, 'bank', 'usd', 5, 0)",
            False,
        ),
        (
            "('bank', 'all', 'all', 'usd', 5)",
            "('dis', 'tie_out_break', 'error', 'accepted', null, null, 'bank', 'usd', 5, 0)",
            True,
        ),
        (
            "('bank', 'all', 'all', 'usd', 5)",
            "('dis', 'k', 'error', 'open', 'cus_1', null, null, null, null, null)",
            False,
        ),
        (
            "('bank', 'all', 'all', 'usd', 5), ('bank', 'po_1', 'document', 'usd', 5)",
            "('dis', 'k', 'error', 'open', null, null, 'po_1', null, null, null)",
            True,
        ),
        (
            "('tax_payable', 'all', 'all', 'usd', 5), ('tax_payable', 'cus_1', 'customer', 'usd', 5)",
            "('dis', 'k', 'error', 'accepted', 'cus_1', null, null, null, null, null)",
            True,
        ),
        (
            "('tax_payable', 'all', 'all', 'usd', 5), ('tax_payable', 'cus_1', 'customer', 'usd', 5)",
            "('dis', 'tie_out_break', 'error', 'accepted', null, null, 'tax_payable', 'usd', 5, 0)",
            True,
        ),
        (
            "('tax_payable', 'all', 'all', 'usd', 5), ('tax_payable', 'cus_1', 'customer', 'usd', 5)",
            "('dis', 'k', 'error', 'resolved', 'cus_1', null, null, null, null, null)",
            False,
        ),
    ],
)
def test_a_difference_is_explained_by_a_finding_that_names_it(
    landing: Path, tmp_path: Path, tie_outs: str, finding: str, explained: bool
) -> None:
    home = make_home(
        tmp_path / "home",
        f"insert into marts.tie_outs values {tie_outs}",
        f"insert into marts.discrepancies values {finding}",
    )
    result = invoke(home, "close", "2026-09", "--by", "Ada", "--landing", str(landing))
    assert (result.exit_code == 0) == explained, result.stdout


def test_a_closed_month_is_reopened_with_a_reason(landing: Path, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "insert into marts.ledger_periods values ('2026-09-01', true)")
    result = invoke(home, "reopen", "2026-08", "--by", "Ada", "--reason", "a late bill", "--landing", str(landing))
    assert result.exit_code == 0, "a month before a closed one is closed too"
    [path] = (landing / "closes").iterdir()
    record = json.loads(path.read_text())
    assert (record["month"], record["action"], record["reason"]) == ("2026-08", "reopen", "a late bill")


@pytest.mark.parametrize(
    ("month", "is_told"),
    [("'close', false", True), ("'close', true", False), ("'reopen', false", False)],
    ids=["a month that was closed before", "one that is closed", "one that was reopened"],
)
def test_a_run_says_that_it_posted_a_lost_ledger_anew(tmp_path: Path, month: str, is_told: bool) -> None:
    home = make_home(
        tmp_path / "home",
        "create or replace table marts.ledger_periods as select date '2026-09-01' as period_month, last_action, "
        f"is_closed from (values ({month})) as t(last_action, is_closed)",
        "alter table marts.discrepancies add column impact_minor bigint",
    )
    told = [line for line in summary(home, 1.0).splitlines() if "posted anew" in line]
    assert (len(told) == 1 and "months up to 2026-09 were closed" in told[0]) if is_told else told == []
