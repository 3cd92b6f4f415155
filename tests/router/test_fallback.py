"""What follows when a target fails, which answer goes back, and who is left alone for how long."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Attempt, Metered, Result
from router.decision import Cooldown
from router.fallback import Settled, Try, cooldown_of, cooled, next_target
from router.policy_model import Fallback, Target, target_of
from tests.router.deciding import NOW, attempt

MAX, HAIKU, LOCAL = "max/claude-opus-4-6", "anthropic/claude-haiku-4-5", "ollama/qwen3-coder:30b"
CHAIN = [target_of(text) for text in (MAX, HAIKU, LOCAL)]
UNIFIED = "anthropic-ratelimit-unified-"


def play(*tried: Attempt, chain: list[Target] = CHAIN, elapsed_s: float = 1, **settings: object):
    return next_target(chain, tried, elapsed_s, Fallback.model_validate(settings))


FAILING = [
    (Result.UNREACHABLE, None),
    (Result.REJECTED, 408),
    (Result.REJECTED, 409),
    (Result.RATE_LIMITED, 429),
    (Result.LIMIT_HIT, 429),
    (Result.FAILED, 500),
    (Result.FAILED, 503),
    (Result.OVERLOADED, 529),
    (Result.OVERLOADED, 200),
    (Result.TRUNCATED, 200),
    (Result.REJECTED, 404),
    (Result.REJECTED, 402),
]


@pytest.mark.parametrize(("result", "status"), FAILING)
def test_another_target_is_tried_at_once(result: Result, status: int | None):
    assert play(attempt(MAX, result, status)) == Try(target_of(HAIKU))


@pytest.mark.parametrize("status", [400, 401, 403, 413, 422])
def test_what_the_client_caused_settles_the_call_unless_the_policy_says_so(status: int):
    refused = attempt(MAX, Result.REJECTED, status)
    assert play(refused) == Settled(0)
    assert play(refused, also_on=[status]) == Try(target_of(HAIKU))


@pytest.mark.parametrize("result", [Result.OK, Result.CANCELLED])
def test_an_answer_or_a_client_that_left_settles_the_call(result: Result):
    assert play(attempt(MAX, result, 200)) == Settled(0)


def test_a_client_that_left_is_not_asked_for_elsewhere_whatever_the_status():
    left = attempt(MAX, Result.CANCELLED, 503)
    assert play(left, also_on=[503]) == Settled(0)


def test_the_first_target_is_tried_first_however_late_it_is():
    assert play() == Try(target_of(MAX))
    assert play(elapsed_s=999) == Try(target_of(MAX))


def test_no_target_is_tried_once_the_time_is_over():
    tried = [attempt(MAX, Result.OVERLOADED, 529), attempt(HAIKU, Result.UNREACHABLE)]
    assert play(*tried, elapsed_s=280) == Settled(0)
    assert play(*tried, elapsed_s=100, seconds=90) == Settled(0)


def test_a_second_try_waits_as_the_answer_said_and_the_client_is_told_not_to():
    tried = [
        attempt(MAX, Result.LIMIT_HIT, 429),
        attempt(HAIKU, Result.RATE_LIMITED, 429, retry_after="7"),
        attempt(LOCAL, Result.REJECTED, 404),
    ]
    assert play(*tried) == Try(target_of(HAIKU), 7)
    assert play(*tried, retries=0) == Settled(0)
    again = attempt(HAIKU, Result.RATE_LIMITED, 429)
    assert play(*tried, again) == Settled(0, should_retry=False)


def test_a_long_wait_is_the_clients_to_make():
    tried = [attempt(MAX, Result.LIMIT_HIT, 429), attempt(HAIKU, Result.RATE_LIMITED, 429)]
    slow = attempt(LOCAL, Result.RATE_LIMITED, 429, retry_after="90")
    only = [target_of(MAX), target_of(LOCAL)]
    assert play(tried[0], slow, chain=only) == Settled(0)
    assert play(*tried, slow, elapsed_s=279.5) == Settled(0)


def test_a_lone_target_is_left_to_the_clients_own_retries():
    assert play(attempt(MAX, Result.OVERLOADED, 529), chain=CHAIN[:1]) == Settled(0)


@pytest.mark.parametrize(
    ("results", "useful"),
    [
        ([Result.UNREACHABLE, Result.OVERLOADED, Result.LIMIT_HIT], 2),
        ([Result.REJECTED, Result.UNREACHABLE, Result.FAILED], 2),
        ([Result.RATE_LIMITED, Result.RATE_LIMITED, Result.OVERLOADED], 0),
    ],
)
def test_of_many_failures_the_one_that_tells_most_goes_back(results: list[Result], useful: int):
    statuses = {Result.REJECTED: 404}
    tried = [
        attempt(str(target), result, statuses.get(result))
        for target, result in zip(CHAIN, results, strict=True)
    ]
    assert play(*tried, retries=0) == Settled(useful)


OUTCOMES = st.sampled_from([*FAILING, (Result.OK, 200), (Result.REJECTED, 400)])


@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True),
    st.lists(OUTCOMES, min_size=20, max_size=20),
    st.integers(0, 3),
)
def test_every_target_is_tried_once_before_any_is_tried_again(
    names: list[str], outcomes: list[tuple[Result, int | None]], retries: int
):
    chain = [Target("p", name) for name in names]
    settings, tried = Fallback(retries=retries), list[Attempt]()
    while isinstance(step := next_target(chain, tried, len(tried), settings), Try):
        assert step.target in chain
        seen = [one.model for one in tried]
        assert step.target.model not in seen or set(seen) == set(names)
        tried.append(attempt(f"p/{step.target.model}", *outcomes[len(tried)]))
    assert len(tried) <= len(chain) + retries
    assert 0 <= step.attempt < len(tried)


def limit(claim: str, window: str, reset: int) -> dict[str, str]:
    return {
        f"{UNIFIED}status": "rejected",
        f"{UNIFIED}representative-claim": claim,
        f"{UNIFIED}{window}-status": "rejected",
        f"{UNIFIED}{window}-reset": str(reset),
    }


def test_a_limit_cools_the_plan_until_its_window_resets():
    reset = NOW + timedelta(hours=3)
    told = limit("five_hour", "5h", int(reset.timestamp()))
    found = cooldown_of(attempt(MAX, Result.LIMIT_HIT, 429, **told), NOW)
    assert found == Cooldown("max", reset, "five_hour is used up")
    assert found.cools(Target("max", "claude-haiku-4-5"), NOW)
    assert not found.cools(Target("max", "claude-haiku-4-5"), reset)
    assert not found.cools(Target("anthropic", "claude-haiku-4-5"), NOW)


def test_the_reset_is_that_of_the_window_that_refused():
    soon, late = NOW + timedelta(hours=3), NOW + timedelta(days=5)
    told = limit("five_hour", "5h", int(soon.timestamp()))
    told |= {
        f"{UNIFIED}7d_opus-status": "rejected",
        f"{UNIFIED}7d_opus-reset": str(int(late.timestamp())),
    }
    assert cooldown_of(attempt(MAX, Result.LIMIT_HIT, 429, **told), NOW) == Cooldown(
        "max", soon, "five_hour is used up"
    )


def test_a_limit_of_one_family_cools_that_family_only():
    reset = int((NOW + timedelta(days=2)).timestamp())
    told = limit("seven_day_opus", "7d_opus", reset)
    found = cooldown_of(attempt(MAX, Result.LIMIT_HIT, 429, **told), NOW)
    assert found
    assert found.cools(target_of(MAX), NOW)
    assert not found.cools(Target("max", "claude-sonnet-4-5"), NOW)


def test_a_cooldown_lasts_eight_days_at_most_and_some_minutes_when_nothing_was_told():
    far = limit("seven_day", "7d", int((NOW + timedelta(days=400)).timestamp()))
    found = cooldown_of(attempt(MAX, Result.LIMIT_HIT, 429, **far), NOW)
    assert found
    assert found.until == NOW + timedelta(days=8)
    untold = cooldown_of(attempt(MAX, Result.LIMIT_HIT, 429), NOW)
    assert untold
    assert untold.until == NOW + timedelta(minutes=5)


def test_overload_and_a_limit_on_single_requests_cool_nobody():
    assert cooldown_of(attempt(MAX, Result.OVERLOADED, 529), NOW) is None
    plain = attempt(HAIKU, Result.RATE_LIMITED, 429, retry_after="20")
    assert cooldown_of(plain, NOW) is None


def test_a_keys_empty_window_cools_that_model_until_it_refills():
    head = "anthropic-ratelimit-input-tokens-"
    told = {
        f"{head}limit": "1000",
        f"{head}remaining": "0",
        f"{head}reset": (NOW + timedelta(seconds=40)).isoformat(),
    }
    found = cooldown_of(attempt(HAIKU, Result.RATE_LIMITED, 429, **told), NOW)
    assert found
    assert (found.model, found.until) == ("claude-haiku-4-5", NOW + timedelta(seconds=40))


def test_who_is_down_rests_half_a_minute_and_a_model_that_is_gone_ten():
    refused = attempt(LOCAL, Result.UNREACHABLE)
    down = cooldown_of(replace(refused, metered=Metered(error_type="ConnectError")), NOW)
    gone = cooldown_of(attempt(LOCAL, Result.REJECTED, 404), NOW)
    assert down and gone
    assert down.until - NOW == timedelta(seconds=30)
    assert (gone.until - NOW, gone.model) == (timedelta(minutes=10), "qwen3-coder:30b")


def test_a_connection_that_was_merely_lost_rests_nobody():
    lost = attempt(LOCAL, Result.UNREACHABLE)
    assert (
        cooldown_of(replace(lost, metered=Metered(error_type="RemoteProtocolError")), NOW) is None
    )


def test_a_new_cooldown_takes_the_place_of_the_old_and_ended_ones_go():
    old = Cooldown("max", NOW + timedelta(hours=1), "x")
    ended = Cooldown("ollama", NOW, "x")
    new = Cooldown("max", NOW + timedelta(hours=2), "y")
    assert cooled((old, ended), new, NOW) == (new,)
    assert cooled((old, ended), None, NOW) == (old,)
