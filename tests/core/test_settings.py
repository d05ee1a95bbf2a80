import pytest

from tieout.core.settings import Settings


def test_the_defaults_are_those_of_the_contract():
    settings = Settings()
    assert settings.invoice_missing_grace_hours == 24
    assert settings.invoice_stuck_grace_hours == 48
    assert settings.event_grace_hours == 24
    assert settings.dunning_grace_days == 14
    assert settings.rounding_mode == "half_away_from_zero"


@pytest.mark.parametrize(
    ("name", "value"),
    [("rounding_mode", "bankers"), ("amount_off_remainder", "first"), ("event_grace_hours", -1)],
)
def test_a_value_that_no_rule_knows_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        Settings(**{name: value})


def test_every_setting_reaches_dbt(root):
    model = (root / "dbt/models/staging/runs/stg_runs__parameters.sql").read_text()
    for name in Settings().as_dict():
        assert f"        {name},\n" in model
