import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from router.wire.messages import Decoder
from tests.router.wire.answers import TURN
from tests.router.wire.test_messages import metered
from tests.router.wire.test_sse import cut


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-zlib.MAX_WBITS)


ENCODED = {
    None: TURN,
    "identity": TURN,
    "gzip": gzip.compress(TURN),
    "GZip , identity": gzip.compress(TURN),
    "deflate": zlib.compress(TURN),
    "deflate ": raw_deflate(TURN),
    "br": brotli.compress(TURN),
    "zstd": zstandard.compress(TURN),
    "br, gzip": gzip.compress(brotli.compress(TURN)),
    "deflate, zstd": zstandard.compress(raw_deflate(TURN)),
}


@given(st.sampled_from(list(ENCODED)), st.lists(st.integers(0, 10_000)))
def test_a_turn_meters_the_same_in_any_encoding_and_however_it_is_cut(encoding, at):
    decoder = Decoder(encoding)
    decoded = [decoder.feed(chunk) for chunk in cut(ENCODED[encoding], at)]
    assert decoder.failed is None
    assert metered(*decoded) == metered(TURN)


@pytest.mark.parametrize(
    ("encoding", "twice"),
    [
        ("gzip", gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0)),
        ("zstd", zstandard.compress(b"one ") + zstandard.compress(b"two")),
    ],
)
def test_bodies_in_several_frames_are_decoded_to_the_end(encoding, twice):
    decoder = Decoder(encoding)
    assert b"".join(decoder.feed(twice[at : at + 1]) for at in range(len(twice))) == b"one two"
    assert Decoder(encoding).feed(twice) == b"one two"


def test_events_are_decoded_as_soon_as_the_server_flushes_them():
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    sent = packer.compress(b"event: ping\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    assert Decoder("gzip").feed(sent) == b"event: ping\n\n"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_garbage_stops_decoding_and_says_so(encoding):
    decoder = Decoder(encoding)
    assert decoder.feed(b"event: ping\n" * 50) == b""
    assert decoder.failed
    assert decoder.feed(ENCODED[encoding]) == b""


def test_an_unknown_coding_says_so_at_once():
    decoder = Decoder("gzip, snappy")
    assert decoder.failed == "unknown content coding snappy"
    assert decoder.feed(b"x") == b""


@given(st.sampled_from(["gzip", "deflate", "br", "zstd", "br, gzip"]), st.lists(st.binary()))
def test_no_bytes_can_make_decoding_fail(encoding, chunks):
    decoder = Decoder(encoding)
    for chunk in chunks:
        decoder.feed(chunk)
