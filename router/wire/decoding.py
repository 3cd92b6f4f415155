"""Content codings undone piece by piece, for a tee that must never disturb a relay."""

import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import zstandard

type Piecewise = Callable[[bytes], bytes]

DECODING_ERRORS = (zlib.error, brotli.error, zstandard.ZstdError, EOFError)


class Decoder:
    """Undoes the codings of one `Content-Encoding`, the last applied first.

    `failed` says why nothing more is decoded, None while all is well.
    """

    def __init__(self, content_encoding: str | None) -> None:
        self.failed: str | None = None
        self._steps: list[Piecewise] = []
        for coding in reversed((content_encoding or "").lower().split(",")):
            self._add(coding.strip())

    def _add(self, coding: str) -> None:
        if coding in ("", "identity"):
            return
        if begin := CODINGS.get(coding):
            self._steps.append(begin())
        else:
            self.failed = f"unknown content coding {coding[:40]}"

    def feed(self, chunk: bytes) -> bytes:
        """What `chunk` decodes to, b'' once decoding failed."""
        if self.failed:
            return b""
        try:
            for step in self._steps:
                chunk = step(chunk)
        except DECODING_ERRORS as error:
            self.failed = f"undecodable body: {error}"
            return b""
        return chunk


def _gzip() -> Piecewise:
    """Gzip, any number of members in a row."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def decode(chunk: bytes) -> bytes:
        nonlocal member
        decoded = member.decompress(chunk)
        while member.eof and member.unused_data:
            rest = member.unused_data
            member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            decoded += member.decompress(rest)
        return decoded

    return decode


def _deflate() -> Piecewise:
    """Deflate with its zlib header, as the standard has it, or raw, as some servers send it."""
    head = b""
    stream = None

    def decode(chunk: bytes) -> bytes:
        nonlocal head, stream
        if stream is None:
            head += chunk
            if len(head) < 2:
                return b""
            is_zlib = head[0] & 0x0F == 8 and int.from_bytes(head[:2]) % 31 == 0
            stream = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
            chunk = head
        return stream.decompress(chunk)

    return decode


def _brotli() -> Piecewise:
    process: Piecewise = brotli.Decompressor().process
    return process


def _zstd() -> Piecewise:
    return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress


CODINGS: dict[str, Callable[[], Piecewise]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
