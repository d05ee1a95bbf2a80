"""Small file operations that survive a crash: what is named is whole and on disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def sync_file(path: Path) -> None:
    """Flushes a finished file's content to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Flushes a folder's list of names to disk, so that a rename in it survives a power cut."""
    sync_file(path)


def replace_text(path: Path, text: str) -> None:
    """Writes a file so that every reader sees either the old content or the new, never a part."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    with staged.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    staged.replace(path)
    sync_folder(path.parent)


def commit_file(staged: Path, final: Path) -> None:
    """Gives a finished file its name, durably. A reader never sees it half written."""
    sync_file(staged)
    staged.replace(final)
    sync_folder(final.parent)


def remove(path: Path) -> None:
    """Removes a file or a folder; one that is not there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
