"""The report as one HTML file that loads nothing, runs nothing, and prints well."""

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

from dashboard.palette import LIGHT
from dashboard.report.cells import shown
from dashboard.report.contents import Contents

HERE = Path(__file__).resolve().parent
FONT = HERE.parent / "static" / "inter.woff2"


def html(contents: Contents) -> bytes:
    style = _style()
    page = _pages().get_template("report.html.j2")
    words = page.render(
        contents=contents,
        charts={key: Markup(chart.svg) for key, chart in contents.charts.items()},
        shown=shown,
        colours={"green": LIGHT.good_text, "orange": LIGHT.fair_text, "gray": LIGHT.faded},
        style=Markup(style),
        policy=_policy(style),
    )
    return words.encode()


def _pages() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style() -> str:
    font = base64.b64encode(FONT.read_bytes()).decode()
    face = (
        '@font-face{font-family:"Inter";font-weight:100 900;'
        f"src:url(data:font/woff2;base64,{font}) format('woff2')}}"
    )
    return f"{face}\n{(HERE / 'report.css').read_text()}"


def _policy(style: str) -> str:
    """Nothing but this very style sheet and its font."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}' 'unsafe-hashes'; font-src data:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
