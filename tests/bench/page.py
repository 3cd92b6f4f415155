"""What was measured, as tables; each part of `docs/bench.md` stands until it is measured anew."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from collector.files import ROOT
from tests.bench.field import CCR, DIRECT, GATE, LITELLM, ROUTING, Field
from tests.bench.memory import Held
from tests.bench.pages import Seen
from tests.bench.queries import Asked
from tests.bench.relay import ALONE, FULL, PACED, SIZES_KB, Cell, Load, Rounds, added_ms, typical
from tests.bench.routing import Routed, Timed
from tests.bench.what_if import Answered

PAGE = ROOT / "docs" / "bench.md"
PARTS = {
    "relay": "Relay",
    "routing": "Routing",
    "memory": "Memory",
    "import": "Import",
    "queries": "Questions",
    "pages": "Pages",
    "what_if": "What-if",
}
OPENING = """# Measurements

Made by `make bench`, which writes this page. Gateways are measured in one run, in turns, against
one cheap provider on the loopback; each figure is the median over the rounds. faregate's include
its journal and the loader that fills the ledger beside it. *Added* is what a figure exceeds the
direct way's by in the same round.
"""


RULES = "- The rules of the plan preset over a million calls at once: {seconds:.2f} s."
MONTH = """{calls} calls of a made-up month under the preset for API keys, decided by the router as
live calls are; caches are modelled (5 minutes), answers are as long whoever gives them, quality
is not compared."""


def relay(found: Rounds, field: Field) -> str:
    """The section on time and calls per second."""
    names = [runner.name for runner in field.runners]
    rounds = len(next(iter(found.values())))
    lines = ["## Relay", "", _made(field), f"Rounds: {rounds}; times in ms.", *_absent(field), ""]
    for load in (ALONE, PACED):
        lines += [f"### Added time to first byte, {load.title}", ""]
        lines += _added(found, names, load)
    lines += [f"### {FULL.title.capitalize()}", "", *_carried(found, names)]
    return "\n".join([*lines, *_verdicts(found, names)])


def _added(found: Rounds, names: list[str], load: Load) -> list[str]:
    shown = [name for name in names if name != DIRECT]
    titles = [f"{name} p50 / p95" for name in shown]
    rows = []
    for size in SIZES_KB:
        direct = found[Cell(load.title, size, DIRECT)]
        row = [f"{size} KB", f"{typical(direct, 'ttfb_ms'):.2f}"]
        for name in shown:
            rounds = found[Cell(load.title, size, name)]
            halves = (added_ms(rounds, direct, of) for of in ("ttfb_ms", "ttfb_p95_ms"))
            row.append(" / ".join(f"+{half:.1f}" for half in halves))
        rows.append(row)
    return table(["body", "direct", *titles], rows)


def _carried(found: Rounds, names: list[str]) -> list[str]:
    rows = []
    for size in SIZES_KB:
        row = [f"{size} KB"]
        for name in names:
            rounds = found[Cell(FULL.title, size, name)]
            cpu = "" if name == DIRECT else f" ({typical(rounds, 'cpu_ms'):.1f})"
            row.append(f"{typical(rounds, 'per_s'):.0f}{cpu}")
        rows.append(row)
    lines = ["Calls per second, and in brackets the CPU ms of the gateway's process per call.", ""]
    return [*lines, *table(["body", *names], rows)]


def _verdicts(found: Rounds, names: list[str]) -> list[str]:
    """One line per goal that could be measured."""
    added = {(name, size): _alone(found, name, size) for name in names for size in SIZES_KB}
    ours, ours_small = added[GATE, 100], added[GATE, 14]
    said = [f"- Goal: at most 5 ms added at 100 KB. Measured: {ours:.1f} ms."]
    if ROUTING in names:
        more = _routing_adds(found)
        said.append(f"- Goal: routing adds at most 2 ms at 100 KB. Measured: {more:.1f} ms.")
    if LITELLM in names:
        share = ours / added[LITELLM, 100]
        said.append(f"- Goal: at most a quarter of LiteLLM's at 100 KB. Measured: {share:.2f}.")
    if CCR in names:
        theirs = added[CCR, 14]
        goal = "less than claude-code-router's at 14 KB"
        said.append(f"- Goal: {goal}. Measured: {ours_small:.1f} against {theirs:.1f} ms.")
    return said


def _alone(found: Rounds, name: str, size: int) -> float:
    direct = found[Cell(ALONE.title, size, DIRECT)]
    return added_ms(found[Cell(ALONE.title, size, name)], direct, "ttfb_ms")


def _routing_adds(found: Rounds) -> float:
    """What routing adds to the relay, p50 at 100 KB, round by round."""
    alone = {name: found[Cell(ALONE.title, 100, name)] for name in (GATE, ROUTING)}
    return added_ms(alone[ROUTING], alone[GATE], "ttfb_ms")


def routing(routed: Routed) -> str:
    """The section on what a decision takes, and on what it is worth."""
    slowest = max(timed.p99_ms for timed in routed.decisions)
    rows = [_timed(one) for one in (*routed.decisions, *routed.translations)]
    about = "In ms; beside each the time in which the same bytes are merely parsed (orjson)."
    months = [
        [name, f"${one.usd:.2f}", f"{one.switches:,}", f"{one.cold_tokens / 1e6:.1f}M"]
        for name, one in routed.months.items()
    ]
    heads = ["model chosen", "list value", "switches", "tokens written to a cache"]
    kept, jumping = routed.months["per session"].usd, routed.months["per call"].usd
    lines = ["## Routing", "", _made(), about, ""]
    lines += table(["work", "p50", "p99", "parsing alone"], rows)
    lines += [f"- Goal: one decision at most 2 ms, p99. Measured: {slowest:.1f} ms."]
    lines += [RULES.format(seconds=routed.rules_s)]
    lines += ["", "### A month in dollars", "", MONTH.format(calls=_calls(routed)), ""]
    lines += table(heads, months)
    return "\n".join([*lines, f"- Choosing per call costs {jumping / kept - 1:.0%} more."])


def _calls(routed: Routed) -> str:
    return f"{routed.months['per session'].calls:,}"


def _timed(one: Timed) -> list[str]:
    return [one.what, f"{one.p50_ms:.2f}", f"{one.p99_ms:.2f}", f"{one.parse_ms:.2f}"]


def memory(held: list[Held], field: Field) -> str:
    rows = [
        [one.runner, f"{one.before_mb:.0f}", f"{one.after_mb:.0f}", f"{one.beside_mb:.0f}"]
        for one in held
    ]
    title = f"## Memory after {held[0].calls:,} calls"
    about = "Resident MB of the process that relays, and of those it runs beside itself."
    heads = ["gateway", "before", "after", "beside it"]
    goal = f"- Goal: at most 200 MB. Measured: {held[0].after_mb:.0f} MB."
    return "\n".join(
        [title, "", _made(field), about, *_absent(field), "", *table(heads, rows), goal]
    )


def queries(asked: list[Asked]) -> str:
    heads = ["page", "calls", "file", "period", "slowest question", "", "whole page"]
    rows = [
        [
            one.page.capitalize(),
            f"{one.calls:,}",
            f"{one.file_mb:.0f} MB",
            one.range,
            f"{one.slowest_s:.2f} s",
            f"`{one.slowest}`",
            f"{one.page_s:.2f} s",
        ]
        for one in asked
    ]
    about = (
        "What a page asks of the ledger: its slowest question alone, and all as the page asks them."
    )
    goal = "- Goal, over 30 days: each at most 0.3 s over a million calls, 1 s over ten million."
    return "\n".join(["## Questions", "", _made(), about, "", *table(heads, rows), goal])


def pages(seen: list[Seen]) -> str:
    """The section on pages as a reader has them; without a browser it says so."""
    if not seen:
        return "\n".join(["## Pages", "", "Not measured: there was no Chromium."])
    heads = [
        "page",
        "calls",
        "first paint",
        "first number",
        "all of it",
        "again",
        "another period",
        "all of it",
        "and back",
        "memory",
    ]
    rows = [
        [
            one.page.capitalize(),
            f"{one.calls:,}",
            f"{one.painted_s:.2f} s",
            f"{one.first_s:.2f} s",
            f"{one.cold_s:.2f} s",
            f"{one.again_s:.2f} s",
            *("–" if s is None else f"{s:.2f} s" for s in one.anew_s or (None,) * 3),
            f"{one.rss_mb:.0f} MB",
        ]
        for one in seen
    ]
    about = (
        "Opened in Chromium on the same machine, one page after the other in one dashboard: until "
        "it paints anything, until its first number, chart or table stands, and until nothing "
        "changes any more; so too from a change of its period, when no answer of the ledger is "
        "kept from before (Tuning and What-if keep the calls that they replay for five minutes), "
        "and back at a period that was seen before and that the ledger has not changed since. "
        "Over no calls it is what Streamlit and the browser take."
    )
    goal = "- Goal over a million calls: Overview painted in 2 s, another period in 0.5 s, 600 MB."
    return "\n".join(["## Pages", "", _made(), about, "", *table(heads, rows), goal])


def what_if(answered: list[Answered]) -> str:
    """The section on replay."""
    heads = ["calls", "first answer", "a slider move, p50", "p95", "41 × 41 pairs of thresholds"]
    rows = [
        [
            f"{one.calls:,}",
            f"{one.first_s:.2f} s",
            f"{one.p50_s:.2f} s",
            f"{one.p95_s:.2f} s",
            "–" if one.grid_s is None else f"{one.grid_s:.1f} s",
        ]
        for one in answered
    ]
    about = "A made-up month, repeated, replayed under the preset for API keys with 400 draws."
    goal = (
        "- Goal: a move at most 0.3 s over 100,000 calls and 1.5 s over a million, p95; all pairs "
        "at most 5 s over 100,000."
    )
    return "\n".join(["## What-if", "", _made(), about, "", *table(heads, rows), goal])


def imports(said: str) -> str:
    """The section on transcripts, as their own benchmark tells it."""
    about = "The same transcripts read by `faregate import` and by ccusage, in turns; tokens are"
    order = "input, cache write, cache read, output."
    return "\n".join(["## Import", "", _made(), about, order, "", "```text", said.strip(), "```"])


def keep(part: str, section: str) -> None:
    """Put a part's section in its place on the page; those of others stay as they are."""
    _, *old = f"\n{PAGE.read_text()}".split("\n## ")
    sections = {_part_of(one): f"## {one.strip()}" for one in old} | {part: section}
    told = [OPENING.strip(), *(sections[name] for name in PARTS if name in sections)]
    PAGE.write_text("\n\n".join(told) + "\n")


def _part_of(section: str) -> str:
    return next(part for part, title in PARTS.items() if section.startswith(title))


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def _made(field: Field | None = None) -> str:
    named = {"faregate": version("faregate"), "mitmproxy": version("mitmproxy")}
    named |= {"DuckDB": version("duckdb"), "Python": platform.python_version()}
    named |= field.versions if field else {}
    with_versions = ", ".join(f"{name} {number}" for name, number in named.items())
    return f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}; {with_versions}."


def _machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cpu = models[0] if models else platform.processor() or platform.machine()
    return f"{platform.system()}, {os.cpu_count()} cores ({cpu})"


def _absent(field: Field) -> list[str]:
    return [f"{name} could not take part: {why}." for name, why in field.absent.items()]
