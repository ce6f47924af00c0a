"""The page at /_wireroom/: where things are and what to copy, until the console is there. No script."""

from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import Response

from wireroom import __version__
from wireroom.edge.callers import Visitor

_STATIC = Path(__file__).with_name("static")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def render(url: str, visitor: Visitor) -> Response:
    """The page for a server that this visitor reaches at `url`."""
    template = Template((_STATIC / "page.html").read_text(encoding="utf-8"))
    account = "all accounts" if visitor.admin else f"account {visitor.caller.account_id}"
    html = template.substitute(url=escape(url), account=escape(account), version=escape(__version__))
    headers = {
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return Response(html, headers=headers, media_type="text/html")


async def style_sheet(_: Request) -> Response:
    headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
    return Response((_STATIC / "wireroom.css").read_bytes(), headers=headers, media_type="text/css")
