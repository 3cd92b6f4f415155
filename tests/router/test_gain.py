"""What was learnt of where a stronger model pays, put into force: fitted, kept, and scored by."""

import timeit
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Facts, Kind
from router.complexity import GAIN as GAIN_TERM
from router.complexity import Weights, score_of, sigma
from router.cues import Cues
from router.gain import Gain, buckets, gain_of, told
from router.learning import Labelled, amounts_of, points, scored
from router.learning_gain import fitted_gain, levelled_gain
from router.learning_judge import GAIN, WEIGHTS, judged
from tests.router.test_learning import KNOWN, PRIOR

BEGAN = datetime(2026, 3, 2)
MARKS = (0.35, 0.65)
FACTS = Facts(kind=Kind.MAIN, tools=24, messages=3, body_bytes=80_000)
HARD, EASY = "move the fare ledger to the new engine", "move the fare label to the new place"


def speaking(seed: int, count: int = 1_200) -> list[Labelled]:
    """Only what is said tells where the stronger model pays: the score's terms say nothing."""
    dice = np.random.default_rng(seed)
    tasks = []
    for number in range(count):
        is_hard, is_strong = dice.random() < 0.5, dice.random() < 0.5
        chance = 0.9 if is_strong or not is_hard else 0.25
        tasks.append(
            Labelled(
                session=f"s{number // 6}",
                began_at=BEGAN + timedelta(hours=number),
                task="feature",
                is_strong=bool(is_strong),
                passed=bool(dice.random() < chance),
                usd=1.0 + is_strong,
                amounts={"text_length": dice.uniform(2, 6), "files": float(dice.integers(0, 4))},
                text=f"{HARD if is_hard else EASY}, part {dice.integers(0, 50)}",
            )
        )
    return tasks


@pytest.fixture(scope="module")
def tasks() -> list[Labelled]:
    return speaking(1)


@pytest.fixture(scope="module")
def gain(tasks: list[Labelled]) -> Gain:
    found = fitted_gain(tasks, list(KNOWN))
    assert found
    return levelled_gain(found, tasks, PRIOR, MARKS)


def weights(gain: Gain) -> Weights:
    return replace(PRIOR, gain=gain)


def test_where_only_words_tell_the_gain_model_is_the_best(tasks: list[Labelled]):
    found = judged(tasks, PRIOR)
    assert (found.best, found.beats(GAIN), found.beats(WEIGHTS)) == (GAIN, True, False)


def test_work_on_which_the_stronger_model_pays_scores_higher(gain: Gain):
    hard, easy = (score_of(text, FACTS, Cues(), weights(gain)) for text in (HARD, EASY))
    plain = [score_of(text, FACTS, Cues(), PRIOR).value for text in (HARD, EASY)]
    assert hard.value > easy.value + 0.2
    assert plain[0] == pytest.approx(plain[1], abs=0.05)


def test_the_terms_still_add_up_to_the_score_and_still_tell_what_was_found(gain: Gain):
    score = score_of(HARD, FACTS, Cues(), weights(gain))
    assert score.value == pytest.approx(sigma(sum(term.points for term in score.terms)))
    learnt = score.terms[-1]
    assert (learnt.name, learnt.amount > 0.5) == (GAIN_TERM, True)
    plain = {term.name: term.amount for term in score_of(HARD, FACTS, Cues(), PRIOR).terms}
    found = amounts_of({term.name: term.points for term in score.terms}, weights(gain))
    assert found == pytest.approx({name: plain[name] for name in found})
    assert set(found) == set(plain) - {"bias"}


def test_as_much_work_passes_each_threshold_as_before(tasks: list[Labelled], gain: Gain):
    before = scored(tasks, points(PRIOR)) + PRIOR.bias
    after = [gain.z(gain.of(task.amounts, task.text or "")) for task in tasks]
    for mark in MARKS:
        share = np.mean([sigma(z) >= mark for z in before])
        assert np.mean([sigma(z) >= mark for z in after]) == pytest.approx(share, abs=0.01)


def test_what_is_kept_scores_alike_and_holds_no_word(gain: Gain):
    again = gain_of(told(gain))
    for text in (HARD, EASY, "", "設計する"):
        assert again.of({"files": 2.0}, text) == pytest.approx(
            gain.of({"files": 2.0}, text), abs=1e-3
        )
    kept = repr(told(gain))
    assert not any(word in kept for word in ("ledger", "label", "engine"))


@pytest.mark.parametrize("words", ["AAAA", "no base64!", 3, None])
def test_what_is_cut_short_or_odd_is_refused(gain: Gain, words: object):
    with pytest.raises((ValueError, TypeError)):
        gain_of({**told(gain), "words": words})


def test_too_few_tasks_or_only_one_outcome_teach_nothing(tasks: list[Labelled]):
    assert fitted_gain(tasks[:30], list(KNOWN)) is None
    assert fitted_gain([task for task in tasks if task.passed], list(KNOWN)) is None


@given(st.text(max_size=200))
def test_any_text_is_a_vector_of_length_one_or_none(text: str):
    found = buckets(text)
    assert sum(share * share for share in found.values()) == pytest.approx(1 if found else 0)


def test_a_learnt_score_costs_no_more_than_a_few_of_the_rules(gain: Gain):
    text = (HARD + ", then " + EASY + ". ") * 50

    def took(by: Weights) -> float:
        return min(timeit.repeat(lambda: score_of(text, FACTS, Cues(), by), number=20, repeat=5))

    assert took(weights(gain)) < 8 * took(PRIOR)
