"""A proxy that only tunnels: whatever host a client asks for, it reaches one local port."""

import asyncio
import threading
from typing import Self


class Leg(asyncio.Protocol):
    """One end of a tunnel. What arrives is written on at once: kept, it would be lost to a reset
    that follows it.
    """

    far: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.near = transport

    def data_received(self, data: bytes) -> None:
        self.far.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.far.close()


class ClientLeg(Leg):
    """The end that says first where it wants to go."""

    def __init__(self, tunnel: "Tunnel") -> None:
        self.tunnel = tunnel
        self.head = b""
        self.joining: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        if self.joining:
            return super().data_received(data)
        self.head += data
        if self.head.endswith(b"\r\n\r\n"):
            self.joining = asyncio.get_running_loop().create_task(self.join())
        return None

    async def join(self) -> None:
        self.tunnel.asked.append(self.head.split(b" ")[1].decode())
        loop = asyncio.get_running_loop()
        self.far, server = await loop.create_connection(Leg, "127.0.0.1", self.tunnel.to_port)
        server.far = self.near
        self.near.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        if self.joining and self.joining.done():
            super().connection_lost(exc)


class Tunnel:
    """Listens in a thread of its own while used as a context manager."""

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self.asked: list[str] = []  # the hosts, in order

    async def serve(self, ready: threading.Event) -> None:
        self.stopping = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        server = await self.loop.create_server(lambda: ClientLeg(self), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await self.stopping.wait()
        server.close()
        server.abort_clients()
        await asyncio.sleep(0)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True)
        self.thread.start()
        if not ready.wait(timeout=60):
            raise TimeoutError("the tunnel did not open")
        return self

    def __exit__(self, *raised: object) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(timeout=60)
