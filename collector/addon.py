"""The door: a mitmproxy addon, for `mitmdump -s collector/addon.py` and for `faregate up` alike."""

import hmac
import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson
from mitmproxy import ctx, exceptions, http, tls
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.mode_specs import ReverseMode

from collector.files import data_folder
from collector.gate_file import forget_gate, write_gate
from collector.passing import Passing
from collector.road import Road
from router.gateway import CAPTURE, NAMES, PRIVATE, SECRET, TOKEN
from router.paths import is_for_gateway, is_telemetry, upstream_path
from router.upstream import Upstream

ANTHROPIC = "api.anthropic.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
STATUS_PATH = "/faregate/status"

logger = logging.getLogger(__name__)


class Door:
    """Sends `POST /v1/messages` to the gateway and all else of Anthropic's straight on."""

    def load(self, loader: Loader) -> None:
        loader.add_option("faregate_upstream", str, f"https://{ANTHROPIC}", "Where calls go.")
        ctx.options.update(
            connection_strategy="lazy",
            keep_host_header=True,
            store_streamed_bodies=False,
            tcp_timeout=3600,
            ssl_verify_upstream_trusted_ca=os.environ.get("SSL_CERT_FILE"),
        )
        if ctx.options.mode == ["regular"]:
            ctx.options.mode = modes("127.0.0.1", 4000, 8080)

    def configure(self, updated: set[str]) -> None:
        if "faregate_upstream" in updated:
            try:
                self._upstream = Upstream.parse(ctx.options.faregate_upstream)
            except ValueError as error:
                raise exceptions.OptionsError(str(error)) from error

    async def running(self) -> None:
        self._token = os.environ.get("FAREGATE_TOKEN", "").encode()
        self._began = time.time()
        self._road = Road(self._upstream, data_folder())
        await self._road.open(ctx.master.shutdown)
        write_gate(self._road.folder, self._listening(), str(self._upstream.url), _ca_file())

    async def done(self) -> None:
        if hasattr(self, "_road"):
            forget_gate(self._road.folder)
            await self._road.close()

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        data.ignore_connection = data.client_hello.sni != ANTHROPIC

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if flow.response or flow.error or not flow.live:
            return
        reverse = isinstance(flow.client_conn.proxy_mode, ReverseMode)
        refusal = self._refusal(flow.request) if reverse else None
        if refusal:
            flow.response = refusal
        elif reverse and flow.request.path == STATUS_PATH:
            flow.response = self._status()
        elif reverse or flow.request.pretty_host == ANTHROPIC:
            self._send_on(flow, b"base_url" if reverse else b"intercept")
        else:
            flow.request.stream = True

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if not flow.response:
            return
        flow.response.stream = True
        if passing := flow.metadata.get("passing"):
            flow.response.headers.update(passing.own_headers)

    def response(self, flow: http.HTTPFlow) -> None:
        if passing := flow.metadata.get("passing"):
            passing.ended(flow.response)

    def error(self, flow: http.HTTPFlow) -> None:
        if passing := flow.metadata.get("passing"):
            passing.failed(flow.response)

    def _refusal(self, request: http.Request) -> http.Response | None:
        sent = request.headers.get(TOKEN.decode(), "").encode()
        if self._token:
            if hmac.compare_digest(sent, self._token):
                return None
            return _error(401, "authentication_error", TOKEN_MISSING)
        host = (request.host_header or "").rsplit(":", 1)[0] or "?"
        if host.lower() in LOOPBACK or (request.host_header or "").lower() in LOOPBACK:
            return None
        return _error(403, "permission_error", f"faregate answers to loopback names, not to {host}")

    def _send_on(self, flow: http.HTTPFlow, capture: bytes) -> None:
        request = flow.request
        fields = [field for field in request.headers.fields if field[0].lower() not in PRIVATE]
        request.stream = True
        ours = capture == b"base_url" and is_telemetry(request.method, request.path)
        if ours or is_for_gateway(request.method, request.path):
            names = b",".join(name for name, _ in fields)
            own = [(SECRET, self._road.secret.encode()), (NAMES, names), (CAPTURE, capture)]
            request.headers.fields = (*fields, *own)
            _aim(request, "http", "127.0.0.1", self._road.port)
            return
        url = self._upstream.url
        request.headers.fields = tuple(fields)
        path = upstream_path(request.path.encode("latin-1", "replace"))
        request.path = self._upstream.target(path).decode("latin-1")
        _aim(request, url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80))
        request.headers["host"] = self._upstream.host_header.decode()
        flow.metadata["passing"] = Passing(self._road.recorder, request, capture.decode())

    def _status(self) -> http.Response:
        road = self._road
        return _json(
            200,
            {
                "pid": os.getpid(),
                "upstream": str(self._upstream.url),
                "up_since": datetime.fromtimestamp(self._began, UTC).isoformat(),
                "calls": road.recorder.calls,
                "in_flight": road.gateway.in_flight,
                "policy_fault": road.policy.fault,
                "routing": road.routing.told(),
                "journal_warning": road.journal.warning,
            },
        )

    def _listening(self) -> dict[str, str]:
        """`url` and `intercept_url`, as far as such a server listens."""
        found: dict[str, str] = {}
        for server in ctx.master.addons.get("proxyserver").servers:
            name = "url" if isinstance(server.mode, ReverseMode) else "intercept_url"
            for address in server.listen_addrs:
                host = f"[{address[0]}]" if ":" in address[0] else address[0]
                found.setdefault(name, f"http://{host}:{address[1]}")
        return found


TOKEN_MISSING = (
    "this gate needs its token: set FAREGATE_TOKEN for Claude Code's shell and run `faregate env`, "
    "or send it in the header x-faregate-token"
)


def modes(
    host: str, port: int, intercept_port: int, upstream: str = f"https://{ANTHROPIC}"
) -> list[str]:
    """mitmproxy's two modes at once: a base URL for Claude Code, and an intercepting proxy."""
    return [f"reverse:{upstream}@{host}:{port}", f"regular@127.0.0.1:{intercept_port}"]


def _aim(request: http.Request, scheme: str, host: str, port: int) -> None:
    """Set the destination alone: the public setters would also rewrite the Host header."""
    request.data.scheme, request.data.host, request.data.port = scheme.encode(), host, port


def _error(status: int, kind: str, message: str) -> http.Response:
    return _json(status, {"type": "error", "error": {"type": kind, "message": message}})


def _json(status: int, body: object) -> http.Response:
    return http.Response.make(status, orjson.dumps(body), {"content-type": "application/json"})


def _ca_file() -> str:
    return str(Path(ctx.options.confdir).expanduser() / "mitmproxy-ca-cert.pem")


addons = [Door()]
