"""``plateward read``: plates from pictures, folders, video files and cameras; printed, drawn, or brought to a node."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import cyclopts

from plateward.cli.read_delivery import Delivery, delivery
from plateward.cli.read_output import HOME_WORDS, Output, note
from plateward.cli.read_words import NOTHING, Given, check
from plateward.core.errors import BadInput, Fault
from plateward.reader.sessions import INSTALL

if TYPE_CHECKING:
    from plateward.reader.fences import Collecting
    from plateward.reader.read_picture import PictureReader
    from plateward.reader.run import Run
    from plateward.reader.second import SecondOpinion
    from plateward.reader.settings import ReaderSettings
    from plateward.reader.sources import Source

app = cyclopts.App(name="read")


@app.default
def read(*sources: str, given: Given = NOTHING) -> int:
    """Read plates. A picture gives a line a plate, a video or camera a line a vehicle's pass.

    Parameters
    ----------
    sources
        Pictures, folders, video files, cameras (rtsp://… or http://…), watch:FOLDER for a folder that a camera fills, - for frames
        on standard input. NAME= before one names it.
    """
    _check_parts()
    from plateward.reader.settings import load_settings, sources_of

    settings = given.over(load_settings(given.config) if given.config else None)
    check(given, settings)
    found, problems = sources_of(settings, given.config) if given.config else ((), ())
    if not sources and not found and not problems and not settings.to:
        raise BadInput("name a picture, a folder, a video or a camera", where="SOURCE")
    with ExitStack() as stack:
        return _Reading(settings, given, stack).read(list(sources), list(found), list(problems))


def _check_parts() -> None:
    """The reader's libraries are an extra; without them this command says how to get them."""
    missing = [name for name in ("numpy", "cv2", "av", "onnxruntime", "PIL", "rapidocr") if find_spec(name) is None]
    if missing:
        raise Fault(f"Reading plates needs {', '.join(missing)}.", next_step=INSTALL)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One run of the command."""

    settings: ReaderSettings
    given: Given
    stack: ExitStack

    def read(self, named: list[str], cameras: list[Source], problems: list[BadInput]) -> int:
        from plateward.reader.sources import find_sources

        settings = self.settings
        collecting, told = self._place()
        sent = self.stack.enter_context(delivery(settings, collecting, told)) if settings.to else None
        if sent:
            sent.wait_s = self.given.wait
        listed = self._list(sent)
        output = Output(self.given.json_, sent, listed if settings.profile == "home" else None)
        found, wrong = find_sources(named)
        for problem in (*problems, *wrong):
            output.problem(problem)
        sources = cameras + [self._with_facing(source) for source in found]
        if not sources:
            if named or sent is None:
                return 2
            output.end(None)
            return 0
        if settings.profile == "home":
            note(HOME_WORDS)
        run = self._run(sources, output, collecting, listed, sent)
        for sighting in run.reads(sources):
            output.sighting(sighting)
        output.end(run.tally, collecting)
        return 2 if problems or wrong or run.tally.problems else 0

    def _place(self) -> tuple[Collecting, Callable[[Callable[[datetime], object]], None]]:
        """Where the reader is, and a way to tell a clock what satellites say."""
        from plateward.core.place import Position
        from plateward.reader.fences import Collecting, read_fences
        from plateward.reader.position import Fixed, Satellites, Whereabouts, parse_whereabouts

        settings = self.settings
        hears: list[Callable[[datetime], object]] = []
        where: Whereabouts = Fixed()
        if settings.position:
            place = parse_whereabouts(settings.position)
            if isinstance(place, Position):
                where = Fixed(place)
            else:
                where = self.stack.enter_context(Satellites(place, note, lambda at: [hear(at) for hear in hears]))
        fences = read_fences(settings.no_collect, settings.no_collect_within_m) if settings.no_collect else None
        if fences and not where.moves and where.now() is None:
            raise BadInput(
                "areas to keep out of need a place: give --position, or --lat and --lon", where="--no-collect"
            )
        collecting = Collecting(where, fences)
        if fences and not where.moves and not collecting.allowed():
            note("this reader stands where nothing may be collected; it collects nothing")
        return collecting, hears.append

    def _list(self, sent: Delivery | None) -> Callable[[str], bool] | None:
        """Which plates are on the user's lists; None where there is no list at all."""
        from plateward.reader.hotlist import own_list
        from plateward.reader.sieve import Sieve

        path = self.settings.own_list
        if path is None and sent is None and self.settings.profile != "home":
            return None
        sieve = sent.sieve if sent else Sieve(lambda *_: None, _now)
        if path is not None:
            sieve.own = own_list(path)
        return sieve.wanted_plate

    def _with_facing(self, source: Source) -> Source:
        from dataclasses import replace

        return replace(source, facing=self.settings.facing, remove=self.given.remove_read)

    def _run(
        self,
        sources: list[Source],
        output: Output,
        collecting: Collecting,
        listed: Callable[[str], bool] | None,
        sent: Delivery | None,
    ) -> Run:
        from plateward.reader.passes import Options, Work
        from plateward.reader.run import Run
        from plateward.reader.sources import Kind

        settings = self.settings
        options = Options(
            settings.fps, settings.min_confidence, self.given.began, settings.region, self.given.duration,
            bool(sent) and settings.pictures, settings.blur,
        )  # fmt: skip
        second = self._second()
        shows = self._shown(sources, listed)
        work = Work(options, shows, second, collecting.allowed, sent.latest if sent else None)
        still, moving = self._readers({source.kind for source in sources}, second)
        now = sent.health.clock.now if sent else _now
        run = Run(still, moving, work, output.problem, output.note, now)
        if sent:
            sent.health.tally = run.tally
            sent.facing = {source.name: source.facing for source in sources if source.kind is not Kind.PICTURE}
        self.stack.enter_context(_stop_on_signal(run))
        return run

    def _readers(
        self, kinds: set[Any], second: SecondOpinion | None
    ) -> tuple[PictureReader, Callable[[], PictureReader]]:
        from plateward.reader.following import for_video
        from plateward.reader.second import DoubtingReader
        from plateward.reader.sources import Kind

        quick = self.settings.quick
        fast = self._open(careful=False) if kinds - {Kind.PICTURE} or quick else None
        still = self._open(careful=True) if kinds & {Kind.PICTURE, Kind.WATCHED} and not quick else fast
        assert still is not None or fast is not None
        one: Any = still or fast
        moving: Any = fast or still
        if second:
            one = DoubtingReader(one, second, self.settings.region)
        return one, for_video(moving)

    def _open(self, *, careful: bool) -> Any:
        from plateward.reader.engine import open_reader

        settings = self.settings
        return open_reader(threads=settings.threads, careful=careful, home=settings.region, engine=settings.engine)

    def _second(self) -> SecondOpinion | None:
        from plateward.reader.engine import open_reader
        from plateward.reader.second import SecondOpinion

        if not self.settings.second:
            return None
        return SecondOpinion(open_reader(threads=self.settings.threads, home=self.settings.region, engine="text"))

    def _shown(self, sources: list[Source], listed: Callable[[str], bool] | None) -> Any:
        out = self.given.show
        if out is None:
            return None
        from plateward.reader.live_view import LiveView
        from plateward.reader.show import Shown

        shown: Any
        if out.isdecimal():
            shown = LiveView(int(out), listed)
            note(f"what is seen: {shown.address}")
        else:
            shown = Shown(Path(out), sources, listed)
        self.stack.callback(shown.close)
        return shown


def _now() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


@contextmanager
def _stop_on_signal(run: Run) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) ends the run after the frame in hand and keeps what was seen; the second breaks off."""

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run.stop()

    try:
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: whoever runs us handles signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
