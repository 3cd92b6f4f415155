"""A proxy that only tunnels: whatever host a client asks for, it reaches one local port."""

import asyncio
import contextlib
import threading
from typing import Self


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


class Tunnel:
    """Listens in a thread of its own while used as a context manager."""

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self.asked: list[str] = []  # the hosts, in order

    async def join(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        head = await client.readuntil(b"\r\n\r\n")
        self.asked.append(head.split(b" ")[1].decode())
        server, forth = await asyncio.open_connection("127.0.0.1", self.to_port)
        back.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(client, forth), pump(server, back))

    async def serve(self, ready: threading.Event) -> None:
        self.stopping = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self.join, "127.0.0.1", 0)
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
        if not ready.wait(timeout=10):
            raise TimeoutError("the tunnel did not open")
        return self

    def __exit__(self, *raised: object) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(timeout=10)
