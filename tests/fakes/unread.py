"""Whether the peer of a connection on this machine has read it all, as the kernel tells it."""

import asyncio
import socket
import struct
import time
from pathlib import Path

TABLE = Path("/proc/net/tcp")  # Linux, IPv4
GIVE_UP_S = 5.0  # on a peer that does not read
LOOK_S = 0.002
BLIND_S = 0.05  # where no kernel tells

Address = tuple[str, int]


async def read_by_peer(transport: asyncio.Transport) -> None:
    """Returns once the peer has taken all that was written from its socket.

    A reset throws away what the peer's kernel still holds: a reader that is slow would lose what
    was sent to it before.
    """
    if not TABLE.exists():
        return await asyncio.sleep(BLIND_S)
    ours, theirs = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    give_up_at = time.monotonic() + GIVE_UP_S
    while transport.get_write_buffer_size() or on_the_way(ours, theirs):
        if transport.is_closing() or time.monotonic() > give_up_at:
            return None
        await asyncio.sleep(LOOK_S)
    return None


def on_the_way(ours: Address, theirs: Address) -> int:
    """How many bytes our kernel has yet to deliver, and the peer's to hand over."""
    rows = [line.split() for line in TABLE.read_text().splitlines()[1:]]
    queues = {(row[1], row[2]): row[4].split(":") for row in rows}
    here, there = as_listed(ours), as_listed(theirs)
    undelivered, _ = queues.get((here, there), ("0", "0"))
    _, unread = queues.get((there, here), ("0", "0"))
    return int(undelivered, 16) + int(unread, 16)


def as_listed(address: Address) -> str:
    """The address as the table has it: the host as a number in the machine's own byte order."""
    [host] = struct.unpack("=I", socket.inet_aton(address[0]))
    return f"{host:08X}:{address[1]:04X}"
