"""The columns a rule may ask about: one list, for evaluation, errors and documentation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from router.call import Facts
from router.complexity import Score, Weights, score_of
from router.cues import Cues, cues_of, estimated_tokens
from router.wire.request import Body, last_human_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """All that is known of a call when it is decided. `row_of` is what rules and replay see."""

    facts: Facts
    cues: Cues
    score: Score


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is that of its values: str, int, float or bool; any of them may be missing."""

    type: type
    about: str
    read: Callable[[Weighed], Any]


def weigh(facts: Facts, body: Body | None, weights: Weights) -> Weighed:
    """A call weighed once, from its facts and its parsed body (None where there was none)."""
    if body is None:
        return Weighed(facts=facts, cues=Cues(), score=Score(0.0))
    cues = cues_of(body)
    score = score_of(last_human_text(body), facts, cues, weights)
    return Weighed(facts=facts, cues=cues, score=score)


def row_of(weighed: Weighed) -> dict[str, Any]:
    """The call's value in each column of `FACT_COLUMNS`."""
    return {name: column.read(weighed) for name, column in FACT_COLUMNS.items()}


def _fact(name: str, values: type, about: str) -> tuple[str, Column]:
    return name, Column(values, about, lambda weighed: getattr(weighed.facts, name))


def _cue(name: str, values: type, about: str) -> tuple[str, Column]:
    return name, Column(values, about, lambda weighed: getattr(weighed.cues, name))


def _input_tokens(weighed: Weighed) -> int:
    return estimated_tokens(weighed.facts, weighed.cues)


FACT_COLUMNS: Mapping[str, Column] = dict(
    (
        _fact("kind", str, "what Claude Code wants: main, subagent, plan, compact, title, …"),
        _fact("project", str, "tag in the base URL, else the name of the working folder"),
        _fact("asked_model", str, "the model the client asked for"),
        ("task", Column(str, "the work by its words: bug_fix, design, …", lambda w: w.score.task)),
        (
            "complexity",
            Column(float, "how hard the work looks, 0 to 1", lambda w: w.score.value),
        ),
        (
            "input_tokens",
            Column(int, "tokens of the whole prompt, cached or not, estimated", _input_tokens),
        ),
        _fact("agent_type", str, "Explore, Plan, general-purpose, custom; null for the main loop"),
        _fact("messages", int, "messages in the conversation"),
        _fact("tools", int, "tools offered"),
        _fact("images", int, "pictures in the conversation"),
        _cue("documents", int, "documents in the conversation"),
        _fact("max_tokens", int, "the longest answer allowed"),
        _fact("thinking", str, "adaptive, enabled, disabled; null when not said"),
        _fact("thinking_budget", int, "tokens allowed for thinking"),
        _fact("effort", str, "low, medium, high; null when not said"),
        _fact("tool_choice", str, "auto, any, tool, none; null when not said"),
        _cue("web_search", bool, "whether Anthropic's own web search is offered"),
        _fact("stream", bool, "whether the answer is to be streamed"),
        _fact("is_tool_turn", bool, "whether the call only answers tools"),
        _fact("last_text_chars", int, "characters a person wrote last"),
        _cue("tool_errors", int, "failed ones among the last ten tool results"),
        _cue("failures", int, "newest edits and tests that failed in a row"),
        _cue("is_reask", bool, "whether a person just said that it is still wrong"),
        _fact("client", str, "product and version of the client"),
        _fact("entrypoint", str, "how the client was started: cli, sdk-cli, …"),
        _fact("git_branch", str, "branch of the working folder"),
        _fact("body_bytes", int, "size of the request"),
    )
)
