"""`tieout accept` lands what people decide, as a file that the next run reads."""

import json
from datetime import UTC, datetime

import pytest

from app.cli.errors import status_of
from tieout.sources.contracts import read_acceptance
from tieout.store.errors import BadArgument


@pytest.fixture
def landing(tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


@pytest.fixture
def accept(invoke, landing):
    def run(*arguments, id="dis_1", reason="known", by="ada"):
        return invoke("accept", id, "--reason", reason, "--by", by, "--landing", str(landing), *arguments)

    return run


def landed(landing):
    return sorted((landing / "acceptances").iterdir())


def test_an_acceptance_is_a_record_of_the_contract(accept, landing):
    before = datetime.now(UTC)
    result = accept("--until", "2026-12-31", reason='Two seats "go" back – später', by="ada@acme.example")
    assert result.exit_code == 0, result.output
    (path,) = landed(landing)
    assert path.suffix == ".jsonl"
    assert str(path) in result.stdout
    assert "accepted until 2026-12-31 00:00 UTC" in result.stdout
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line).keys() == {"discrepancy_id", "reason", "by", "at", "until", "revoked"}
    row = read_acceptance(line)
    at = row.pop("accepted_at").replace(tzinfo=UTC)
    assert before <= at <= datetime.now(UTC)
    assert row == {
        "discrepancy_id": "dis_1", "reason": 'Two seats "go" back – später', "accepted_by": "ada@acme.example",
        "until_at": datetime(2026, 12, 31), "is_revoked": False,
    }  # fmt: skip


def test_every_decision_is_a_file_of_its_own_and_the_last_may_revoke(accept, landing):
    assert accept().exit_code == 0
    result = accept("--revoke", reason="no longer")
    assert "open again" in result.stdout
    first, second = (read_acceptance(path.read_text()) for path in landed(landing))
    assert (first["until_at"], first["is_revoked"]) == (None, False)
    assert second["is_revoked"]
    assert first["accepted_at"] < second["accepted_at"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"id": "dis_404"}, "dis_404"),
        ({"reason": " "}, "reason"),
        ({"by": ""}, "by is empty"),
        ({"reason": "x" * 2_001}, "2,001"),
        ({"options": ["--until", "soon"]}, "until 'soon'"),
        ({"options": ["--until", "2026-11-01"]}, "2026-11-01T00:00:00Z is not after"),
        ({"options": ["--until", "2026-12-01", "--revoke"]}, "revoked"),
        ({"options": ["--landing", "/nowhere"]}, "/nowhere"),
    ],
)
def test_what_makes_no_sense_is_named_and_lands_nothing(accept, landing, arguments, words):
    options = arguments.pop("options", [])
    result = accept(*options, **arguments)
    assert isinstance(result.exception, BadArgument)
    assert words in str(result.exception)
    assert status_of(lambda: (_ for _ in ()).throw(result.exception)) == 2
    assert not (landing / "acceptances").exists()
