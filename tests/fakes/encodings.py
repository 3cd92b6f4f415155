"""Content encodings, flushed after every piece as a streaming server does."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import brotli
import zstandard


class Encoder(NamedTuple):
    """One piece in, its bytes out, at once; and what ends the whole."""

    piece: Callable[[bytes], bytes]
    finish: Callable[[], bytes]


def deflating(wbits: int) -> Encoder:
    squeeze = zlib.compressobj(wbits=wbits)
    return Encoder(
        lambda raw: squeeze.compress(raw) + squeeze.flush(zlib.Z_SYNC_FLUSH), squeeze.flush
    )


def brotlied() -> Encoder:
    squeeze = brotli.Compressor(quality=4)
    return Encoder(lambda raw: squeeze.process(raw) + squeeze.flush(), squeeze.finish)


def zstandarded() -> Encoder:
    squeeze = zstandard.ZstdCompressor().compressobj()
    flush_block = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    return Encoder(lambda raw: squeeze.compress(raw) + squeeze.flush(flush_block), squeeze.flush)


ENCODERS: dict[str, Callable[[], Encoder]] = {
    "gzip": lambda: deflating(31),
    "deflate": lambda: deflating(15),
    "br": brotlied,
    "zstd": zstandarded,
}


def encoded(pieces: Iterable[bytes], encoding: str | None, *, whole: bool) -> Iterator[bytes]:
    """The pieces in this encoding; its trailer only if the body is `whole`."""
    if encoding is None:
        yield from pieces
        return
    encoder = ENCODERS[encoding]()
    for piece in pieces:
        yield encoder.piece(piece)
    if whole:
        yield encoder.finish()
