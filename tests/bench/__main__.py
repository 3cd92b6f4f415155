"""`make bench`: measures faregate against its peers and writes docs/bench.md.

`python -m tests.bench [--quick] [--no-peers] [--only PART]`

`--quick` shows that every part still works: few rounds, no peers, nothing written. `--no-peers`
leaves LiteLLM and claude-code-router out.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from collector.files import ROOT
from tests.bench import memory, page, pages, queries, relay, routing, what_if
from tests.bench.field import open_field

Part = Callable[["Extent", Path], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured."""

    rounds: int
    with_peers: bool
    held_calls: int
    ledgers: tuple[int, ...]
    views: int
    import_options: tuple[str, ...]
    decisions: int
    replayed: tuple[int, ...]
    walked: tuple[int, ...]
    openings: int


FULL = Extent(
    rounds=5,
    with_peers=True,
    held_calls=10_000,
    ledgers=(1_000_000, 10_000_000),
    views=5,
    import_options=(),
    decisions=1000,
    replayed=(100_000, 1_000_000),
    walked=(0, 1_000_000),
    openings=2,
)
QUICK = Extent(
    rounds=1,
    with_peers=False,
    held_calls=300,
    ledgers=(100_000,),
    views=1,
    import_options=("--megabytes", "20", "--files", "20", "--rounds", "1"),
    decisions=30,
    replayed=(10_000,),
    walked=(10_000,),
    openings=1,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=page.PARTS)
    parser.add_argument("--no-peers", action="store_true")
    asked = parser.parse_args()
    extent = QUICK if asked.quick else FULL
    if asked.no_peers:
        extent = replace(extent, with_peers=False)
    for name, part in PARTS.items():
        if asked.only in (None, name):
            print(f"{name}:", flush=True)
            _measure(name, part, extent, is_kept=not asked.quick)
    if not asked.quick:
        print(f"written: {page.PAGE.relative_to(ROOT)}")


def _measure(name: str, part: Part, extent: Extent, *, is_kept: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="faregate-bench-") as folder:
        section = part(extent, Path(folder))
    print(section, flush=True)
    if is_kept:
        page.keep(name, section)


def _relay(extent: Extent, folder: Path) -> str:
    with open_field(folder, with_peers=extent.with_peers) as field:
        return page.relay(relay.measure(field, extent.rounds), field)


def _routing(extent: Extent, folder: Path) -> str:
    return page.routing(routing.measure(folder, extent.decisions))


def _memory(extent: Extent, folder: Path) -> str:
    """A field of its own: the gateways begin fresh."""
    with open_field(folder, with_peers=extent.with_peers) as field:
        return page.memory(memory.measure(field, extent.held_calls), field)


def _queries(extent: Extent, folder: Path) -> str:
    return page.queries(queries.measure(folder, extent.ledgers, extent.views))


def _pages(extent: Extent, folder: Path) -> str:
    try:
        return page.pages(pages.measure(folder, extent.walked, extent.openings))
    except pages.NoBrowserError:
        return page.pages([])


def _what_if(extent: Extent, folder: Path) -> str:
    return page.what_if(what_if.measure(folder, extent.replayed))


def _import(extent: Extent, _folder: Path) -> str:
    command = [sys.executable, "-m", "tests.bench.import_bench", *extent.import_options]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return page.imports(done.stdout)


PARTS: dict[str, Part] = {
    "relay": _relay,
    "routing": _routing,
    "memory": _memory,
    "import": _import,
    "queries": _queries,
    "pages": _pages,
    "what_if": _what_if,
}

if __name__ == "__main__":
    main()
