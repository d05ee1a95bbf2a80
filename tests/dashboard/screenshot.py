"""`python -m tests.dashboard.screenshot`: makes the README's picture of the dashboard from a demo of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from app.cli.app import dashboard
from tests.conftest import ROOT, call_tieout
from tests.dashboard.browser import ARGUMENTS, NO_CHROMIUM, Visitor, find_chromium
from tests.dashboard.conftest import NEVER_STALE
from tests.demo_home import END
from tieout.store.home import Home

PICTURE = ROOT / "docs" / "dashboard.png"
BYTES_MAX = 300_000
WINDOW = {"width": 1280, "height": 1060}
DEMO = ("--customers", "150", "--months", "3", "--end", END, "--no-app")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        done = call_tieout("demo", "--home", home.root, *DEMO)
        if done.returncode != 0:
            sys.exit(done.stderr)
        os.environ["TIEOUT_STALE_AFTER_HOURS"] = NEVER_STALE
        with dashboard(home) as served, sync_playwright() as playwright:
            chromium = find_chromium(playwright)
            if chromium is None:
                sys.exit(NO_CHROMIUM)
            browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
            visitor = Visitor(browser.new_page(viewport=WINDOW), served.address)
            page = visitor.open("", "Overview")
            page.locator("svg.marks").nth(1).wait_for()
            visitor.metrics()
            page.screenshot(path=PICTURE)
            browser.close()
    size = PICTURE.stat().st_size
    if size > BYTES_MAX:
        sys.exit(f"{PICTURE} has {size:,} bytes, more than {BYTES_MAX:,}")
    print(f"{PICTURE}: {size:,} bytes")


if __name__ == "__main__":
    main()
