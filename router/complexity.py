"""How hard a piece of work looks: an additive score of its words and facts, each term told.

Text says little about difficulty within plain coding work, so the score sorts coarsely.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log, log2, sqrt
from typing import Any

from router.call import Facts
from router.cues import Cues, estimated_tokens
from router.gain import Gain
from router.gain import sigma as sigma

SCANNED_CHARS = 2_000
FILE_NAME = re.compile(
    r"\.(?:py|tsx?|jsx?|mjs|go|rs|rb|java|kt|swift|c|h|cc|cpp|hpp|cs|php|sql|sh|ya?ml|toml|json|md"
    r"|html|css|scss|vue|svelte|tf|proto|lock|ini|cfg|env|ipynb)(?![a-z0-9])"
)
LISTED = ("\n - ", "\n * ", "\n ・")
NUMBERED = tuple(f"\n {number}." for number in range(1, 9))
WIDE = re.compile(r"[^\x00-\x7f]+")
EFFORTS: Mapping[str | None, float] = {"low": 0.4, "medium": 0.7}
FULL_THINKING_TOKENS = 16_000
SMALL_PROMPT_TOKENS = 20_000
NO_TASK = "other"
GAIN = "gain"


@dataclass(frozen=True, slots=True)
class Term:
    """What was found, how much of it counts, and the points it adds to the score's z."""

    name: str
    points: float
    amount: float
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is 0–1: sigma of the terms' sum. Terms stand by size, the bias first; `weights` is
    the version of fitted ones, None for the built-in.
    """

    value: float
    task: str = NO_TASK
    terms: tuple[Term, ...] = ()
    weights: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Stems of one meaning: ASCII ones in `stems`, the others in `wide_stems`."""

    name: str
    stems: tuple[str, ...]
    wide_stems: tuple[str, ...]
    weight: float | None
    most: int
    task: str | None


@dataclass(frozen=True, slots=True)
class Weights:
    """The data file: `terms` holds (weight, most) by name. With a `gain`, that orders the work."""

    bias: float
    ordinary: float
    terms: Mapping[str, tuple[float, float]]
    groups: tuple[Group, ...]
    task_order: tuple[str, ...]
    version: str | None = None
    gain: Gain | None = None


def weights_of(text: str, name: str = "complexity.toml", version: str | None = None) -> Weights:
    """
    Raises:
        ValueError: one line that names the file and what it lacks.
    """
    try:
        told = tomllib.loads(text)
        weights = Weights(
            bias=float(told["bias"]),
            ordinary=float(told["ordinary"]),
            terms={key: (float(t["weight"]), float(t["most"])) for key, t in told["terms"].items()},
            groups=tuple(_group(key, group) for key, group in told["groups"].items()),
            task_order=tuple(told["task"]["order"]),
            version=version,
        )
    except KeyError as error:
        raise ValueError(f"{name}: {error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{name}: {error}") from error
    if set(weights.terms) != set(AMOUNTS):
        odd = ", ".join(sorted(set(weights.terms) ^ set(AMOUNTS)))
        raise ValueError(f"{name}: terms: {odd} missing or unknown; known are {', '.join(AMOUNTS)}")
    return weights


def score_of(text: str, facts: Facts, cues: Cues, weights: Weights) -> Score:
    """The score of the last human text, in the light of the rest of the call."""
    seen = scanned(text)
    narrow = WIDE.sub(" ", seen)
    wide = "" if seen.isascii() else seen
    found = {group.name: _found(narrow, wide, group) for group in weights.groups}
    terms = [*_fact_terms(_Work(text, seen, facts, cues), weights), *_word_terms(found, weights)]
    terms.sort(key=lambda term: -abs(term.points))
    every = (Term("bias", weights.bias, 1.0), *terms)
    if weights.gain:
        every = (*every, _learnt(every, text, weights.gain))
    z = sum(term.points for term in every)
    return Score(sigma(z), _task(found, weights), every, weights.version)


def scanned(text: str) -> str:
    """The part of a text whose words count: lower case, a space at the start of each line."""
    if len(text) > 2 * SCANNED_CHARS:
        text = text[:SCANNED_CHARS] + "\n" + text[-SCANNED_CHARS:]
    return "\n " + text.lower().replace("\n", "\n ")


def text_tokens(text: str) -> float:
    """Roughly: a token per character of Japanese, one per four of anything else."""
    wide = len(text) - len(text.encode("ascii", "ignore"))
    return wide + (len(text) - wide) / 4


def _learnt(terms: tuple[Term, ...], text: str, gain: Gain) -> Term:
    """What leads from the other terms' sum to what was learnt; its amount is the gain."""
    amount = gain.of({term.name: term.amount for term in terms}, text)
    return Term(GAIN, gain.z(amount) - sum(term.points for term in terms), amount)


@dataclass(frozen=True, slots=True)
class _Work:
    text: str
    seen: str
    facts: Facts
    cues: Cues


def _text_length(work: _Work) -> float:
    return log(1 + text_tokens(work.text))


def _files(work: _Work) -> float:
    return len(FILE_NAME.findall(work.seen))


def _code_blocks(work: _Work) -> float:
    return work.seen.count("```") // 2


def _steps(work: _Work) -> float:
    listed = sum(work.seen.count(mark) for mark in LISTED)
    return listed + sum(mark in work.seen for mark in NUMBERED)


def _thinking(work: _Work) -> float:
    facts = work.facts
    if facts.thinking in (None, "disabled"):
        return 0.0
    if facts.thinking_budget:
        return sqrt(facts.thinking_budget / FULL_THINKING_TOKENS)
    return EFFORTS.get(facts.effort, 1.0)


def _tool_errors(work: _Work) -> float:
    return work.cues.tool_errors


def _prompt(work: _Work) -> float:
    tokens = estimated_tokens(work.facts, work.cues)
    return max(log2(max(tokens, 1) / SMALL_PROMPT_TOKENS), 0.0)


def _messages(work: _Work) -> float:
    return work.facts.messages / 10


def _no_tools(work: _Work) -> float:
    return float(work.facts.tools == 0)


AMOUNTS = {
    "text_length": _text_length,
    "files": _files,
    "code_blocks": _code_blocks,
    "steps": _steps,
    "thinking": _thinking,
    "tool_errors": _tool_errors,
    "prompt": _prompt,
    "messages": _messages,
    "no_tools": _no_tools,
}


def _fact_terms(work: _Work, weights: Weights) -> Iterator[Term]:
    for name, (weight, most) in weights.terms.items():
        amount = min(AMOUNTS[name](work), most)
        if amount:
            yield Term(name, weight * amount, amount)


def _word_terms(found: Mapping[str, tuple[str, ...]], weights: Weights) -> Iterator[Term]:
    for group in weights.groups:
        stems = found[group.name]
        if stems and group.weight is not None:
            amount = sqrt(min(len(stems), group.most))
            yield Term(group.name, group.weight * amount, amount, stems)
    plain = [g.name for g in weights.groups if g.weight is None and found[g.name]]
    if plain or not any(found.values()):
        yield Term("ordinary", weights.ordinary, 1.0, tuple(plain))


def _found(narrow: str, wide: str, group: Group) -> tuple[str, ...]:
    """ASCII stems are sought outside the Japanese, which is a fraction of a Japanese text."""
    stems = [stem for stem in group.stems if stem in narrow]
    if wide:
        stems += [stem for stem in group.wide_stems if stem in wide]
    return tuple(stems)


def _task(found: Mapping[str, tuple[str, ...]], weights: Weights) -> str:
    tasks = {group.task for group in weights.groups if found[group.name]}
    return next((task for task in weights.task_order if task in tasks), NO_TASK)


def _group(name: str, told: Mapping[str, Any]) -> Group:
    stems = [str(stem).lower() for stem in told["stems"]]
    return Group(
        name=name,
        stems=tuple(stem for stem in stems if stem.isascii()),
        wide_stems=tuple(stem for stem in stems if not stem.isascii()),
        weight=float(told["weight"]) if "weight" in told else None,
        most=int(told.get("most", 1)),
        task=told.get("task"),
    )
