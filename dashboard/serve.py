"""Serves the dashboard with the pages' libraries loaded, and the ledger asked once, before the
first reader asks for a page.

python -m dashboard.serve --server.port 8501
"""

import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread

APP = Path(__file__).resolve().parent / "app.py"
# Polars keeps what it freed for ten seconds and more; a page that replays would hold it for ever.
GIVES_BACK = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
AHEAD = (
    "duckdb", "polars", "pandas", "pyarrow", "pyarrow.pandas_compat", "plotly.graph_objects",
    "plotly.tools", "PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin", "PIL.PpmImagePlugin", "streamlit.material_icon_names",
    "dashboard.page_view", "dashboard.charts", "dashboard.kpi_cards", "dashboard.advice_card",
    "dashboard.in_browser", "dashboard.sidebar", "dashboard.top_tables", "dashboard.windows_now",
)  # fmt: skip


def command(*options: str) -> list[str]:
    """The command line that serves it, with Streamlit's own options."""
    return [sys.executable, "-m", "dashboard.serve", *options]


def main() -> None:
    os.environ.setdefault(*GIVES_BACK)
    from streamlit.web import cli  # the command line, which starts this, needs none

    for name in AHEAD:
        import_module(name)
    Thread(target=_ask_once).start()
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:]]
    cli.main()


def _ask_once() -> None:
    """What the first question costs beyond any other; a ledger in trouble is the pages' to tell."""
    from collector import ledger
    from collector.files import data_folder, ledger_file
    from dashboard.notices import TROUBLE

    file = ledger_file(data_folder())
    with suppress(*TROUBLE):
        if file.exists():
            with ledger.reading(file) as db:
                ledger.short_answer(db, "six_kpis")


if __name__ == "__main__":
    main()
