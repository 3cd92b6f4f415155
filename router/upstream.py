"""The client that asks a provider, byte for byte."""

from dataclasses import dataclass

import httpx

from router.providers import RawHeaders

# RFC 9110 §7.6.1: these belong to one connection, never to the message.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
CONNECT_S = 15.0


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where calls go: scheme, host and port, and a path that precedes `/v1/messages`."""

    url: httpx.URL

    @classmethod
    def parse(cls, text: str) -> "Upstream":
        """
        Raises:
            ValueError: `text` is not an http or https URL with a host.
        """
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL as error:
            raise ValueError(f"upstream {text!r} is not a URL: {error}") from error
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(f"upstream {text!r} is not an http or https URL")
        return cls(url)

    @property
    def host_header(self) -> bytes:
        return self.url.netloc

    def target(self, path: bytes) -> bytes:
        return self.url.raw_path.rstrip(b"/") + path


def open_client() -> httpx.AsyncClient:
    """A client that never follows a redirect: a credential stays with the host it was sent to."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(None, connect=CONNECT_S),
        limits=httpx.Limits(
            max_connections=None, max_keepalive_connections=64, keepalive_expiry=90
        ),
        follow_redirects=False,
    )


def request_to(
    upstream: Upstream, method: str, path: bytes, headers: RawHeaders, body: bytes
) -> httpx.Request:
    """The client's own request, its header list and bytes unchanged, for this upstream.

    Only the host and what belongs to a single connection differ.
    """
    return httpx.Request(
        method,
        upstream.url,
        headers=[_for_host(header, upstream) for header in without_hop_by_hop(headers)],
        content=body,
        extensions={"target": upstream.target(path)},
    )


def without_hop_by_hop(headers: RawHeaders) -> RawHeaders:
    """`headers` less those of a single connection, and less those that `Connection` names."""
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    dropped = HOP_BY_HOP | named
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def _for_host(header: tuple[bytes, bytes], upstream: Upstream) -> tuple[bytes, bytes]:
    return (header[0], upstream.host_header) if header[0].lower() == b"host" else header
