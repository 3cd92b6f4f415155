"""Learning from made-up users of whom it is known what makes their work hard."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from router.complexity import sigma, weights_of
from router.gain import words
from router.learning import Labelled, amounts_of, fitted, levelled, points, scored
from router.learning_gain import gain_scores
from router.learning_judge import FEWEST, GAIN, RULES, WEIGHTS, folds, judged
from router.learning_value import Gains, worth

PRIOR = weights_of((Path(__file__).parents[2] / "data" / "complexity.toml").read_text())
KNOWN = points(PRIOR)
BEGAN = datetime(2026, 3, 2)
# What makes this user's work hard; by the built-in weights it would be the other way round.
TRUTH = {"files": 1.4, "design": -2.5, "text_length": 0.1, "trivial": 2.5}


def user(
    seed: int, count: int = 1_800, truth: dict[str, float] = TRUTH, lift: float = 1.0
) -> list[Labelled]:
    """Tasks in sessions of about six; the stronger model helps the more the harder they are."""
    dice = np.random.default_rng(seed)
    return [task(dice, number, truth, lift) for number in range(count)]


def task(dice: np.random.Generator, number: int, truth: dict[str, float], lift: float) -> Labelled:
    amounts = {
        "text_length": dice.uniform(2, 6),
        "files": float(dice.integers(0, 4)),
        "design": float(dice.random() < 0.3),
        "trivial": float(dice.random() < 0.3),
        "prompt": dice.uniform(0, 2),
    }
    hard = sum(truth.get(name, 0) * amount for name, amount in amounts.items()) - 1.5
    looks = sum(KNOWN[name] * amount for name, amount in amounts.items()) - 2
    is_strong = dice.random() < 0.25 + 0.5 * sigma(looks)
    fails = sigma(hard) * (1 - lift * 0.7 * is_strong)
    return Labelled(
        session=f"s{number // 6}",
        began_at=BEGAN + timedelta(hours=number),
        task="feature",
        is_strong=bool(is_strong),
        passed=bool(dice.random() >= fails),
        usd=dice.lognormal(-1, 0.5) * (1.4 if is_strong else 1),
        amounts=amounts,
    )


def noise(seed: int) -> list[Labelled]:
    """Hard work and easy work fail alike, the stronger model a little less often."""
    return user(seed, 700, truth={})


def test_weights_learn_what_makes_this_users_work_hard():
    tasks = user(1)
    found = fitted(tasks, KNOWN)
    assert found["files"] > 0 > found["design"]
    assert found["trivial"] > 0 > KNOWN["trivial"]


def test_what_was_never_seen_keeps_its_weight_in_proportion():
    found = fitted(user(1), KNOWN)
    ratio = {
        name: found[name] / KNOWN[name]
        for name in ("security", "review", "root_cause")
        if name in KNOWN
    }
    assert max(ratio.values()) - min(ratio.values()) < 1e-3


def test_few_tasks_leave_the_weights_near_the_built_in_ones():
    def away(count: int) -> float:
        found = fitted(user(2, count), KNOWN)
        scale = found["security"] / KNOWN["security"]
        return abs(found["design"] - scale * KNOWN["design"])

    assert away(40) < away(1_800)


def test_learning_beats_the_rules_where_the_truth_differs_from_the_prior():
    told = judged(user(3), PRIOR)
    assert told.why_not is None
    assert told.beats(WEIGHTS)
    assert told.worths[WEIGHTS].apgr > 0.55 > told.worths[RULES].apgr


def test_learning_is_refused_where_labels_are_noise():
    beaten = [judged(noise(seed), PRIOR) for seed in range(6)]
    assert sum(one.beats(WEIGHTS) for one in beaten if not one.why_not) <= 1
    assert sum(one.beats(GAIN) for one in beaten if not one.why_not) <= 1


def test_rules_that_are_right_already_are_not_replaced():
    right = {name: 1.5 * weight for name, weight in KNOWN.items()}
    told = judged(user(4, truth=right), PRIOR)
    assert not told.beats(WEIGHTS)


def test_too_few_tasks_are_counted_and_nothing_is_judged():
    told = judged(user(5, FEWEST - 1), PRIOR)
    assert told.why_not == "299 tasks have a known outcome; 300 are needed"
    assert not told.worths


def test_without_a_model_that_is_better_there_is_nothing_to_tell_apart():
    told = judged(user(6, 900, lift=0.0), PRIOR)
    assert "do not pass more" in str(told.why_not)


def test_work_that_only_one_kind_of_model_did_is_not_judged():
    tasks = user(7, 900)
    split = np.median(scored(tasks, KNOWN))
    alone = [
        one for one, z in zip(tasks, scored(tasks, KNOWN), strict=True)
        if one.is_strong == (z > split)
    ]  # fmt: skip
    told = judged(alone, PRIOR)
    assert "where both kinds of model have worked" in str(told.why_not)
    assert told.unknown > told.judged


def test_later_sessions_are_judged_by_earlier_ones_and_none_is_in_both():
    tasks = user(8, 600)
    found = list(folds(tasks))
    assert len(found) == 4
    for train, test in found:
        assert not {tasks[n].session for n in train} & {tasks[n].session for n in test}
        assert max(tasks[n].began_at for n in train) < min(tasks[n].began_at for n in test)
    assert len({n for _, test in found for n in test}) == sum(len(test) for _, test in found) == 480


def echoing(seed: int) -> list[Labelled]:
    """Each session has words and luck of its own, which say nothing of any other session."""
    dice = np.random.default_rng(seed)
    luck = dice.random(150) < 0.5
    return [
        Labelled(
            session=f"s{n // 8}", began_at=BEGAN + timedelta(hours=n), task="feature",
            is_strong=bool(strong := dice.random() < 0.5),
            passed=bool(dice.random() < (0.9 if luck[n // 8] == strong else 0.2 + 0.2 * strong)),
            usd=1.0, amounts={}, text=f"ticket{n // 8} ticket{n // 8}x",
        )
        for n in range(1_200)
    ]  # fmt: skip


def test_what_a_session_says_of_itself_is_not_taken_for_knowledge():
    """Split at random, tasks of one session are on both sides, and a score looks wise."""
    tasks = echoing(9)
    dice = np.random.default_rng(0)
    mixed = dice.permutation(len(tasks))
    held, rest = mixed[:300], mixed[300:]
    leaky = gain_scores([tasks[n] for n in rest], [tasks[n] for n in held], [])
    assert agreement(leaky, [tasks[n] for n in held]) > 0.3
    clean = [
        (gain_scores([tasks[n] for n in train], [tasks[n] for n in test], []),
         [tasks[n] for n in test])
        for train, test in folds(tasks)
    ]  # fmt: skip
    assert abs(float(np.mean([agreement(score, test) for score, test in clean]))) < 0.1


def agreement(score: Any, tasks: list[Labelled]) -> float:
    """How far a score follows who passed: for the stronger model upwards, else downwards."""
    went = np.array([1 if one.passed == one.is_strong else -1 for one in tasks], float)
    return 0.0 if score.std() == 0 else float(np.corrcoef(score, went)[0, 1])


def test_the_worth_of_a_score_is_that_of_its_order():
    n = 400
    gain = np.r_[np.ones(n // 2), np.zeros(n // 2)]
    even = Gains(gain, np.ones(n), np.ones(n, bool), 1, 0.5, 1, 1)
    sessions = [f"s{at}" for at in range(n)]
    assert worth(gain, even, sessions).apgr == pytest.approx(0.75)
    assert worth(np.zeros(n), even, sessions).apgr == pytest.approx(0.5)
    assert worth(-gain, even, sessions).apgr == pytest.approx(0.25)
    dear = Gains(gain, np.r_[np.full(n // 2, 3.0), np.ones(n // 2)], np.ones(n, bool), 1, 0.5, 1, 1)
    assert worth(gain, dear, sessions).apgr == pytest.approx(0.625)  # money, not tasks


def test_the_interval_of_a_worth_holds_the_truth_as_often_as_it_says():
    """Tasks whose gain is seen through noise, in sessions of four."""
    dice = np.random.default_rng(12)
    true_gain = np.tile(np.linspace(0, 1, 100), 4)
    sessions = [f"s{at % 100}" for at in range(400)]
    flat = np.ones(400, bool)
    exact = worth(true_gain, Gains(true_gain, np.ones(400), flat, 1, 0, 1, 1), sessions).apgr
    held = 0
    for _ in range(100):
        seen = Gains(true_gain + dice.normal(0, 1, 400), np.ones(400), flat, 1, 0, 1, 1)
        found = worth(true_gain, seen, sessions)
        held += found.low <= exact <= found.high
    assert held >= 88


def test_fitted_weights_move_the_order_and_not_how_much_passes_a_threshold():
    tasks = user(10)
    marks = (0.35, 0.65)
    new = levelled(tasks, fitted(tasks, KNOWN), PRIOR, marks)
    for mark in marks:
        before = np.mean([sigma(z + PRIOR.bias) >= mark for z in scored(tasks, KNOWN)])
        after = np.mean([sigma(z + new.bias) >= mark for z in scored(tasks, points(new))])
        assert abs(before - after) < 0.01
    assert [group.stems for group in new.groups] == [group.stems for group in PRIOR.groups]


def test_what_was_found_follows_from_points_and_weights():
    told = amounts_of({"bias": -1.7, "files": 0.36, "gone": 1.0}, PRIOR)
    assert told == {"files": pytest.approx(2.0)}


def test_japanese_is_told_apart_by_pairs_of_characters():
    assert {"設計", "計す"} <= set(words("設計する"))
    assert {"fix", "fix the"} <= set(words("fix the bug"))
