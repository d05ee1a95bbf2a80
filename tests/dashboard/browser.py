"""How the browser tests look at a page: finding Chromium, waiting for a page, reading its figures and tables."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Locator, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-background-networking")
NO_CHROMIUM = (
    "There is no Chromium for the browser tests. Install the Debian package `chromium` (apt-get install chromium), "
    "or name one with TIEOUT_CHROMIUM."
)
WAIT_MS = 60_000
#: Pixels of a row in a table, its heading included.
ROW_PIXELS = 35
#: The script has ended before the page is drawn; it is when its text has stayed the same for a moment.
DRAWN = """() => {
    const text = document.body.innerText;
    if (window.tieoutText !== text) { window.tieoutText = text; window.tieoutSince = performance.now(); }
    return performance.now() - window.tieoutSince > 300;
}"""


def find_chromium(playwright: Playwright) -> str | None:
    """TIEOUT_CHROMIUM, else what is on PATH, else Playwright's own; None when there is none."""
    named = os.environ.get("TIEOUT_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def shown_amount(text: str) -> float:
    """A figure of a page as a number."""
    return float(text.replace(",", ""))


class Visitor:
    """One person's browser window on one dashboard; remembers what the console said."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location}")

    def open(self, path: str, heading: str) -> Page:
        """Opens a path below the dashboard's address, or a whole address, and waits until its page is drawn."""
        self.page.goto(path if path.startswith("http") else f"{self.address}/{path}")
        return self.await_heading(heading)

    def await_heading(self, heading: str) -> Page:
        """Waits until the page with that heading is drawn."""
        self.page.get_by_role("heading", name=heading, exact=True).first.wait_for()
        self.settle()
        return self.page

    def settle(self) -> None:
        """Waits until the script has run to its end, and holds that it ran without an exception.

        A run that another one cuts short is at rest for a moment, too: the page must be at rest twice.
        """
        at_rest = self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
        at_rest.wait_for()
        self.page.wait_for_timeout(100)
        at_rest.wait_for()
        self.page.wait_for_function(DRAWN, polling=50)
        assert self.page.get_by_test_id("stException").all_inner_texts() == []

    def await_true(self, words: str, condition: Callable[[], bool]) -> None:
        """Waits until the condition holds; the page is read again and again."""
        for _ in range(WAIT_MS // 200):
            if condition():
                return
            self.page.wait_for_timeout(200)
        raise AssertionError(f"did not happen in {WAIT_MS} ms: {words}")

    def metrics(self) -> dict[str, str]:
        """Label to value of every figure on the page, which has at least one."""
        self.page.get_by_test_id("stMetricValue").first.wait_for()
        self.settle()
        found = {}
        for metric in self.page.get_by_test_id("stMetric").all():
            label = metric.get_by_test_id("stMetricLabel").inner_text().strip()
            found[label] = metric.get_by_test_id("stMetricValue").inner_text().strip()
        return found

    def table(self, about: str) -> Locator:
        """The table whose alternative text holds these words."""
        named = self.page.locator(f'[aria-label*="{about}"]')
        return self.page.get_by_test_id("stDataFrame").filter(has=named)

    def cells(self, about: str) -> list[list[str]]:
        """The table as text, heading first: what is in view, without the ticks and the padding of amounts."""
        table = self.table(about)
        table.scroll_into_view_if_needed()
        grid = table.locator("canvas table[role=grid]").first
        grid.wait_for(state="attached")
        rows = grid.evaluate(
            "grid => [...grid.querySelectorAll('tr')].map(row => [...row.children].map(cell => cell.textContent))"
        )
        return [[re.sub(r"\u2007+", "", cell).strip() for cell in row] for row in rows]

    def tick(self, about: str, row: int) -> None:
        """Ticks a row, counted from 0, of the table."""
        self.table(about).locator(".dvn-scroller").click(position={"x": 14, "y": ROW_PIXELS * (row + 1) + 17})

    def width_overflow(self) -> int:
        """By how many pixels the page is wider than its window; 0 when it fits."""
        return self.page.evaluate(
            "() => Math.max(...[document.documentElement, document.querySelector('[data-testid=stMain]')]"
            ".map(element => element.scrollWidth - element.clientWidth))"
        )
