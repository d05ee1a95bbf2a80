"""The exact set of assets and checks: a module can lose its assets silently, and Dagster's own check still passes."""

import dagster as dg
import pytest

from dagster_project.assets import PREPARED, WRITER_POOL
from dagster_project.definitions import defs, tie_out

HOUSE = {"landed_files", "ledger_batch", "candidate_snapshot", "snapshot"}
MARTS = """
    customers subscriptions usage_daily usage_quarantine landing_quarantine expected_invoices expected_invoice_lines
    invoices invoice_lines invoice_reconciliation discrepancies ledger_entries ledger_postings ledger_balances
    ledger_accounts ledger_periods tie_outs credit_balances credit_applications entitlement_usage
    payment_recovery pipeline_health
""".split()


@pytest.fixture(scope="module")
def graph():
    return defs.resolve_asset_graph()


def nodes(*kinds: str):
    return [node for node in PREPARED.manifest()["nodes"].values() if node["resource_type"] in kinds]


def test_the_assets_are_the_house_s_own_and_every_model_and_seed_that_is_built(graph):
    built = {
        f"{node['schema']}/{node['name']}"
        for node in nodes("model", "seed")
        if node["config"]["materialized"] != "ephemeral" and node["config"]["enabled"]
    }
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == HOUSE | built


def test_every_promised_mart_is_an_asset_and_stands_before_the_candidate(graph):
    marts = {dg.AssetKey(["marts", name]) for name in MARTS}
    assert marts <= graph.get_all_asset_keys()
    assert marts <= graph.get(dg.AssetKey("candidate_snapshot")).parent_keys


def test_every_dbt_test_is_a_check(graph):
    """A test of several models needs `meta.dagster.ref`, or Dagster loses it silently."""
    tests = {node["name"].lower() for node in nodes("test") if node["config"]["enabled"]}
    checks = {key.name.lower() for key in graph.asset_check_keys}
    assert {test for test in tests if test not in checks} == set()


def test_the_order_runs_one_way_from_landing_to_publication(graph):
    order = [key.to_user_string() for level in graph.toposorted_asset_keys_by_level for key in level]
    assert order.index("landed_files") < order.index("staging/stg_usage__records")
    assert order.index("marts/discrepancies") < order.index("candidate_snapshot") < order.index("snapshot")


def test_every_asset_writes_through_the_one_pool(graph):
    for assets in defs.assets:
        assert assets.op.pool == WRITER_POOL


def test_every_asset_of_the_job_is_in_the_graph(graph):
    job = defs.resolve_job_def("tie_out")
    assert set(job.asset_layer.executable_asset_keys) == graph.get_all_asset_keys()
    assert set(job.asset_layer.asset_graph.asset_check_keys) == graph.asset_check_keys


def test_the_job_needs_no_configuration():
    assert dg.validate_run_config(defs.resolve_job_def(tie_out.name), {}) is not None


def test_marts_are_described_column_by_column():
    for node in nodes("model"):
        if node["schema"] == "marts":
            assert node["description"].strip(), node["name"]
            nameless = [name for name, column in node["columns"].items() if not column["description"].strip()]
            assert not nameless, (node["name"], nameless)
            assert node["config"]["contract"]["enforced"], node["name"]


def test_no_model_reads_the_environment_or_variables(root):
    """Parameters come as a table; variables would force a full parse of the project in every run."""
    for path in (root / "dbt").rglob("*.sql"):
        if "target" not in path.parts:
            text = path.read_text()
            assert "env_var(" not in text, path
            assert "{{ var(" not in text, path


def test_only_staging_reads_sources():
    readers = {
        node["name"]
        for node in nodes("model")
        if node["schema"] != "staging" and any(name.startswith("source.") for name in node["depends_on"]["nodes"])
    }
    # it quarantines what staging leaves out, so it cannot read staging
    assert readers == {"int_stripe_other_livemode"}
