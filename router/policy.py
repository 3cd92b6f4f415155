"""The policy file: what a user can set, checked whole before any of it is used."""

import tomllib
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Policy(BaseModel):
    """Settings of the gate.

    `store_bodies` keeps prompts and answers for `body_days` days. `baseline_model` is what the
    same work is compared with. `plan_usd` is the monthly fee of the plan named in `plan`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(default=1, ge=1, le=1)
    store_bodies: bool = False
    body_days: int = Field(default=14, ge=1)
    journal_days: int = Field(default=30, ge=1)
    baseline_model: str = Field(default="claude-opus-4-6", min_length=1)
    plan: str | None = None
    plan_usd: float = Field(default=0, ge=0)


def parse(text: str, name: str = "policy.toml") -> Policy:
    """The policy that this TOML text says.

    Raises:
        ValueError: one line that names the file, the line, the key and what is wrong with it.
    """
    try:
        return Policy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}: {error}") from error
    except ValidationError as error:
        raise ValueError(f"{name}{_first_fault(text, error.errors()[0])}") from error


def _first_fault(text: str, fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    known = ", ".join(Policy.model_fields)
    what = f"unknown key; known are {known}" if fault["type"] == "extra_forbidden" else fault["msg"]
    return f" line {_line_of(text, key)}: {key}: {what}"


def _line_of(text: str, key: str) -> int:
    last = key.rsplit(".", 1)[-1]
    numbered = enumerate(text.splitlines(), start=1)
    return next((n for n, line in numbered if line.strip().startswith(last)), 1)
