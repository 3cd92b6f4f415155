"""Serves the dashboard with the pages' libraries loaded before the first reader asks for one.

python -m dashboard.serve --server.port 8501
"""

import sys
from importlib import import_module
from pathlib import Path

APP = Path(__file__).resolve().parent / "app.py"
AHEAD = (
    "duckdb", "polars", "pandas", "pyarrow", "plotly.graph_objects", "dashboard.page_view",
    "dashboard.charts", "dashboard.kpi_cards", "dashboard.advice_card", "dashboard.in_browser",
)  # fmt: skip


def command(*options: str) -> list[str]:
    """The command line that serves it, with Streamlit's own options."""
    return [sys.executable, "-m", "dashboard.serve", *options]


def main() -> None:
    from streamlit.web import cli  # the command line, which starts this, needs none

    for name in AHEAD:
        import_module(name)
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
