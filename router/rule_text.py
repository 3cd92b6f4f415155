"""The text of a rule's `when`: an SQL expression of columns, thresholds and plain operators.

Only what means the same in Polars and in DuckDB, and does nothing but compare, is let through.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from router.columns import FACT_COLUMNS

WORDS = "and or not in is null true false between like ilike case when then else end"
KEYWORDS = frozenset(WORDS.split(" "))
CALLABLE = "abs coalesce greatest least length lower starts_with ends_with upper"
FUNCTIONS = frozenset(CALLABLE.split(" "))
TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign><=|>=|<>|!=|[=<>()+\-*,])|(?P<odd>\S))"
)
NAME = re.compile(r"[a-z][a-z0-9_]*")
REMEDY = {
    '"': "write text in single quotes",
    "/": "multiply instead: division differs between engines",
    ";": "a rule is one expression",
    "--": "a rule holds no comments",
}


def tokens(when: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of each token; kind is string, number, name, sign or odd."""
    for found in TOKEN.finditer(when.rstrip()):
        yield str(found.lastgroup), found[str(found.lastgroup)]


def normal(when: str) -> str:
    """The expression with one spelling of spaces, keywords and `<>`: equal texts mean the same."""
    words = (text if kind == "string" else text.lower() for kind, text in tokens(when))
    return " ".join(words).replace("!=", "<>")


def filled(when: str, thresholds: Mapping[str, float]) -> str:
    """`normal` with each threshold's number in the place of its name."""
    values = {name: f"({value!r})" for name, value in thresholds.items()}
    values = {name: value for name, value in values.items() if name not in FACT_COLUMNS}
    told = ((kind, text.lower()) if kind == "name" else (kind, text) for kind, text in tokens(when))
    return normal(
        " ".join(values.get(text, text) if kind == "name" else text for kind, text in told)
    )


def columns_of(when: str) -> frozenset[str]:
    """The fact columns the expression asks about."""
    return frozenset(name for name in _names(when) if name in FACT_COLUMNS)


def fault_of(when: str, thresholds: Iterable[str]) -> str | None:
    """What is wrong with the words of the expression, and the remedy; None when nothing is."""
    told = list(tokens(when))
    if not told:
        return "is empty; write an expression, or true"
    allowed = frozenset(thresholds)
    words = [text.lower() for _, text in told]
    kinds = [kind for kind, _ in told]
    faults = (_fault_at(kinds[at], words[at:], allowed) for at in range(len(told)))
    return next((fault for fault in faults if fault), None)


def _fault_at(kind: str, words: list[str], thresholds: frozenset[str]) -> str | None:
    """The fault of the first of the words, in the light of those after it."""
    word, *after = words
    if kind == "odd":
        return _odd(word)
    if kind == "sign":
        return _odd("--") if words[:2] == ["-", "-"] else None
    if kind != "name":
        return None
    if word == "is" and "null" not in (after[:1] if after[:1] != ["not"] else after[1:2]):
        return "`is` goes with null only; write the column alone, or coalesce(column, false)"
    return _name_fault(word, next(iter(after), ""), thresholds)


def _names(when: str) -> Iterator[str]:
    return (text.lower() for kind, text in tokens(when) if kind == "name")


def _odd(text: str) -> str:
    return f"{text!r} has no place in a rule; {REMEDY.get(text, 'use columns and operators only')}"


def _name_fault(name: str, follows: str, thresholds: frozenset[str]) -> str | None:
    if name in KEYWORDS:
        return None
    if follows == "(":
        known = ", ".join(sorted(FUNCTIONS))
        return None if name in FUNCTIONS else f"{name}() is not allowed; known are {known}"
    if name in FACT_COLUMNS or name in thresholds:
        return None
    near = get_close_matches(name, [*FACT_COLUMNS, *thresholds], 1, 0.5)
    meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(FACT_COLUMNS)}"
    return f"{name} is no fact column and no threshold; {meant}"
