"""The gate as a program of its own: a mitmproxy with only the addons that it needs."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from typing import Any

# Rules are asked of one call at a time: to hand that to other threads takes longer than to do it.
os.environ["POLARS_MAX_THREADS"] = os.environ.get("POLARS_MAX_THREADS", "1")

from mitmproxy import master, options
from mitmproxy.addons import core, disable_h2c, next_layer, proxyserver, tlsconfig

from collector.addon import Door, modes
from collector.files import data_folder


def main() -> int:
    """0 after a stop by signal; 2 with one line on stderr when it cannot listen."""
    os.umask(0o077)  # what we write is for this user
    asked = _arguments()
    _log_to_stderr()
    try:
        return asyncio.run(_run(asked))
    except (OSError, ValueError) as error:
        print(f"faregate: {error}", file=sys.stderr)  # noqa: T201
        return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m collector.gate")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4000)
    parser.add_argument("--intercept-port", type=int, default=8080)
    parser.add_argument("--upstream", default="https://api.anthropic.com")
    return parser.parse_args()


async def _run(asked: argparse.Namespace) -> int:
    gate = master.Master(options.Options())
    gate.addons.add(
        core.Core(),
        disable_h2c.DisableH2C(),
        proxyserver.Proxyserver(),
        next_layer.NextLayer(),
        tlsconfig.TlsConfig(),
        Door(),
    )
    wanted: dict[str, Any] = {
        "mode": modes(asked.host, asked.port, asked.intercept_port, asked.upstream),
        "faregate_upstream": asked.upstream,
        "confdir": str(data_folder() / "ca"),
    }
    gate.options.update(**wanted)
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop, gate.shutdown)
    await gate.run()
    return 0


def _log_to_stderr() -> None:
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    for chatty in ("httpx", "mitmproxy", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
