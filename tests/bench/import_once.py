"""One import, its report on standard output: what `import_bench` starts and measures."""

import sys
import time
from dataclasses import asdict
from pathlib import Path

import orjson

from collector import ledger, prices
from collector.transcripts.importing import import_transcripts


def main() -> None:
    root, path = Path(sys.argv[1]), Path(sys.argv[2])
    with ledger.writing(path) as db:
        price = prices.pricer(db, path.parent, "claude-opus-4-6")
    report = import_transcripts(path, [root], price, time.monotonic)
    sys.stdout.buffer.write(orjson.dumps(asdict(report), default=str))


if __name__ == "__main__":
    main()
