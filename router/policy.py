"""The policy file: what a user can set, checked whole before any of it is used."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ValidationError

from router.policy_faults import faults_of
from router.policy_model import NAME, PARTS, SHARE, URL, VARIABLE, Part
from router.policy_model import Policy as Policy
from router.toml_lines import Key, line_of, lines_of

type Fault = tuple[Key, str]

DIGEST_CHARS = 12
# Unset they leave no trace in a version, so that policies of before them keep theirs.
LATER = ("experiment", "exploration")
AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
EXPECTED = {
    URL: "should be a URL such as http://127.0.0.1:11434",
    SHARE: "should be a share of the budget such as 80%",
    NAME: "should be a name of a-z, 0-9, _, . and -",
    VARIABLE: "should be the name of an environment variable, never the key itself",
}


def parse(text: str, name: str = "policy.toml") -> Policy:
    """The policy that this TOML text says.

    Raises:
        ValueError: one line that names the file, the line, the key and what is wrong with it.
    """
    policy, faults = _read(text, name)
    if policy is None or faults:
        raise ValueError(faults[0])
    return policy


def faults(text: str, name: str = "policy.toml") -> list[str]:
    """Every fault that `parse` would raise, one line each; none for a good policy."""
    return _read(text, name)[1]


def digest(policy: Policy) -> str:
    """A name for what the policy says, whatever its layout and comments."""
    unset = {name for name in LATER if getattr(policy, name) is None}
    dumped = policy.model_dump(mode="json", exclude=unset)
    said = json.dumps(dumped, sort_keys=True, ensure_ascii=False)
    return sha256(said.encode()).hexdigest()[:DIGEST_CHARS]


def text_of(policy: Policy) -> str:
    """TOML that `parse` reads back as the same policy; only what was set is written."""
    said = policy.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return "\n".join(_table_lines((), said)).strip() + "\n"


def _read(text: str, name: str) -> tuple[Policy | None, list[str]]:
    try:
        policy = Policy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return None, [_syntax_fault(text, name, str(error))]
    except ValidationError as error:
        faults: Iterable[Fault] = ((_key(fault), _what(fault)) for fault in error.errors())
        return None, _told(text, name, faults)
    return policy, _told(text, name, faults_of(policy))


def _syntax_fault(text: str, name: str, message: str) -> str:
    found = AT.search(message)
    line = found[1] if found and found[1] else len(text.splitlines())
    return f"{name} line {line}: {AT.sub('', message)}; write it as TOML wants it"


def located(text: str, name: str, key: Key, what: str) -> str:
    """A fault as one line: the file, the line of the key, the key, what is wrong with it."""
    return f"{name} line {line_of(lines_of(text), key)}: {'.'.join(map(str, key))}: {what}"


def _told(text: str, name: str, faults: Iterable[Fault]) -> list[str]:
    return [located(text, name, key, what) for key, what in faults]


def _key(fault: Any) -> Key:
    """Where the fault is; pydantic marks a key of a table that is itself at fault `[key]`."""
    return tuple(part for part in fault["loc"] if part != "[key]")


def _what(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return f"unknown key; known are {', '.join(_part_at(_key(fault)[:-1]).model_fields)}"
    if fault["type"] == "missing":
        return "is missing; add it"
    if fault["type"] == "string_pattern_mismatch":
        return EXPECTED[fault["ctx"]["pattern"]]
    message = str(fault["msg"]).replace("Input should be", "should be")
    return message if isinstance(fault["input"], dict) else f"{message}, not {fault['input']!r}"


def _part_at(key: Key) -> type[BaseModel]:
    for pattern, part in PARTS.items():
        if len(pattern) == len(key) and all(
            a in ("*", b) for a, b in zip(pattern, key, strict=True)
        ):
            return part
    return Part


def _table_lines(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    nested = {key: value for key, value in table.items() if _is_tables(value)}
    for key, value in table.items():
        if key not in nested:
            yield f"{_toml_key(key)} = {_toml(value)}"
    for key, value in nested.items():
        here = (*path, key)
        dotted = ".".join(map(_toml_key, here))
        for one in value if isinstance(value, list | tuple) else [value]:
            yield from ("", f"[[{dotted}]]" if one is not value else f"[{dotted}]")
            yield from _table_lines(here, one)


def _is_tables(value: object) -> bool:
    """Whether a value is a table, or a list of nothing but tables."""
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(one, dict) for one in value)
    return isinstance(value, dict)


def _toml_key(key: str) -> str:
    is_bare = key and key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if is_bare else _toml(key)


def _toml(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
