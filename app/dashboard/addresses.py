"""What `streamlit run` serves: the dashboard's script, and for each page a document that knows where the server is.

A document that is not told asks for the server below its own address, at `/usage/_stcore`, is refused, and waits before
it asks above: an eighth of a second of every page that is opened by its address.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

HERE: Final = Path(__file__).parent
INDEX: Final = Path(st.__file__).parent / "static" / "index.html"
FIRST_SCRIPT: Final = '<script type="module"'
TOLD: Final = {
    "useExternalAuthToken": False,
    "enableCustomParentMessages": False,
    "enforceDownloadInNewTab": False,
    "metricsUrl": "",
    "blockErrorDialogs": False,
}
"""What the server answers at `/_stcore/host-config`, but for the origins whose windows may send the page messages: here
only its own. Who knows all of it connects at once."""


def document() -> str:
    """Streamlit's own document, with the server's address and what the page would ask it first."""
    host = f"{{allowedOrigins: [location.origin], ...{json.dumps(TOLD)}}}"
    script = f"window.__streamlit = {{BACKEND_BASE_URL: new URL('.', location).href, HOST_CONFIG: {host}}}"
    return INDEX.read_text(encoding="utf-8").replace(FIRST_SCRIPT, f"<script>{script}</script>\n    {FIRST_SCRIPT}", 1)


async def page(_: Request) -> HTMLResponse:
    """The document of any page; which one it is, the browser reads from its address."""
    return HTMLResponse(DOCUMENT, headers={"Cache-Control": "no-cache"})


DOCUMENT: Final = document()
NAMES: Final = ("", *sorted(path.stem for path in (HERE / "app_pages").glob("*.py")))
app = st.App(HERE / "main.py", routes=[Route(f"/{name}", page) for name in NAMES])
