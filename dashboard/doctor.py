"""What `faregate status` and `faregate doctor` find."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl

from collector import ledger
from collector.files import SQL, ledger_file
from collector.gate_file import read_gate
from collector.live_policy import LivePolicy
from collector.prices import overrides_file, price_rows
from dashboard import launch

LOW_DISK_BYTES = 500 << 20
ROUTES_IDLE = (
    "policy.toml has routes: this version checks them, but relays every call as it was asked; "
    "remove them or wait for the version that routes"
)


class Finding(NamedTuple):
    """`verdict` is ok, warn or fail; `what` names the thing and, unless ok, the remedy."""

    verdict: str
    what: str


def check_files() -> list[Path]:
    return sorted((SQL / "checks").glob("*.sql"))


def status(folder: Path) -> dict[str, Any]:
    """`gate`, `live` (the gate's own word), `loader`, `today` and `windows`; null where unknown."""
    gate = read_gate(folder)
    found: dict[str, Any] = {
        "data": str(folder),
        "gate": gate,
        "live": _asked_gate(gate) if gate else None,
        "loader": _loader_state(folder),
        "today": None,
        "windows": [],
        "ledger_fault": None,
    }
    try:
        with ledger.reading(ledger_file(folder), wait_s=2) as db:
            found["today"] = ledger.ask(db, "today").to_dicts()[0]
            found["windows"] = ledger.ask(db, "live_windows").to_dicts()
    except (ledger.LedgerBusyError, ledger.LedgerBrokenError, duckdb.Error, OSError) as error:
        found["ledger_fault"] = str(error).splitlines()[0]
    return found


def told(found: dict[str, Any]) -> str:
    """The status in a few lines."""
    gate, today = found["gate"], found["today"]
    running = f"{gate['url']} → {gate['upstream']}" if gate else "not running; `faregate up`"
    lines = [f"gate      {running}", f"data      {found['data']}"]
    if today:
        lines.append(
            f"today     {today['calls']} calls, ${today['paid_usd']:.2f} paid in cash, "
            f"${today['list_usd']:.2f} list value, {today['unpriced']} unpriced"
        )
    lines += [f"window    {_window_line(window)}" for window in found["windows"]]
    loader = found["loader"] or {}
    if loader.get("pending_bytes"):
        lines.append(f"journal   {loader['pending_bytes']:,} bytes wait to be loaded")
    faults = (found["ledger_fault"], loader.get("warning"), _live(found, "policy_fault"))
    lines += [f"warning   {fault}" for fault in faults if fault]
    return "\n".join(lines)


def _live(found: dict[str, Any], key: str) -> Any:
    return (found["live"] or {}).get(key)


def _window_line(window: dict[str, Any]) -> str:
    used = window.get("utilization")
    share = "?" if used is None else f"{used:.0%}"
    return f"{window['limit_window']} {share}, resets {window.get('resets_at') or '?'} UTC"


def findings(folder: Path, home: Path, here: Path, environ: Mapping[str, str]) -> list[Finding]:
    """All that was looked at, the good and the bad."""
    gate = read_gate(folder)
    looks = (
        _look_at_data(folder),
        _look_at_gate(gate),
        _look_at_ledger(folder),
        _look_at_settings(gate, home, here, environ),
        _look_at_environment(gate, environ),
        _look_at_client(),
    )
    return [finding for look in looks for finding in look]


def _look_at_data(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        yield Finding("warn", f"{folder} has {free >> 20} MB free; make room: the journal needs it")
    else:
        yield Finding("ok", f"{folder} is writable")
    policy = LivePolicy(folder)
    faults = (policy.fault, _overrides_fault(folder))
    yield from (Finding("fail", fault) for fault in faults if fault)
    if policy.now.routes:
        yield Finding("warn", ROUTES_IDLE)


def _overrides_fault(folder: Path) -> str | None:
    try:
        price_rows(overrides_file(folder))
    except (OSError, ValueError) as error:
        return str(error)
    return None


def _look_at_gate(gate: dict[str, Any] | None) -> Iterator[Finding]:
    if not gate:
        yield Finding("fail", "no gate is running; start it with `faregate up`")
        return
    live = _asked_gate(gate)
    if live is None:
        yield Finding("fail", f"the gate at {gate['url']} does not answer; restart `faregate up`")
        return
    yield Finding("ok", f"the gate answers at {gate['url']}")
    if live["journal_warning"]:
        yield Finding("fail", live["journal_warning"])
    yield _reachable(gate)


def _reachable(gate: dict[str, Any]) -> Finding:
    try:
        request = urllib.request.Request(gate["upstream"], method="HEAD")
        with urllib.request.urlopen(request, timeout=10):
            pass
    except urllib.error.HTTPError:
        pass  # it answered, whatever it said
    except (OSError, ValueError) as error:
        return Finding("fail", f"{gate['upstream']} cannot be reached: {error}; check the network")
    return Finding("ok", f"{gate['upstream']} can be reached")


def _look_at_ledger(folder: Path) -> Iterator[Finding]:
    try:
        with ledger.reading(ledger_file(folder), wait_s=2) as db:
            unpriced: pl.DataFrame = ledger.ask(db, "unpriced")
    except ledger.LedgerBusyError as error:
        yield Finding("warn", f"{error}; close that program, calls wait in the journal")
    except (ledger.LedgerBrokenError, duckdb.Error, OSError) as error:
        yield Finding("fail", f"{error}; move the file away and it is rebuilt from the journal")
    else:
        yield Finding("ok", "the ledger can be read")
        for row in unpriced.head(5).to_dicts():
            where = folder / "price_overrides.toml"
            yield Finding("warn", f"no price for {row['target']} ({row['reason']}): see {where}")
    state = _loader_state(folder)
    if state and state["warning"]:
        yield Finding("warn", state["warning"])


def _look_at_settings(
    gate: dict[str, Any] | None, home: Path, here: Path, environ: Mapping[str, str]
) -> Iterator[Finding]:
    for file, url in launch.overriding_settings(home, here, environ).items():
        if not gate or not url.startswith(gate["url"]):
            yield Finding(
                "fail", f"{file} sets ANTHROPIC_BASE_URL={url}, which wins; remove it there"
            )
    config = Path(environ.get("CLAUDE_CONFIG_DIR", home / ".claude")) / "settings.json"
    if config.exists() and '"cleanupPeriodDays"' not in config.read_text(errors="replace"):
        what = f"{config} has no cleanupPeriodDays: transcripts are deleted after 30 days"
        yield Finding("warn", f"{what}; run `faregate import` at least that often")


def _look_at_environment(
    gate: dict[str, Any] | None, environ: Mapping[str, str]
) -> Iterator[Finding]:
    proxied = [name for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy") if environ.get(name)]
    spared = environ.get("NO_PROXY", environ.get("no_proxy", ""))
    if proxied and "127.0.0.1" not in spared:
        what = f"{proxied[0]} is set and NO_PROXY lacks 127.0.0.1"
        yield Finding("warn", f"{what}: Claude Code would bypass the gate; use `faregate env`")
    if environ.get("ANTHROPIC_API_KEY") or environ.get("ANTHROPIC_AUTH_TOKEN"):
        yield Finding(
            "warn", "a key or token of Anthropic's is set: Claude Code bills it, not a plan"
        )
    if gate and not environ.get("FAREGATE_TOKEN") and "127.0.0.1" not in gate.get("url", ""):
        yield Finding("fail", "the gate listens beyond loopback: set FAREGATE_TOKEN in this shell")


def _look_at_client() -> Iterator[Finding]:
    program = launch.found_on_path("claude")
    if program:
        yield Finding("ok", f"Claude Code is at {program}")
    else:
        yield Finding("warn", "`claude` is not on the PATH; install Claude Code")


def _asked_gate(gate: dict[str, Any]) -> dict[str, Any] | None:
    """The gate's own status, or None when it does not answer."""
    request = urllib.request.Request(f"{gate['url']}/faregate/status")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            live: dict[str, Any] = json.load(answer)
            return live
    except (OSError, ValueError):
        return None


def _loader_state(folder: Path) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = json.loads((folder / "loader.json").read_text())
    except (OSError, ValueError):
        return None
    return state | {"at": datetime.fromtimestamp(state["at"], UTC)}
