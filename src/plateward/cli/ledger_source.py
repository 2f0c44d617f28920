"""Where ``plateward ledger`` gets a ledger's files: a folder, or an address over HTTP. Everything that is read is bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from plateward import __version__
from plateward.core.errors import BadInput, Fault
from plateward.formats.bodies import MAX_LINE
from plateward.formats.signed_note import MAX_NOTE
from plateward.oversight.ledger.scan import Source

AHEAD = 16
"""Files fetched before they are needed, and connections at most half as many: kind to a small node."""

TIMEOUT_S = 30.0
BODIES = "bodies.jsonl"
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A ledger copied into a folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.folder)

    def fetch(self, path: str, limit: int) -> bytes | None:
        """One file, at most ``limit`` + 1 bytes of it; None when there is none."""
        try:
            with (self.folder / path).open("rb") as file:
                return file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise Fault(f"{self.folder / path} could not be read: {error.strerror}.") from None

    def fetch_many(self, paths: Iterable[tuple[str, int]]) -> Iterator[bytes | None]:
        """The files in order."""
        return (self.fetch(path, limit) for path, limit in paths)

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a file of bodies; one that is too long comes cut, and is refused by whoever parses it."""
        try:
            with (self.folder / path).open("rb") as file:
                while line := file.readline(MAX_LINE + 2):
                    yield line
        except OSError as error:
            raise BadInput(f"cannot be read: {error.strerror}", where=str(self.folder / path)) from None


@dataclass(frozen=True, slots=True)
class WebSource:
    """A ledger at an address."""

    url: str
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(
            timeout=TIMEOUT_S,
            headers={"user-agent": f"plateward/{__version__}", "accept-encoding": "gzip, identity"},
            limits=httpx.Limits(max_connections=AHEAD // 2),
        )
    )

    @property
    def name(self) -> str:
        """The address."""
        return self.url

    def fetch(self, path: str, limit: int) -> bytes | None:
        """One file, at most ``limit`` + 1 bytes of it; None when the server says that there is none."""
        try:
            return self._fetch(path, limit)
        except httpx.RequestError:
            try:
                return self._fetch(path, limit)  # once more: a connection kept alive may have been closed meanwhile
            except httpx.RequestError as error:
                raise _unreachable(f"{self.url}/{path}", error) from None

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a file of bodies; one that is too long comes cut, and is refused by whoever parses it."""
        held = b""
        try:
            with self.client.stream("GET", f"{self.url}/{path}") as response:
                if not self._there(response):
                    raise BadInput("there is no such file", where=f"{self.url}/{path}")
                for chunk in response.iter_bytes(CHUNK):
                    *whole, held = (held + chunk).split(b"\n")
                    yield from whole
                    if len(held) > MAX_LINE:
                        break
        except httpx.RequestError as error:
            raise _unreachable(f"{self.url}/{path}", error) from None
        if held:
            yield held

    def _fetch(self, path: str, limit: int) -> bytes | None:
        data = bytearray()
        with self.client.stream("GET", f"{self.url}/{path}") as response:
            if not self._there(response):
                return None
            for chunk in response.iter_bytes(CHUNK):
                data += chunk
                if len(data) > limit:
                    break
        return bytes(data[: limit + 1])

    def _there(self, response: httpx.Response) -> bool:
        if response.status_code in (404, 410):
            return False
        if response.status_code == 200:
            return True
        if response.is_redirect:
            raise BadInput(f"moved to {response.headers.get('location', '?')[:200]}: name that address", where=self.url)
        raise Fault(f"{response.url} answered {response.status_code}.", next_step="Try again later.")

    def fetch_many(self, paths: Iterable[tuple[str, int]]) -> Iterator[bytes | None]:
        """The files in order, some fetched ahead."""
        with ThreadPoolExecutor(AHEAD // 2) as pool:
            waiting: deque[Future[bytes | None]] = deque()
            try:
                for path, limit in paths:
                    waiting.append(pool.submit(self.fetch, path, limit))
                    if len(waiting) == AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()


def open_source(place: str) -> FolderSource | WebSource:
    """The source that a person named. Raises BadInput when it is neither an address nor a folder."""
    if place.startswith(("http://", "https://")):
        return WebSource(place.rstrip("/"))
    if not Path(place).is_dir():
        raise BadInput("neither a folder nor an address that begins with http:// or https://", where=place)
    return FolderSource(Path(place))


def body_lines(place: str) -> Iterator[bytes]:
    """The lines of a file of bodies: a file, or a folder or an address that has ``bodies.jsonl``. Raises BadInput."""
    if place.startswith(("http://", "https://")):
        prefix, _, name = place.rpartition("/")
        return WebSource(prefix).lines(name) if name.endswith(".jsonl") else WebSource(place.rstrip("/")).lines(BODIES)
    path = Path(place)
    return FolderSource(path).lines(BODIES) if path.is_dir() else FolderSource(path.parent).lines(path.name)


def checkpoint_of(place: str) -> tuple[bytes, Source | None]:
    """A snapshot's checkpoint, and its files where ``place`` is a folder or an address rather than the checkpoint alone."""
    if Path(place).is_file():
        return FolderSource(Path(place).parent).fetch(Path(place).name, MAX_NOTE) or b"", None
    source = open_source(place)
    data = source.fetch("checkpoint", MAX_NOTE)
    if data is None:
        raise BadInput("there is no file 'checkpoint' here, so this is no ledger", where=place)
    return data, source


def _unreachable(url: str, error: httpx.RequestError) -> Fault:
    return Fault(f"{url} could not be fetched: {type(error).__name__}.", next_step="Check the address and the network.")
