"""Each page's document knows where its server is."""

from urllib.parse import urlsplit

import pytest

from app.dashboard.addresses import FIRST_SCRIPT, document


def test_it_is_streamlits_document_told_before_its_first_script():
    told, told_before, scripts = document().partition(FIRST_SCRIPT)
    assert "window.__streamlit = {BACKEND_BASE_URL" in told
    assert told_before
    assert "window.__streamlit" not in scripts


@pytest.mark.browser
@pytest.mark.parametrize(("path", "heading"), [("", "Overview"), ("usage", "Usage and limits")])
def test_a_page_asks_its_server_and_no_other_address(visit, shown_address, path, heading):
    visitor = visit(shown_address)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    visitor.open(path, heading)
    assert {where for where in asked if "_stcore" in where} == {"/_stcore/health", "/_stcore/host-config"}
