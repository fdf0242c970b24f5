#!/usr/bin/env python3
"""What COMPRESS=DEFLATE saves of a first scan: bytes on the way from server to agent, TLS included, as a relay between
them counts them."""

import asyncio
import threading
import time
from types import SimpleNamespace

from world import USER, World, main, progress


class Relay:
    """Passes connections on to a port of this machine and counts what comes back."""

    def __init__(self, port):
        self.target, self.received = port, 0
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    def _run(self, ready):
        async def listen():
            server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
        self.loop.run_until_complete(listen())
        self.loop.run_forever()

    async def _accept(self, reader, writer):
        back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._pass(reader, forth, False), self._pass(back, writer, True), return_exceptions=True)

    async def _pass(self, reader, writer, counts):
        try:
            while block := await reader.read(1 << 16):
                self.received += len(block) if counts else 0
                writer.write(block)
                await writer.drain()
        finally:
            writer.close()


def scan(world, compress):
    """Seconds, and bytes."""
    relay = Relay(world.dovecot.imaps_port)
    way = SimpleNamespace(imaps_port=relay.port, ca_file=world.dovecot.ca_file, password=world.dovecot.password)
    world.agent.configure([(USER, way)], world.pixels.port, server=False, more=f"compress = {str(compress).lower()}")
    world.forget()
    begin = time.monotonic()
    world.run_agent()
    world.await_tracked(len(world.box.tracked))
    took = time.monotonic() - begin
    world.agent.stop()
    return took, relay.received


def measure(program, table, messages=20_000, **_):
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world:
        world.fill(messages)
        measure_scan(world, table)


def measure_scan(world, table):
    progress("first scan through a relay, as it is and compressed")
    plain, small = (min(scan(world, compress) for _ in range(2)) for compress in (False, True))
    table.row(f"first scan, {world.box.count:,} messages, on the wire", f"{plain[0]:.2f} s  {plain[1] / 1e6:.1f} MB")
    table.row("  with COMPRESS=DEFLATE", f"{small[0]:.2f} s  {small[1] / 1e6:.1f} MB",
              f"{small[1] / plain[1]:.2f}x the bytes, goal ≤ 0.40x")


if __name__ == "__main__":
    main(measure, __doc__)
