"""Policies by name: the live file, presets, the versions that were in force; and putting one there.

A policy that is replaced is kept in `<data>/policies/<version>.toml`, so that it can come back
without a gate or a ledger.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import tomlkit
from tomlkit.exceptions import TOMLKitError

from collector import ledger
from collector.files import DEFAULTS, ledger_file, replace
from collector.other_arm import faults_of_other
from router.policy import Policy, digest, text_of
from router.policy_check import load

PRESETS = DEFAULTS / "presets"
KEPT = "policies"
VERSION = re.compile(r"^[0-9a-f]{6,12}$")
# What a preset leaves as it is: all that says nothing of routing.
SETTINGS = ("store_bodies", "body_days", "journal_days", "baseline_model", "plan", "plan_usd")
FIRST_LINE = "version = 1\n"


@dataclass(frozen=True, slots=True)
class Named:
    """A policy's text and what it is called: a path, a preset, or a version."""

    name: str
    text: str

    @property
    def policy(self) -> Policy:
        """
        Raises:
            ValueError: one line that names it, the line, the key and what is wrong.
        """
        return load(self.text, self.name).policy


def live_file(folder: Path) -> Path:
    return folder / "policy.toml"


def live(folder: Path) -> Named:
    file = live_file(folder)
    return Named(str(file), file.read_text())


def presets() -> list[str]:
    return sorted(file.stem for file in PRESETS.glob("*.toml"))


def preset(name: str) -> Named:
    file = PRESETS / f"{name}.toml"
    return Named(f"preset {name}", file.read_text())


def found(folder: Path, name: str) -> Named:
    """The policy of this name: a file, a preset or a stored version, in this order.

    Raises:
        ValueError: there is none.
        OSError: the file cannot be read.
    """
    if Path(name).is_file():
        return Named(name, Path(name).read_text())
    if name in presets():
        return preset(name)
    if VERSION.fullmatch(name) and (text := _stored(folder, name)):
        return Named(f"version {name}", text)
    known = ", ".join(presets())
    raise ValueError(f"{name!r} is no file, no preset ({known}) and no version that was in force")


def with_settings(chosen: Named, policy: Policy) -> Named:
    """A preset with the settings of a policy that say nothing of routing."""
    kept = {key: getattr(policy, key) for key in SETTINGS if key in policy.model_fields_set}
    if not kept:
        return chosen
    said = text_of(Policy.model_validate(kept))
    head, _, rest = chosen.text.partition(FIRST_LINE)
    return Named(chosen.name, f"{head}{FIRST_LINE}{said}{rest}")


def with_plan(live: Named, plan: str | None, usd: float) -> Named:
    """The same policy with another plan and its monthly fee; comments and order stay.

    Raises:
        ValueError: the policy is no TOML, or faulty then.
    """
    said = _document(live)
    for key, value in (("plan", plan), ("plan_usd", usd)):
        if value:
            said[key] = value
        else:
            said.pop(key, None)
    after = Named(live.name, tomlkit.dumps(said))
    _ = after.policy
    return after


def with_thresholds(live: Named, marks: Mapping[str, float]) -> Named:
    """The same policy with other thresholds; comments and order stay. Errors as in `with_plan`."""
    said = _document(live)
    held = said.get("thresholds")
    if held is None:
        held = said["thresholds"] = tomlkit.table()
    for name, value in marks.items():
        if held.get(name) != value:
            held[name] = value
    after = Named(live.name, tomlkit.dumps(said))
    _ = after.policy
    return after


def _document(live: Named) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(live.text)
    except TOMLKitError as error:
        raise ValueError(f"{live.name}: {error}") from error


def put(folder: Path, chosen: Named) -> tuple[str, str]:
    """Put a policy into force; the versions before and after. Nothing changes on an error.

    Raises:
        ValueError: the policy is faulty.
        OSError: it cannot be written.
    """
    policy = chosen.policy
    for fault in faults_of_other(folder, policy, chosen.text, chosen.name):
        raise ValueError(fault)
    after = digest(policy)
    before = keep(folder, live(folder))
    replace(live_file(folder), chosen.text.encode())
    return before, after


def keep(folder: Path, replaced: Named) -> str:
    """Keep a policy's text under its version; a faulty one under the name `faulty`."""
    try:
        version = digest(replaced.policy)
    except ValueError:
        version = "faulty"
    (folder / KEPT).mkdir(mode=0o700, exist_ok=True)
    replace(folder / KEPT / f"{version}.toml", replaced.text.encode())
    return version


def last_replaced(folder: Path) -> Named:
    """The policy before this one.

    Raises:
        ValueError: none was ever replaced.
    """
    current = _version(live(folder))
    kept = sorted((folder / KEPT).glob("*.toml"), key=lambda file: file.stat().st_mtime_ns)
    for file in reversed(kept):
        if file.stem not in (current, "faulty"):
            return Named(f"version {file.stem}", file.read_text())
    raise ValueError("no policy was replaced yet, so there is none to go back to")


def _version(named: Named) -> str | None:
    try:
        return digest(named.policy)
    except ValueError:
        return None


def _stored(folder: Path, version: str) -> str | None:
    for file in (folder / KEPT).glob(f"{version}*.toml"):
        return file.read_text()
    query = "select text from policy_log where starts_with(policy_version, ?) limit 1"
    try:
        with ledger.reading(ledger_file(folder), wait_s=2) as db:
            row = db.execute(query, [version]).fetchone()
    except (ledger.LedgerBusyError, ledger.LedgerBrokenError, duckdb.Error):
        return None
    return str(row[0]) if row else None
