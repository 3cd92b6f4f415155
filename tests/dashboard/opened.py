"""The dashboard's pages, run without a browser."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parent.parent.parent / "dashboard" / "app.py"
EVERY_PAGE = sorted(file.stem for file in (APP.parent / "app_pages").glob("*.py"))


def opened(page: str, **url: str) -> AppTest:
    """A page by the name of its file, with these parameters in the URL."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    if page != "overview":
        app.switch_page(f"app_pages/{page}.py")
    app.query_params.update(url)
    return app.run()


def overview(**url: str) -> AppTest:
    return opened("overview", **url)


def calls(**url: str) -> AppTest:
    return opened("calls", **url)


def routing(**url: str) -> AppTest:
    return opened("routing", **url)


def limits(**url: str) -> AppTest:
    return opened("limits", **url)


def spend(**url: str) -> AppTest:
    return opened("spend", **url)


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def text_of(app: AppTest) -> str:
    shown = [*app.markdown, *app.warning, *app.error, *app.info, *app.text, *app.title]
    return "\n".join(str(element.value) for element in shown)
