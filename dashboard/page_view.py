"""What a page shows: of which ledger, for which filters and period, in which colours."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import streamlit as st

from collector.files import data_folder, ledger_file
from dashboard import ask, demo_controls, export, filter_bar, filters, notices, show
from dashboard.ask import Answers, Question, Variables
from dashboard.filters import Filters
from dashboard.i18n import say
from dashboard.palette import Palette, palette
from dashboard.period import Period, before

HEADS = ("freshness", "filter_values")
BEFORE = "six_kpis before"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`asked` are the variables of every question: the period's, the filters', the page's own."""

    folder: Path
    chosen: Filters
    period: Period
    colours: Palette
    asked: Variables

    @property
    def path(self) -> Path:
        return ledger_file(self.folder)

    def asking(self, **more: Any) -> "View":
        """The same view, with more variables."""
        return replace(self, asked={**self.asked, **more})

    @property
    def past(self) -> Period:
        """The period before."""
        return before(self.period, filters.now())

    @property
    def kpis_before(self) -> dict[str, Question]:
        """What `earlier` reads, to be asked with a page's questions."""
        return {BEFORE: ("six_kpis", {**self.asked, **self.past.variables})}

    def earlier(self, now: Answers) -> dict[str, Any] | None:
        """The KPIs of the period before, None where the ledger does not reach back to it."""
        if ask.first(now["freshness"])["first_call_at"] > self.past.start_at:
            return None
        return ask.first(now[BEFORE])

    def answers(
        self, kpis: Iterable[str], also: Mapping[str, Question] | None = None, **more: Any
    ) -> Answers:
        return ask.answers(self.path, kpis, {**self.asked, **more}, also)

    def answer(self, kpi: str, **more: Any) -> pl.DataFrame:
        return ask.answer(self.path, kpi, {**self.asked, **more})

    def as_csv(self, kpi: str, **more: Any) -> Callable[[], bytes]:
        """What gives a KPI's file when it is asked for, as the ledger is then."""
        asked = {**self.asked, **more}
        return lambda: export.csv(ask.fresh_answer(self.path, kpi, asked))

    def narrowed(self, **more: str) -> Filters:
        return filters.narrowed(self.chosen, **more)

    def go(self, **more: str) -> NoReturn:
        """This page, with some filters changed."""
        filters.write(self.narrowed(**more))
        st.rerun()

    def open(self, page: str, **more: str) -> None:
        """Another page, with these filters and some changed."""
        to_page(page, self.narrowed(**more))

    def head(
        self,
        title: str,
        kpis: Iterable[str] = HEADS,
        shown: tuple[str, ...] = ("project",),
        also: Mapping[str, Question] | None = None,
    ) -> Answers:
        """The top of the page, and what the ledger answers; without a call, how to get some.

        `kpis` hold those of HEADS, `also` what is asked otherwise (`ask.answers`); `shown` are the
        filters that the page has widgets for.
        """
        now = self.answers(dict.fromkeys([*HEADS, *kpis]), also)
        fresh = ask.first(now["freshness"])
        require_calls(self.folder, fresh, title)
        filter_bar.head(title, now["filter_values"], self.chosen, shown)
        demo_controls.badge(self.folder, fresh["demo_calls"])
        notices.loading(self.folder)
        return now


def current() -> View:
    """The view that the URL and the settings ask for."""
    chosen = filters.current()
    period = filters.asked_period(chosen)
    return View(
        folder=data_folder(),
        chosen=chosen,
        period=period,
        colours=palette(st.context.theme.type),
        asked={**period.variables, **chosen.variables},
    )


def to_page(page: str, chosen: Filters) -> None:
    st.switch_page(f"app_pages/{page}.py", query_params=filters.to_url(chosen))


def require_calls(folder: Path, fresh: dict[str, Any], title: str) -> None:
    """Ends the page where the ledger holds no call (a row of freshness.sql)."""
    if not fresh["calls"]:
        demo_controls.empty_ledger(folder, title)
        st.stop()


def none_passes(fresh: dict[str, Any]) -> None:
    """That the filters leave nothing, and how old the latest call is."""
    age = show.span(fresh["last_call_age_s"])
    st.info(say("No call passes these filters. The latest call was {age} ago.", age=age))
