"""Words in the reader's language: which one that is, and that it stays so on every page."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboard import settings
from dashboard.i18n import count, language, say, speaking
from dashboard.settings import Settings
from tests.dashboard.opened import EVERY_PAGE, metrics, opened, overview, text_of

SENTENCE = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}\b")


def test_words_are_english_until_a_language_is_spoken():
    assert say("Overview") == "Overview"
    with speaking("ja"):
        assert (language(), say("Overview")) == ("ja", "概要")
        assert say("{gap} short", gap="$3") == "$3 不足"
        assert say("nobody has said this yet, {name}", name="R2") == "nobody has said this yet, R2"
    assert language() == "en"


def test_one_and_many_are_counted():
    assert count(1, "**{n}** call", "**{n}** calls") == "**1** call"
    assert count(1200, "**{n}** call", "**{n}** calls") == "**1,200** calls"
    with speaking("ja"):
        assert count(1, "**{n}** call", "**{n}** calls") == "**1** 件"


def test_english_loads_no_catalogue():
    probe = (
        "import sys\n"
        "from dashboard.i18n import say\n"
        "say('Overview')\n"
        "print(sorted({'babel', 'streamlit', 'pydantic'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]", loaded.stderr


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_the_url_chooses_the_language_of_any_page(shown_demo: Path, page: str):
    app = opened(page, lang="ja")
    assert not app.exception
    assert "ja" in app.query_params["lang"]
    assert any("ぁ" <= sign <= "龠" for sign in app.title[0].value)
    assert [text for text in shown_words(app) if SENTENCE.search(text)] == []


def shown_words(app: Any) -> list[str]:
    """What is read on a page, code and the contents of tables apart."""
    labels = [
        one.label
        for kind in (
            app.button,
            app.metric,
            app.toggle,
            app.selectbox,
            app.number_input,
            app.text_input,
            app.expander,
        )
        for one in kind
    ]
    told = [metric.delta for metric in app.metric] + [metric.help for metric in app.metric]
    heads = [head.value for head in app.header]
    texts = [*labels, *told, *heads, *text_of(app).split("\n")]
    return [re.sub(r"`[^`]*`|:[a-z]+\[|<[^>]*>", "", text) for text in texts if text]


def test_a_saved_language_is_spoken_and_the_url_goes_before_it(folder: Path):
    settings.write(folder, Settings(language="ja"))
    assert app_title(overview()) == "概要"
    assert app_title(overview(lang="en")) == "Overview"
    assert app_title(overview(lang="tlh")) == "概要"


def app_title(app: object) -> str:
    return str(app.title[0].value)  # type: ignore[attr-defined]


def test_a_callback_and_the_pages_after_it_speak_the_same_language(shown_demo: Path):
    app = overview(lang="ja")
    with speaking("ja"):  # a test's own thread finds options by their words
        app.button_group[0].set_value("7d").run()
        assert "7d" in app.query_params["range"]
        assert "ja" in app.query_params["lang"]
        assert "プラン上限到達" in metrics(app)
        app.switch_page("app_pages/limits.py").run()
    assert app_title(app) == "上限"


def test_faulty_settings_leave_the_page_in_english(folder: Path):
    (folder / settings.FILE).write_text("language = 'klingon'\n")
    app = overview()
    assert not app.exception
    assert app_title(app) == "Overview"
    assert "language\\: Input should be 'en' or 'ja'" in text_of(app)
