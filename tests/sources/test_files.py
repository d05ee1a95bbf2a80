"""Which files are found in a landing area."""

from __future__ import annotations

from pathlib import Path

from tieout.sources.files import scan


def test_links_to_folders_are_followed_and_a_circle_ends(tmp_path: Path) -> None:
    elsewhere, landing = tmp_path / "elsewhere", tmp_path / "landing"
    elsewhere.mkdir()
    (elsewhere / "a.jsonl").write_text("{}\n")
    (landing / "usage").mkdir(parents=True)
    (landing / "usage" / "linked").symlink_to(elsewhere)
    (landing / "usage" / "back").symlink_to(landing)
    (landing / "stripe").symlink_to(elsewhere, target_is_directory=True)

    found, ignored = scan(landing)

    assert [file.path for file in found] == ["stripe/a.jsonl", "usage/linked/a.jsonl"]
    assert ignored == []
