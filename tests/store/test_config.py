import pytest

from tieout.store.config import load_config, load_settings
from tieout.store.errors import BadArgument


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("TIEOUT_"):
            monkeypatch.delenv(name)


def test_the_home_is_dot_tieout_unless_the_environment_says_otherwise(monkeypatch):
    assert str(load_config().home) == ".tieout"
    monkeypatch.setenv("TIEOUT_HOME", "/somewhere")
    assert str(load_config().home) == "/somewhere"


def test_a_business_setting_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("TIEOUT_INVOICE_STUCK_GRACE_HOURS", "72")
    assert load_settings().invoice_stuck_grace_hours == 72


@pytest.mark.parametrize(
    ("name", "value", "load"),
    [
        ("TIEOUT_THREADS", "many-secret", load_config),
        ("TIEOUT_SNAPSHOTS_KEPT", "0", load_config),
        ("TIEOUT_DUNNING_GRACE_DAYS", "soon-secret", load_settings),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(monkeypatch, name, value, load):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadArgument, match=name) as error:
        load()
    assert "secret" not in str(error.value)


def test_a_value_that_no_rule_knows_names_the_setting(monkeypatch):
    monkeypatch.setenv("TIEOUT_ROUNDING_MODE", "bankers")
    with pytest.raises(BadArgument, match="rounding_mode"):
        load_settings()
