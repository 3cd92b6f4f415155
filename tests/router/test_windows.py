from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Metered, Result
from router.windows import WindowReading, hit_window, limits_of, readings_of, result_of

UNIFIED = "anthropic-ratelimit-unified-"
RESET = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
EPOCH = str(int(RESET.timestamp()))

PLAN = {
    f"{UNIFIED}status": "allowed_warning",
    f"{UNIFIED}reset": EPOCH,
    f"{UNIFIED}representative-claim": "five_hour",
    f"{UNIFIED}5h-status": "allowed_warning",
    f"{UNIFIED}5h-utilization": "0.91",
    f"{UNIFIED}5h-reset": EPOCH,
    f"{UNIFIED}5h-surpassed-threshold": "0.9",
    f"{UNIFIED}7d-status": "allowed",
    f"{UNIFIED}7d-utilization": "1.02",
    f"{UNIFIED}7d-reset": EPOCH,
    f"{UNIFIED}fallback-percentage": "0.5",
    f"{UNIFIED}overage-status": "rejected",
    f"{UNIFIED}overage-disabled-reason": "org_level_disabled",
}
SPENT = {
    **PLAN,
    f"{UNIFIED}status": "rejected",
    f"{UNIFIED}5h-status": "rejected",
    "retry-after": "3600",
}
DONE = Metered(complete=True)


def test_the_whole_prefix_is_kept_by_lower_case_name():
    headers = [
        (b"Anthropic-RateLimit-Unified-Brand-New", b" 1 "),
        (b"Retry-After", b"30"),
        (b"content-type", b"text/plain"),
    ]
    assert limits_of(headers) == {f"{UNIFIED}brand-new": "1", "retry-after": "30"}


def test_a_plans_windows_are_read():
    assert readings_of(PLAN) == (
        WindowReading(
            limit_window="five_hour", status="allowed_warning", utilization=0.91, resets_at=RESET
        ),
        WindowReading(
            limit_window="seven_day", status="allowed", utilization=1.02, resets_at=RESET
        ),
        WindowReading(limit_window="overage", status="rejected"),
    )


@pytest.mark.parametrize(
    ("window", "name"),
    [
        ("7d_opus", "seven_day_opus"),
        ("7d-sonnet", "seven_day_sonnet"),
        ("7d_oi", "seven_day_overage_included"),
        ("30d_new", "30d_new"),
        ("overage-period-monthly", "overage-period-monthly"),
    ],
)
def test_windows_have_one_name_and_unknown_ones_keep_theirs(window, name):
    [reading] = readings_of({f"{UNIFIED}{window}-utilization": "0.5"})
    assert (reading.limit_window, reading.utilization) == (name, 0.5)


def test_a_keys_windows_are_read_from_what_remains():
    prefix = "anthropic-ratelimit-input-tokens-"
    limits = {f"{prefix}limit": "40000", f"{prefix}remaining": "10000"}
    limits[f"{prefix}reset"] = "2026-11-22T15:00:00Z"
    assert readings_of(limits) == (
        WindowReading(limit_window="input_tokens", utilization=0.75, resets_at=RESET),
    )


@pytest.mark.parametrize("value", ["", "soon", "nan", "-1", "inf", "1e400"])
def test_a_value_that_is_no_number_is_unknown(value):
    limits = {f"{UNIFIED}5h-utilization": value, f"{UNIFIED}5h-reset": value}
    assert readings_of(limits) == (WindowReading(limit_window="five_hour"),)


def test_a_limit_of_nothing_has_no_utilization():
    prefix = "anthropic-ratelimit-requests-"
    [reading] = readings_of({f"{prefix}limit": "0", f"{prefix}remaining": "0"})
    assert reading.utilization is None


@given(
    st.dictionaries(
        st.text().map(lambda x: UNIFIED + x + "-reset"), st.text() | st.floats().map(str)
    )
)
def test_no_header_can_make_reading_fail(limits):
    assert len(readings_of(limits)) <= len(limits)


def test_the_window_that_refused_is_named():
    assert hit_window(429, SPENT) == "five_hour"


def test_without_a_claim_the_refusing_window_is_found():
    limits = {name: value for name, value in SPENT.items() if not name.endswith("claim")}
    assert hit_window(429, limits) == "five_hour"
    assert hit_window(429, {f"{UNIFIED}status": "rejected"}) == "unified"


def test_a_refused_overage_alone_is_no_hit():
    assert hit_window(429, PLAN) is None
    assert hit_window(200, PLAN) is None


def test_without_a_status_of_all_the_windows_own_decide():
    assert hit_window(429, {f"{UNIFIED}5h-status": "rejected"}) == "five_hour"
    assert hit_window(429, {f"{UNIFIED}overage-status": "rejected"}) is None


def test_only_a_refusal_is_a_hit():
    assert hit_window(200, SPENT) is None
    assert hit_window(None, SPENT) is None


@pytest.mark.parametrize(
    ("status", "limits", "metered", "result"),
    [
        (200, {}, DONE, Result.OK),
        (200, SPENT, DONE, Result.OK),
        (200, {}, Metered(), Result.TRUNCATED),
        (429, SPENT, DONE, Result.LIMIT_HIT),
        (429, PLAN, DONE, Result.RATE_LIMITED),
        (429, {}, Metered(error_type="rate_limit_error"), Result.RATE_LIMITED),
        (529, {}, Metered(), Result.OVERLOADED),
        (503, {}, Metered(error_type="overloaded_error"), Result.OVERLOADED),
        (200, {}, Metered(error_type="overloaded_error"), Result.OVERLOADED),
        (200, {}, Metered(error_type="rate_limit_error"), Result.RATE_LIMITED),
        (200, {}, Metered(error_type="api_error"), Result.FAILED),
        (400, {}, DONE, Result.REJECTED),
        (404, {}, DONE, Result.REJECTED),
        (500, {}, DONE, Result.FAILED),
        (502, {}, Metered(), Result.FAILED),
        (307, {}, DONE, Result.FAILED),
        (None, {}, Metered(), Result.UNREACHABLE),
    ],
)
def test_every_end_of_an_answer_has_a_result(status, limits, metered, result):
    assert result_of(status, limits, metered) is result


def test_a_client_that_leaves_cancels_only_what_was_not_done():
    assert result_of(200, {}, Metered(), cancelled=True) is Result.CANCELLED
    assert result_of(None, {}, Metered(), cancelled=True) is Result.CANCELLED
    assert result_of(200, {}, DONE, cancelled=True) is Result.OK
