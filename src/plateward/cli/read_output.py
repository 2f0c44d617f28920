"""Where the reads of ``plateward read`` go: lines of JSON as they come, or a table at the end; and to the node."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from plateward.core.errors import BadInput, Fault
from plateward.core.plate import mask

if TYPE_CHECKING:
    from plateward.cli.read_delivery import Delivery
    from plateward.reader.fences import Collecting
    from plateward.reader.run import Tally
    from plateward.reader.sighting import Sighting

HOME_WORDS = (
    "at home: plates that are not on your list are masked and nothing of them is kept. The law binds you too: in California "
    "whoever runs a plate reader must guard its data and have a public policy (Civil Code 1798.90.51), in Europe a camera "
    "that sees the street falls under the GDPR; see docs/home.md."
)


def note(sentence: str) -> None:
    """Tell whoever runs this something, beside what is printed."""
    print(f"plateward read: {sentence}", file=sys.stderr, flush=True)


class Output:
    """Takes the reads. ``listed``: at home, which plates may be printed; None for all."""

    def __init__(self, json_: bool, delivery: Delivery | None, listed: Callable[[str], bool] | None = None) -> None:
        self._json = json_
        self.delivery = delivery
        self._listed = listed
        self._rows: list[tuple[str, ...]] = []

    def sighting(self, sighting: Sighting) -> None:
        """Print a read and hand it to the delivery."""
        if self.delivery:
            self.delivery.add(sighting)
        if self._listed is not None and not self._listed(sighting.plate):
            sighting = _masked(sighting)
        if self._json:
            from plateward.reader.sighting import as_json

            print(json.dumps(as_json(sighting), ensure_ascii=False), flush=True)
        elif "://" in sighting.source or not sys.stdout.isatty():
            print("  ".join(_cells(sighting)), flush=True)
        else:
            self._rows.append(_cells(sighting))

    def problem(self, problem: BadInput) -> None:
        """Tell of a source that cannot be read."""
        note(str(problem))

    def note(self, sentence: str) -> None:
        """Tell something."""
        note(sentence)

    def end(self, tally: Tally | None, collecting: Collecting | None = None) -> None:
        """Print the table and the last lines, and see the delivery through. Raises Fault when reads still wait."""
        if self._rows:
            table = Table("source", "at", "plate", "confidence", "region", "box", "motion")
            for row in self._rows:
                table.add_row(*row)
            Console(highlight=False).print(table)
        if tally:
            note(_summary(tally))
        if collecting and collecting.times:
            note(
                f"where nothing may be collected: {collecting.times} times, {collecting.seconds:.0f} s; nothing was looked at"
            )
        if self.delivery:
            self._settle(self.delivery)

    def _settle(self, delivery: Delivery) -> None:
        from plateward.reader.deliver import settle_delivery

        kept, keep = delivery.sieve.counts, delivery.sieve.keep
        if kept.dropped or kept.held:
            why = {"none": "; there is no hot list", "stale": "; the hot list is too old"}.get(
                delivery.sieve.list_state, ""
            )
            more = "--keep all sends every read, where the node's retention permits" if self._listed is None else ""
            forgotten = f"{kept.dropped + kept.held} reads matched no hot list and were forgotten{why}."
            note(f"keep {keep}: {kept.hits} hits; {forgotten} {more}".rstrip())
        dropped = {what: count for what, count in delivery.spool.dropped().items() if what in ("pictures", "reads")}
        if dropped:
            note(
                "the spool ran full: "
                + ", ".join(f"{count} {what}" for what, count in sorted(dropped.items()))
                + " were dropped, ever"
            )
        said = settle_delivery(delivery.courier, delivery.spool, delivery.wait_s)
        note(
            f"the node has them: {said.accepted} accepted, {said.duplicates} known already, {said.expired} expired, "
            f"{said.quarantined} quarantined, {said.rejected} refused"
            + (f", {said.not_kept} not kept: they are on no list of the household" if said.not_kept else "")
        )
        if said.expired:
            note(
                "expired: by their own date these were made longer ago than the node keeps reads. To try it with a picture all the "
                "same: --started-at now"
            )
        if said.rejected:
            raise Fault(
                f"The node refused {said.rejected} reads.",
                next_step=f"They are kept in {delivery.spool.path} with the reasons.",
            )


def _masked(sighting: Sighting) -> Sighting:
    from dataclasses import replace

    hidden = mask(sighting.plate)
    return replace(sighting, plate=hidden, plate_raw=hidden, candidates=(), picture=None)


def _cells(sighting: Sighting) -> tuple[str, ...]:
    at = (
        f"{sighting.time_s:.1f} s"
        if sighting.motion or sighting.frame
        else sighting.read_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    )
    box = "{},{} {}x{}".format(*sighting.box)
    return (
        sighting.source,
        at,
        sighting.plate,
        f"{sighting.confidence:.2f}",
        sighting.region or "-",
        box,
        sighting.motion or "-",
    )


def _summary(tally: Tally) -> str:
    c = tally.counts
    words = f"{tally.reads} reads from {tally.sources} sources"
    if c.decoded:
        words += f"; {c.decoded} frames: {c.searched} searched, {c.unchanged} unchanged, {c.skipped} skipped"
    if c.barred or tally.barred:
        words += f", {c.barred + tally.barred} not looked at"
    if c.unreadable:
        words += f", {c.unreadable} packets unreadable"
    if c.reconnects:
        words += f", {c.reconnects} reconnects"
    if tally.problems:
        words += f"; {len(tally.problems)} sources could not be read"
    return words
