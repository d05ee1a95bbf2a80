import sys

from tests.worlds import line, program

PERFECT = {
    "perfect": True,
    "discrepancies": {"ok": True, "planted": 2, "found": 2, "false": 0, "false_on_faulted_customers": 0},
}


def test_a_perfect_world_says_so_and_tells_what_was_found():
    assert line(PERFECT) == "PERFECT found 2/2, false 0 (on the faultless 0)"


def test_a_section_that_is_not_perfect_shows_its_figures():
    report = {
        "perfect": False,
        "discrepancies": {"ok": False, "planted": 3, "found": 1, "false": 2, "false_on_faulted_customers": 1},
        "expected_lines": {"ok": False, "equal": 5, "wrong": 1, "exact_rate": 0.8},
        "ledger": {"ok": True, "entries": 9},
        "kinds": {"line_missing": {"planted": 1}},
        "examples": [],
    }
    told = line(report)
    assert told == "not perfect found 1/3, false 2 (on the faultless 1) | expected_lines: equal 5, wrong 1"


def test_a_python_program_is_run_with_this_interpreter():
    assert program("score.py") == [sys.executable, "score.py"]
    assert program("score") == ["score"]
