from pathlib import Path

import dagster as dg
import pytest

from dagster_project.assets import check_result, node_metadata
from dagster_project.dbt_build import NodeResult, build_arguments, check_results
from dagster_project.dbt_manifest import Prepared, mart_descriptions
from tieout.store.errors import TieoutError
from tieout.store.measures import TableMeasures

PREPARED = Prepared(Path("/project"), "f", Path("/project/target/prepared/f"))


def result(status="success", name="stg_a", message="OK", failures=0):
    return NodeResult(f"model.tieout.{name}", name, status, 0.5, message, failures)


def test_the_arguments_pass_no_variables_and_no_unit_tests():
    arguments = build_arguments(PREPARED, Path("/home/runs/r1"), 2, ())
    assert arguments[0] == "build"
    assert "--vars" not in arguments
    assert arguments[arguments.index("--exclude-resource-type") + 1] == "unit_test"
    assert arguments[arguments.index("--profiles-dir") + 1] == "/home/runs/r1"
    assert "--select" not in arguments


def test_a_selection_is_handed_over():
    assert build_arguments(PREPARED, Path("/r"), 1, ("a", "b"))[-3:] == ["--select", "a", "b"]


@pytest.mark.parametrize("status", ["success", "pass", "warn", "skipped", "no-op"])
def test_what_is_no_failure_passes(status):
    one = result(status)
    check_results([one])
    assert not one.has_failed


@pytest.mark.parametrize("status", ["error", "fail", "runtime error"])
def test_a_failure_names_its_node_and_dbt_s_words(status):
    with pytest.raises(TieoutError, match=r"1 of 2 dbt nodes failed:\n  model\.tieout\.bad: Binder Error \| no column"):
        check_results([result(), result(status, "bad", "Binder Error\n\n   no column")])


def test_many_failures_are_told_in_a_few_lines():
    with pytest.raises(TieoutError, match="and 15 more") as error:
        check_results([result("error", f"m{i}") for i in range(20)])
    assert len(str(error.value).splitlines()) == 7


def test_a_materialisation_tells_rows_and_exact_amounts_by_currency():
    measures = TableMeasures(3, {"total_minor": {"usd": 9007199254740993, "": 1}})
    told = node_metadata(result(), measures)
    assert told["dagster/row_count"] == 3
    assert told["total_minor/usd"] == "9007199254740993"
    assert told["total_minor"] == "1"
    assert "dagster/row_count" not in node_metadata(result(), None)


@pytest.mark.parametrize(
    ("status", "passed", "severity"),
    [
        ("pass", True, dg.AssetCheckSeverity.ERROR),
        ("warn", False, dg.AssetCheckSeverity.WARN),
        ("fail", False, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_a_dbt_test_becomes_a_check(status, passed, severity):
    check = check_result(dg.AssetCheckKey(dg.AssetKey("a"), "unique_a"), result(status, failures=2))
    assert (check.passed, check.severity) == (passed, severity)
    assert check.metadata["failures"].value == 2


def test_only_marts_hand_their_descriptions_to_the_snapshot():
    def node(schema):
        return {
            "resource_type": "model", "schema": schema, "alias": schema, "description": "words",
            "columns": {"a": {"description": "about a"}},
        }  # fmt: skip

    manifest = {"nodes": {"1": node("marts"), "2": node("staging")}}
    assert mart_descriptions(manifest) == {"marts": ("words", {"a": "about a"})}
