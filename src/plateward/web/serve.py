"""Run the application under uvicorn, and stop it so that nobody is cut off in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from plateward.core.errors import Fault
from plateward.node.node import Node
from plateward.web.app import create_app

PATIENCE_S = 10
"""How long running requests may take to finish once the server is asked to stop."""

_ANY = ("127.0.0.1", "0.0.0.0", "::1", "::")  # noqa: S104 - compared with, not bound to


class _Server(uvicorn.Server):
    """uvicorn, whose streams hear of the stop, and which leaves the process alive so that the database can be stopped too."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._started = started

    def stop(self) -> None:
        """Take no more requests, end the streams, finish what runs. A second time: at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._stopping.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ctrl-C and TERM stop the server; uvicorn's own way would raise them again and end the process."""
        loop, taken = asyncio.get_running_loop(), []
        for number in (signal.SIGINT, signal.SIGTERM):
            # Only the main thread can take signals; elsewhere whoever started the server cancels it.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self.stop)
                taken.append(number)
        try:
            yield
        finally:
            for number in taken:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the caller once requests are answered."""
        await super().startup(sockets)
        if self.started:
            self._started()


async def serve(node: Node, host: str, port: int, on_started: Callable[[str], None]) -> None:
    """Serve ``node`` until the process is asked to stop or this is cancelled.

    ``on_started`` gets the address, with the port really taken (``port`` 0 takes a free one). Raises Fault when the port cannot be
    opened.
    """
    listener = _listen(host, port)
    number = listener.getsockname()[1]
    app = create_app(node)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=PATIENCE_S,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=32 * 1024,
    )
    address = f"http://{'localhost' if host in _ANY else host}:{number}"
    server = _Server(config, app.state.site.stopping, lambda: on_started(address))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        server.stop()
        await running
        raise
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        raise Fault(
            f"Port {port} on {host} cannot be opened ({error}).",
            next_step="Another program may use it: choose another port with --port or in plateward.toml.",
        ) from None
