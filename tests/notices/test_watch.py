"""What a look makes a notice of, and that every notice arrives, in order, whatever its receiver does."""

import io
import json

import pytest

from tests.support.findings import finding, publish
from tests.support.receiver import WebhookReceiver
from tieout.notices.outbox import open_outbox
from tieout.notices.receivers import JsonLines, Undelivered, Webhook
from tieout.notices.watch import deliver, look
from tieout.store.errors import BadArgument, TieoutError
from tieout.store.home import Home

SPIKE = ("ano_1", "cus_1", "tokens", "spike", "2026-10-31", 900, "Acme used 900 tokens, 100 were expected.")
OLD_SPIKE = ("ano_2", "cus_1", "tokens", "spike", "2026-09-01", 900, "Acme used 900 tokens, 100 were expected.")


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def receiver():
    started = WebhookReceiver().start()
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def waits(monkeypatch) -> list[float]:
    """Seconds that were waited between tries; nobody waits for them."""
    found: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", found.append)
    return found


def told(home: Home) -> list[dict]:
    """What a watch writes to standard output now."""
    stream = io.BytesIO()
    with open_outbox(home) as outbox:
        look(home, outbox, "stdout")
        deliver(outbox, JsonLines(stream), attempts=1)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def send(home: Home, receiver: WebhookReceiver, attempts: int = 5, timeout: float = 5.0) -> None:
    with open_outbox(home) as outbox:
        look(home, outbox, "webhook")
        deliver(outbox, Webhook(receiver.address, timeout), attempts)


class TestLook:
    def test_at_first_what_is_open_is_new_and_what_is_over_is_history(self, home):
        publish(home, [finding(1), finding(2, impact_minor=-4000), finding(3, status="resolved")], (SPIKE, OLD_SPIKE))
        notices = told(home)
        assert [(n["about"], n["change"], n.get("discrepancy_id")) for n in notices] == [
            ("discrepancy", "new", "dis_2"),  # the costliest first
            ("discrepancy", "new", "dis_1"),
            ("anomaly", "new", None),
        ]
        assert notices[2]["day"] == "2026-10-31"
        assert notices[1]["impact_minor"] == 1250
        assert notices[1]["first_seen_at"] == "2026-11-01T00:00:00Z"

    def test_each_is_told_once_also_when_a_run_publishes_the_same_again(self, home):
        publish(home, [finding(1)], (SPIKE,))
        assert len(told(home)) == 2
        assert told(home) == []
        publish(home, [finding(1)], (SPIKE,))
        assert told(home) == []

    @pytest.mark.parametrize(
        ("changes", "change", "before"),
        [
            ({"impact_minor": 2000, "expected_minor": 2000}, "changed", {"impact_minor": 1250, "expected_minor": 1250}),
            ({"severity": "critical"}, "changed", {"severity": "error"}),
            ({"status": "resolved"}, "resolved", {"status": "open"}),
            ({"status": "accepted"}, "accepted", {"status": "open"}),
        ],
    )
    def test_a_later_look_tells_what_changed_and_what_it_was(self, home, changes, change, before):
        publish(home, [finding(1), finding(2)])
        told(home)
        publish(home, [finding(1, **changes), finding(2, explanation="Other words.", evidence='{"more": 1}')])
        [notice] = told(home)
        assert (notice["discrepancy_id"], notice["change"], notice["before"]) == ("dis_1", change, before)

    def test_what_is_back_is_reopened_and_what_came_and_went_between_two_looks_is_told_as_it_is(self, home):
        publish(home, [finding(1)])
        told(home)
        publish(home, [finding(1, status="resolved"), finding(2, status="resolved")])
        assert [(n["discrepancy_id"], n["change"]) for n in told(home)] == [
            ("dis_1", "resolved"),
            ("dis_2", "resolved"),
        ]
        publish(home, [finding(1), finding(2, status="resolved")])
        assert [(n["discrepancy_id"], n["change"]) for n in told(home)] == [("dis_1", "reopened")]

    def test_anomalies_of_later_days_are_told_however_old(self, home):
        publish(home, [])
        assert told(home) == []
        publish(home, [], (OLD_SPIKE,))
        assert [n["explanation"] for n in told(home)] == ["Acme used 900 tokens, 100 were expected."]
        publish(home, [], ((*OLD_SPIKE[:5], 901, OLD_SPIKE[6]),))
        assert told(home) == []

    def test_a_notice_keeps_its_id_when_its_look_is_lost(self, home):
        publish(home, [finding(1)])
        [first] = told(home)
        for left in (home.root / "watch").iterdir():
            left.unlink()
        assert [n["message_id"] for n in told(home)] == [first["message_id"]]


class TestDelivery:
    def test_a_receiver_that_fails_hangs_and_cuts_the_line_gets_each_once_and_in_order(self, home, receiver, waits):
        publish(home, [finding(n, impact_minor=1000 - n) for n in range(6)])
        receiver.script = ["fail", "take", "hang", "slow_down", "take_and_cut", "take", "cut", "fail", "take", "take"]
        send(home, receiver, timeout=0.3)
        assert len(receiver.taken) == 6
        assert [text.split(" leaked")[0].split(" · ")[-1] for text in receiver.texts()] == [
            "USD 10.00",
            "USD 9.99",
            "USD 9.98",
            "USD 9.97",
            "USD 9.96",
            "USD 9.95",
        ]
        assert len(waits) == 6  # fail, hang, slow_down, take_and_cut, cut, fail
        assert 0.0 in waits  # as long as it asked for
        send(home, receiver)
        assert sum(receiver.requests.values()) == 12

    def test_what_a_failing_receiver_did_not_take_comes_later_with_what_happened_since(self, home, receiver):
        publish(home, [finding(1)])
        receiver.script = ["fail", "fail", "fail"]
        with pytest.raises(Undelivered, match="it answered 500"):
            send(home, receiver, attempts=3)
        assert receiver.taken == []
        publish(home, [finding(1, status="resolved")])
        receiver.stop()
        with pytest.raises(Undelivered, match="the connection failed or broke off"):
            send(home, receiver, attempts=2)
        receiver.start()
        send(home, receiver)
        assert [text.split(" ")[1] for text in receiver.texts()] == ["New", "Resolved"]
        send(home, receiver)
        assert len(receiver.taken) == 2

    def test_a_refusal_is_not_tried_again_at_once_and_loses_nothing(self, home, receiver, waits):
        publish(home, [finding(1)])
        receiver.script = ["refuse"]
        with pytest.raises(Undelivered, match="it answered 403"):
            send(home, receiver)
        assert waits == []
        send(home, receiver)
        assert len(receiver.taken) == 1

    def test_no_error_names_the_address(self, home, receiver):
        publish(home, [finding(1)])
        receiver.stop()
        with pytest.raises(Undelivered) as caught:
            send(home, receiver, attempts=1)
        assert (
            "secret"
            not in f"{caught.value!r} {caught.value.__context__ if not caught.value.__suppress_context__ else ''}"
        )
        assert "secret" not in repr(Webhook(receiver.address, 1.0))

    def test_standard_output_and_the_webhook_are_told_apart(self, home, receiver):
        publish(home, [finding(1)])
        receiver.script = ["refuse"]
        with pytest.raises(Undelivered):
            send(home, receiver)
        assert len(told(home)) == 1
        send(home, receiver)
        assert len(receiver.taken) == 1
        assert told(home) == []


class TestOutbox:
    def test_one_watch_at_a_time(self, home):
        publish(home, [])
        with (
            open_outbox(home),
            pytest.raises(TieoutError, match="another `tieout watch` is at work"),
            open_outbox(home),
        ):
            pass

    def test_a_damaged_outbox_is_named(self, home):
        publish(home, [])
        (home.root / "watch").mkdir()
        (home.root / "watch" / "outbox.sqlite").write_text("not a database, but long enough to look like one" * 40)
        with pytest.raises(TieoutError, match=r"outbox\.sqlite cannot be used"):
            told(home)


@pytest.mark.parametrize("address", ["http://hooks.example.com/secret", "hooks.example.com/secret", "ftp://x/secret"])
def test_an_address_that_is_none_or_not_encrypted_is_refused_and_not_shown(address):
    with pytest.raises(BadArgument, match="TIEOUT_WEBHOOK_URL is not") as caught:
        Webhook(address, 1.0)
    assert "secret" not in str(caught.value)
