"""Where the browser tests look for Chromium."""

from types import SimpleNamespace

import pytest

from tests.dashboard.browser import NO_CHROMIUM, find_chromium


def with_own(path) -> SimpleNamespace:
    return SimpleNamespace(chromium=SimpleNamespace(executable_path=str(path)))


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch, tmp_path):
    monkeypatch.delenv("TIEOUT_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_the_setting_goes_before_everything(monkeypatch, tmp_path):
    (tmp_path / "chromium").touch(mode=0o755)
    monkeypatch.setenv("TIEOUT_CHROMIUM", "/opt/mine")
    assert find_chromium(with_own(tmp_path / "chromium")) == "/opt/mine"


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_then_what_is_on_the_path(name, tmp_path):
    (tmp_path / name).touch(mode=0o755)
    assert find_chromium(with_own("/nowhere")) == str(tmp_path / name)


def test_then_playwrights_own(tmp_path):
    own = tmp_path / "own"
    own.touch()
    assert find_chromium(with_own(own)) == str(own)


def test_none_is_none_and_the_message_names_the_package():
    assert find_chromium(with_own("/nowhere")) is None
    assert "Debian package `chromium`" in NO_CHROMIUM
