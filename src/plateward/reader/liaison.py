"""What the reader and its node tell each other besides reads: terms, the hot list, heartbeats, masked frames.

What the node said last lies beside the spool, so that a reader that begins without a link knows its terms and its list, until
that is too old. Trouble here never stops reading or delivery.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from plateward.core.delivery import FRAME, HEALTH, Keep
from plateward.core.errors import BadInput
from plateward.reader.health import Health, shown_name
from plateward.reader.hotlist import hotlist_of, read_json, write_json
from plateward.reader.link import NodeLink, NotKnown, NotOffered, Unreachable
from plateward.reader.passes import Latest
from plateward.reader.privacy import masked_frame
from plateward.reader.sieve import Sieve, Terms
from plateward.reader.spool import Spool

TERMS_S, LIST_S, BEAT_S, FRAMES_S = 300.0, 60.0, 60.0, 60.0
TICK_S, REST_S = 1.0, 15.0


@dataclass(slots=True)
class Liaison:
    """Keeps in touch with the node, in a thread. ``folder``: where what it said lies. ``send_frames``: whether frames are told."""

    link: NodeLink
    spool: Spool
    sieve: Sieve
    health: Health
    note: Callable[[str], None]
    latest: dict[str, Latest] | None = None
    _due: dict[str, float] = field(default_factory=dict)
    _areas_told: bool = False
    _troubled: bool = False
    _unknown: bool = False
    _rest_until: float = 0.0
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Liaison:
        self.remember()
        self.touch()
        self._thread = threading.Thread(target=self._run, name="liaison", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._thread:
            self._thread.join(5)
        # The last word of a run, so that what a short one did is told as well.
        if self._quietly(self._beat) and self.latest:
            self._quietly(self._frames)

    def remember(self) -> None:
        """Take up what the node said last."""
        terms, hotlist = (read_json(self._file(name)) for name in ("terms", "hotlist"))
        try:
            if terms:
                self.sieve.learn(terms_of(terms))
            if hotlist:
                self.sieve.take_list(hotlist_of(hotlist, self.health.clock.now()))
        except (ValueError, BadInput):
            self.note("what the node said last cannot be read any more; it is asked anew")

    def touch(self) -> None:
        """Do everything that is due. While the node cannot be reached, nothing else is tried for a while."""
        for waited in self.health.clock.placed():  # reads of before the time was known
            self.sieve.add(waited)
        for name, every, task in (
            ("terms", TERMS_S, self._terms),
            ("hotlist", LIST_S, self._hotlist),
            ("beat", BEAT_S, self._beat),
            ("frames", FRAMES_S, self._frames),
        ):
            now = time.monotonic()
            if now < max(self._due.get(name, 0.0), self._rest_until):
                continue
            self._due[name] = now + every
            if not self._quietly(task):
                self._due[name] = 0.0
                self._rest_until = time.monotonic() + REST_S
                return

    def _run(self) -> None:
        while not self._stopped.wait(TICK_S):
            self.sieve.forget()
            self.touch()

    def _quietly(self, task: Callable[[], None]) -> bool:
        """Do one task; False when the node could not be reached. The first of several such troubles is told."""
        try:
            task()
            self._troubled = False
        except NotOffered:
            return True  # delivery says so
        except NotKnown as unknown:
            if not self._unknown:  # where every read is dropped here, delivery never speaks with the node
                self._unknown = True
                self.note(f"the node takes nothing from this reader: {unknown}")
        except Unreachable as trouble:
            if not self._troubled:
                self._troubled = True
                self.note(f"no talk with the node: {trouble}")
            return False
        except (ValueError, OSError) as trouble:
            self.note(f"the talk with the node: {trouble}")
        return True

    def _terms(self) -> None:
        self.link.enrol()
        said = self.link.ask("/api/v1/readers/self")
        if said is None:
            return
        terms = terms_of(said)
        off = self.health.clock.told(datetime.fromisoformat(said["now"]))
        if off:
            self.note(f"nothing sets this clock; it was {off.total_seconds():+.0f} s off the node's, which counts now")
        before = self.sieve.keep
        if self.sieve.learn(terms) or before != self.sieve.keep:
            self.note(f"the node says: keep {self.sieve.keep}")
        if not self.sieve.keep.everything:
            self.spool.forget(None, all_but_hits=True)
        if terms.kept_minutes is not None:
            self.spool.forget(self.health.clock.now() - timedelta(minutes=terms.kept_minutes))
        if terms.areas and self.health.collecting.fences is None and not self._areas_told:
            self._areas_told = True
            self.note(
                f"a rule in force names places where nothing is collected ({', '.join(terms.areas)}); give --no-collect"
            )
        write_json(self._file("terms"), said)

    def _hotlist(self) -> None:
        if self.sieve.keep.everything:
            return
        held = self.sieve.list
        said = self.link.ask("/api/v1/readers/hotlist", held.etag if held else "")
        if said is not None:
            self.sieve.take_list(hotlist_of(said, self.health.clock.now()))
            write_json(self._file("hotlist"), said)

    def _beat(self) -> None:
        body = msgspec.json.encode(self.health.beat())
        self.link.tell("/api/v1/readers/self/health", body, "application/json", self.spool, HEALTH)

    def _frames(self) -> None:
        for name, latest in list((self.latest or {}).items()):
            if latest.frame is None:
                continue
            jpeg = masked_frame(latest.frame.colour(), latest.boxes)
            if jpeg is not None:
                camera = shown_name(name)
                path = f"/api/v1/readers/self/frame?camera={_quoted(camera)}"
                self.link.tell(path, jpeg, "image/jpeg", self.spool, f"{FRAME} {camera}")

    def _file(self, name: str) -> Path:
        return self.spool.path.with_name(f"{self.spool.path.name}.{name}.json")


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def terms_of(said: Mapping[str, Any]) -> Terms:
    """The terms in a node's answer. Raises BadInput or ValueError where it is none."""
    try:
        areas = list(said.get("no_collect", ()))
        figures = [area["within_m"] for area in areas if area["within_m"]]
        kept = said["kept_minutes"]
        return Terms(
            Keep.parse(said["keep"]), Keep.parse(said["most"]), None if kept is None else int(kept),
            tuple(str(place) for area in areas for place in area["places"]), max(figures, default=None),
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the node's answer holds no terms ({error})") from None
