"""Report: what do I hand in for this month?"""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import streamlit as st

from collector.files import data_folder, ledger_file
from dashboard import ask, demo_controls, filters, notices, page_view, reader, session, show
from dashboard.i18n import say
from dashboard.reader import LANGUAGES, Reader
from dashboard.report import formats, gather
from dashboard.report.gather import Report

MOST_FILES = 24
PREVIEW_PX = 900

folder = data_folder()
saved = session.saved()
zone = filters.zone()
now = filters.now()
fresh = ask.first(ask.answer(ledger_file(folder), "freshness", {}))


def numbers() -> dict[str, str]:
    return {
        "six_kpis": say("The sentence, the six numbers, and those of the month before"),
        "daily_cost": say("Paid per day against all-Opus"),
        "spend_by": say("By project and by model"),
        "spend_change": say("What moved the list value"),
        "savings": say("Where the saving comes from"),
        "blocked": say("Limit hits"),
        "advice": say("What to change next month"),
        "coverage": say("What is missing"),
        "prices_used": say("Price rows used"),
    }


def months() -> list[date]:
    """From this month back to the ledger's first."""
    last, first = (show.local(at, zone).date() for at in (now, fresh["first_call_at"]))
    found = [last.replace(day=1)]
    while found[-1] > first:
        found.append(gather.previous(found[-1]))
    return found


def chosen_month(known: list[date]) -> date:
    """The URL's, else the last whole one, else this one."""
    try:
        asked = gather.named_month(st.query_params.get("month", ""))
    except ValueError:
        asked = gather.last_whole_month(now, zone)
    return asked if asked in known else known[0]


def controls(known: list[date]) -> tuple[date, Reader]:
    title, month_box, language_box, currency_box = st.columns(
        [4, 2, 2, 2], vertical_alignment="bottom"
    )
    title.title(say("Report"), anchor=False)
    month = month_box.selectbox(
        say("Month"),
        known,
        index=known.index(chosen_month(known)),
        format_func=lambda day: f"{day:%Y-%m}",
    )
    spoken = saved.reports.language or reader.current().language
    language = language_box.selectbox(
        say("Language of the report"),
        list(LANGUAGES),
        index=list(LANGUAGES).index(st.query_params.get("report_lang", spoken))
        if st.query_params.get("report_lang", spoken) in LANGUAGES
        else 0,
        format_func=LANGUAGES.__getitem__,
    )
    currency = currency_box.selectbox(
        say("Currency"),
        ["USD", "JPY"] if saved.usd_jpy else ["USD"],
        index=1 if saved.usd_jpy and saved.currency == "JPY" else 0,
        help=None if saved.usd_jpy else say("For yen, set a rate in the settings."),
    )
    st.query_params.from_dict(
        {**session.in_url(), "month": f"{month:%Y-%m}", "report_lang": language}
    )
    return month, formats.reader_of(saved.model_copy(update={"currency": currency}), language, zone)


@st.cache_data(ttl=ask.KEEP_S, show_spinner=False, max_entries=8)
def kept(folder: Path, month: date, zone: str, now: datetime) -> Report:
    return gather.gather(folder, month, zone, now)


def downloads(found: Report, who: Reader) -> None:
    with st.container(horizontal=True):
        for form, mime in formats.FORMATS.items():
            st.download_button(
                form.upper(),
                data=file_of(found, form, who),
                file_name=formats.file_name(found.month, form),
                mime=mime,
                key=f"download {form}",
                icon=":material/download:",
                on_click="ignore",
            )


def file_of(found: Report, form: str, who: Reader) -> Callable[[], bytes]:
    return lambda: formats.drawn(found, form, who)


def preview(found: Report, who: Reader) -> None:
    st.iframe(
        formats.drawn(found, "html", who).decode(),
        height=PREVIEW_PX,
        alt=say("The report of {month}", month=f"{found.month:%Y-%m}"),
    )


def written() -> None:
    """What the schedule and the command line left in reports/, newest first."""
    files = sorted(formats.reports_folder(folder).glob("faregate-*.*"), reverse=True)
    with st.expander(say("Reports in the folder"), icon=":material/folder:"):
        if saved.reports.monthly:
            text = say(
                "On the first of each month the last one is written as {formats}, while `faregate "
                "up` runs; months that were missed are made up for.",
                formats=", ".join(saved.reports.formats),
            )
        else:
            text = say("The monthly report is switched off in the settings.")
        st.markdown(text)
        for file in files[:MOST_FILES]:
            st.download_button(
                say(
                    "{name} · {size} bytes",
                    name=file.name,
                    size=show.quantity(file.stat().st_size),
                ),
                data=file.read_bytes,
                file_name=file.name,
                key=f"kept {file.name}",
                type="tertiary",
                on_click="ignore",
            )


page_view.require_calls(folder, fresh, say("Report"))
month, who = controls(months())
found = kept(folder, month, zone, now)
demo_controls.badge(folder, fresh["demo_calls"])
notices.loading(folder)
downloads(found, who)
preview(found, who)
written()
notices.sources(numbers(), zone)
