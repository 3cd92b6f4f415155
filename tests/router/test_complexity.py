"""How hard a piece of work looks, in two languages, and what a body tells beyond its facts."""

import re
import timeit
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.call import Facts, Kind
from router.complexity import Score, score_of, sigma, weights_of
from router.cues import Cues, cues_of, estimated_tokens

DATA = Path(__file__).parents[2] / "data" / "complexity.toml"
WEIGHTS = weights_of(DATA.read_text())
MAIN = Facts(
    kind=Kind.MAIN, tools=24, messages=3, body_bytes=80_000, thinking="adaptive", effort="high"
)
PAIRS = [
    ("Fix the authentication bug in login.ts", "login.tsの認証バグを修正して"),
    ("Implement pagination for the users list", "ユーザー一覧にページネーションを実装して"),
    ("Design a distributed job queue", "分散ジョブキューを設計して"),
    ("Refactor the payment module everywhere", "決済モジュールを全体的にリファクタリングして"),
    ("Fix the typo in README.md", "README.mdの誤字を直して"),
    ("What does this function do?", "この関数は何をしているか教えて"),
    ("Write unit tests for parser.py", "parser.pyの単体テストを書いて"),
    ("Investigate the intermittent deadlock", "時々起きるデッドロックの原因を調査して"),
    ("Review this for security problems", "セキュリティの観点でレビューして"),
    ("Rename the variable x to count", "変数xの名前を変えてcountにして"),
    ("hello", "こんにちは"),
    ("Update the copyright year", "著作権表示の年を更新して"),
]


def score(text: str, facts: Facts = MAIN, cues: Cues | None = None) -> Score:
    return score_of(text, facts, cues or Cues(), WEIGHTS)


@pytest.mark.parametrize(("english", "japanese"), PAIRS)
def test_the_same_work_scores_alike_in_english_and_japanese(english: str, japanese: str):
    one, other = score(english), score(japanese)
    assert one.value == pytest.approx(other.value, abs=0.1)
    assert one.task == other.task


def test_work_is_sorted_into_three_coarse_steps():
    assert score("Fix the typo in README.md").value < 0.35
    assert 0.35 < score("Implement pagination for the users list").value < 0.65
    assert score("Design a distributed job queue").value > 0.65


def test_work_that_says_nothing_known_is_moderate():
    assert 0.35 < score("Take care of the third one on my list please").value < 0.65


def test_plain_coding_work_without_any_sign_is_moderate_also_for_a_subagent():
    subagent = Facts(
        kind=Kind.SUBAGENT, tools=20, messages=1, body_bytes=60_000, thinking="disabled"
    )
    assert 0.35 < score("Fix the authentication bug in login.ts", subagent).value < 0.65


@given(st.text(max_size=300))
def test_the_terms_add_up_to_the_score(text: str):
    scored = score(text)
    assert sigma(sum(term.points for term in scored.terms)) == pytest.approx(scored.value)
    sizes = [abs(term.points) for term in scored.terms[1:]]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 < scored.value < 1


def test_each_term_names_the_words_it_was_found_by():
    terms = {term.name: term for term in score("Design the schema for security").terms}
    assert terms["design"].found == (" design", "schema for")
    assert terms["security"].found == ("security",)


def test_only_the_ends_of_a_long_text_are_read():
    padding = "word " * 2_000
    assert score(f"{padding} refactor {padding}").task == "other"
    assert score(f"{padding} refactor").task == "refactor"


def test_failed_tools_and_a_long_prompt_make_work_harder():
    plain = score("Implement it").value
    assert score("Implement it", cues=Cues(tool_errors=2)).value > plain
    assert score("Implement it", Facts(kind=Kind.MAIN, body_bytes=900_000)).value > 0
    no_tools = score("Implement it", Facts(kind=Kind.MAIN, body_bytes=80_000))
    assert no_tools.value < plain


@pytest.mark.parametrize(
    "text", ["Please look at the code. " * 160, "このコードを見てください。" * 310]
)
def test_scoring_four_thousand_characters_takes_little_more_than_reading_them(text: str):
    """About 1.8 times as long as to find their letters; one large pattern would take eight."""
    letters = re.compile(r"\w")
    scored = min(timeit.repeat(lambda: score(text), number=1, repeat=200))
    read = min(timeit.repeat(lambda: letters.findall(text), number=1, repeat=200))
    assert scored < 4 * read


def test_a_faulty_weights_file_is_named():
    with pytest.raises(ValueError, match=r"complexity\.toml: 'ordinary' is missing"):
        weights_of("bias = 1\n")
    with pytest.raises(ValueError, match=r"complexity\.toml: .*at end of document"):
        weights_of("bias = ")
    with pytest.raises(ValueError, match=r"terms: .*files.* missing or unknown"):
        weights_of("bias=1\nordinary=1\n[terms]\n[groups]\n[task]\norder=[]")


def used(name: str, tool_id: str, **given: Any) -> dict[str, Any]:
    block = {"type": "tool_use", "id": tool_id, "name": name, "input": given}
    return {"role": "assistant", "content": [block]}


def answered(tool_id: str, *, failed: bool) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": tool_id, "content": "…", "is_error": failed}
    return {"role": "user", "content": [block]}


def told(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_failures_are_counted_back_to_the_last_edit_or_test_that_worked():
    turns = [
        told("make it work"),
        used("Edit", "1"), answered("1", failed=True),
        used("Edit", "2"), answered("2", failed=False),
        used("Bash", "3", command="uv run pytest -q"), answered("3", failed=True),
        used("Bash", "4", command="grep x"), answered("4", failed=True),
        used("Edit", "5"), answered("5", failed=True),
    ]  # fmt: skip
    cues = cues_of({"messages": turns})
    assert (cues.failures, cues.tool_errors) == (2, 4)
    assert cues_of({"messages": [*turns, told("something else")]}).failures == 0


@pytest.mark.parametrize("text", ["It still doesn't work", "まだ動かない。やり直して"])
def test_saying_that_it_is_still_broken_asks_again(text: str):
    first = [told("fix it"), {"role": "assistant", "content": "done"}]
    assert cues_of({"messages": [*first, told(text)]}).is_reask
    assert not cues_of({"messages": [told(text)]}).is_reask
    assert not cues_of({"messages": [*first, told("thanks, now add a page")]}).is_reask


def test_a_tag_is_read_where_a_subagents_prompt_begins():
    tag = "<CCR-SUBAGENT-MODEL>openrouter,qwen/qwen3-coder</CCR-SUBAGENT-MODEL>"
    found = "openrouter,qwen/qwen3-coder"
    assert cues_of({"system": [{"type": "text", "text": tag + "You are"}]}).tag == found
    assert cues_of({"messages": [told(f"{tag}\nsearch it")]}).tag == found
    assert cues_of({"messages": [told(f"what does {tag} mean?")]}).tag is None
    assert cues_of({"messages": [told(tag.replace(found, "provider,model"))]}).tag is None
    assert cues_of({"messages": [told("<CCR-SUBAGENT-MODEL>never closed")]}).tag is None


def test_a_picture_counts_as_a_picture_not_as_its_bytes():
    source = {"type": "base64", "media_type": "image/png", "data": "A" * 380_000}
    picture = {"role": "user", "content": [{"type": "image", "source": source}]}
    cues = cues_of({"messages": [picture]})
    facts = Facts(kind=Kind.MAIN, body_bytes=418_000, images=1)
    assert estimated_tokens(facts, cues) == 10_000 + 1_600


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["messages", "role", "content", "type", "system", "tools", "name"])
                | st.text(max_size=3),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_no_body_breaks_the_reading_of_cues(anything: Any):
    cues_of(anything if isinstance(anything, dict) else {"messages": anything})
