"""The forms of the Settings page: each draws its fields, and says what to save once asked to."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from collector.live_policy import LivePolicy
from dashboard import filters
from dashboard.i18n import say
from dashboard.reader import LANGUAGES
from dashboard.settings import Alerts, Goals, Reports, Settings

FORMATS = ("html", "pdf", "xlsx", "csv", "md", "json")
Said = Mapping[str, Any] | None


def how_it_is_shown(now: Settings) -> Said:
    """Language, currency with its rate, and zone."""
    with st.form("shown", border=False):
        language = _language(say("Language"), now.language, say("As the browser prefers"))
        zones = ["", *sorted(available_timezones())]
        zone = st.selectbox(
            say("Time zone: where days begin at midnight"),
            zones,
            index=zones.index(now.zone or ""),
            format_func=lambda name: (
                name or say("As the browser says: {zone}", zone=filters.zone())
            ),
        )
        currency_box, rate_box, day_box = st.columns(3)
        codes = ["USD", "JPY"]
        currency = currency_box.selectbox(
            say("Currency"), codes, index=codes.index(now.currency), key="currency of settings"
        )
        rate = rate_box.number_input(
            say("Yen to the dollar"),
            min_value=0.01,
            value=None if now.usd_jpy is None else float(now.usd_jpy),
            step=0.5,
            format="%.2f",
            placeholder=say("none"),
        )
        today = datetime.now(ZoneInfo(filters.zone())).date()
        day = day_box.date_input(say("Rate of"), now.usd_jpy_on or today, format="YYYY-MM-DD")
        if not st.form_submit_button(say("Save"), key="save shown"):
            return None
    return {
        "language": language,
        "zone": zone or None,
        "currency": currency,
        "usd_jpy": None if rate is None else Decimal(f"{rate:.2f}"),
        "usd_jpy_on": None if rate is None else day,
    }


def goals(now: Goals) -> Said:
    """Money in dollars per 30 days, shares in percent."""
    with st.form("goals", border=False):
        with st.grid(2, min_column_width=170):
            said = {
                "paid_usd_least": _dollars(say("Paid in 30 days: from $"), now.paid_usd_least),
                "paid_usd_most": _dollars(say("Paid: to $"), now.paid_usd_most),
                "reduction_least": _percent(say("Saved vs all-Opus: from %"), now.reduction_least),
                "reduction_most": _percent(say("Saved: to %"), now.reduction_most),
                "local_least": _percent(say("Local share: from %"), now.local_least),
                "local_most": _percent(say("Local share: to %"), now.local_most),
                "quality_least": _percent(say("Quality: at least %"), now.quality_least),
                "cache_least": _percent(say("Prompt-cache reads: at least %"), now.cache_least),
                "limit_hits_below": st.number_input(
                    say("Plan limit hits in 30 days: fewer than"), 1, value=now.limit_hits_below
                ),
            }
        if not st.form_submit_button(say("Save"), key="save goals"):
            return None
    return {"goals": said}


def alerts(now: Alerts, environ: Mapping[str, str]) -> Said:
    """Marks of None are never told; the webhook's address stays in the environment."""
    with st.form("alerts", border=False):
        webhook = st.text_input(
            say("Webhook: the environment variable that holds its address"),
            now.webhook_env or "",
            placeholder="ALERTS_WEBHOOK",
        )
        if now.webhook_env:
            _told_of(now.webhook_env, environ)
        with st.grid(2, min_column_width=170):
            day_usd = _mark(say("Cash in a day: above $"), now.day_usd)
            month_usd = _mark(say("Cash in a month: above $"), now.month_usd)
            full = _times_100(now.window_share or None)
            share = _mark(say("A plan window: fuller than %"), full, 100.0)
            minutes = st.number_input(
                say("Silence between two of a kind, in minutes"), 1, value=now.cooldown_minutes
            )
        unpriced = st.toggle(say("A model without a price"), now.unpriced)
        runaway = st.toggle(say("A loop that runs away"), now.runaway)
        provider_down = st.toggle(say("A provider that is down"), now.provider_down)
        if not st.form_submit_button(say("Save"), key="save alerts"):
            return None
    said = {
        "webhook_env": webhook.strip() or None,
        "day_usd": day_usd,
        "month_usd": month_usd,
        "window_share": None if share is None else round(share / 100, 6),
        "unpriced": unpriced,
        "runaway": runaway,
        "provider_down": provider_down,
        "cooldown_minutes": minutes,
    }
    return {"alerts": said}


def reports(now: Reports) -> Said:
    with st.form("reports", border=False):
        monthly = st.toggle(say("Write the report on the first of each month"), now.monthly)
        formats = st.pills(
            say("Formats"),
            FORMATS,
            selection_mode="multi",
            default=list(now.formats),
            format_func=str.upper,
        )
        language = _language(say("Language of the report"), now.language, say("As the pages"))
        if not st.form_submit_button(say("Save"), key="save reports"):
            return None
    return {"reports": {"monthly": monthly, "formats": tuple(formats), "language": language}}


def plan(folder: Path, named: dict[str, str]) -> tuple[str, float] | None:
    """The plan's name and its monthly fee in dollars; `named` maps known plans to their titles."""
    now = LivePolicy(folder).now
    codes = list(dict.fromkeys(["", *named, now.plan or ""]))
    with st.form("plan", border=False):
        code = st.selectbox(
            say("Plan"),
            codes,
            index=codes.index(now.plan or ""),
            format_func=lambda code: named.get(code, code) or say("No plan"),
        )
        fee = _dollars(say("Monthly fee in $"), now.plan_usd)
        if not st.form_submit_button(say("Save"), key="save plan"):
            return None
    return code, fee


def _language(label: str, now: str | None, none: str) -> str | None:
    codes = ["", *LANGUAGES]
    code = st.selectbox(
        label, codes, index=codes.index(now or ""), format_func=lambda c: LANGUAGES.get(c, none)
    )
    return code or None


def _dollars(label: str, now: float) -> float:
    return st.number_input(label, min_value=0.0, value=float(now), step=5.0, format="%.2f")


def _percent(label: str, now: float) -> float:
    said: float = st.number_input(label, 0.0, 100.0, _times_100(now), step=1.0, format="%.1f")
    return round(said / 100, 6)


def _mark(label: str, now: float | None, most: float | None = None) -> float | None:
    """A number above which something is told; empty for never."""
    digits = "%.2f" if most is None else "%.0f"
    return st.number_input(
        label, 0.0, most, value=now, step=5.0, format=digits, placeholder=say("never")
    )


def _times_100(share: float | None) -> Any:
    return None if share is None else round(share * 100, 4)


def _told_of(variable: str, environ: Mapping[str, str]) -> None:
    if environ.get(variable):
        st.badge(say("{name} is set", name=variable), color="green", icon=":material/check:")
    else:
        st.badge(
            say("{name} is not set where this dashboard runs", name=variable),
            color="orange",
            icon=":material/warning:",
        )
