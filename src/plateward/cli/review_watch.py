"""The folder of ``plateward review watch``: which exports are new, and the file that remembers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from plateward.cli.review_files import Packs, day_of, digest, read_bytes, read_lists
from plateward.core.errors import BadInput
from plateward.core.promise import Promise
from plateward.oversight.review.findings import Document, Reviewer, promises_for
from plateward.oversight.review.parties import Parties
from plateward.oversight.review.watch import Watched, dump, load, take

MEMORY = "plateward-watch.json"
_SUFFIXES = frozenset({".pdf", ".csv", ".tsv", ".xlsx", ".txt", ".html", ".htm", ".json"})


def run_watch(
    folder: Path, owner: str, packs: Packs, own: tuple[Promise, ...], corrections: Mapping[str, str], today: date
) -> tuple[Watched, int, list[str]]:
    """Judge the exports of ``folder`` that were not judged yet, in the order of their days, and remember them.

    Returns what is remembered, how many were new, and what could not be judged. The memory is replaced in one step, so that a crash
    leaves the old one.
    """
    if not folder.is_dir():
        raise BadInput("this is no folder", where=str(folder))
    memory = folder / MEMORY
    agency = Parties(today, corrections).owner(owner)
    watched = load(memory.read_bytes(), str(memory)) if memory.exists() else Watched(agency.id)
    if watched.agency != agency.id:
        raise BadInput(f"the folder is watched for {watched.agency}, not for {agency.id}", where=str(memory))
    problems: list[str] = []
    new = []
    known = {seen.sha256 for seen in watched.seen}
    for file in sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.name != MEMORY):
        try:
            data = read_bytes(file)
            if digest(data) in known:
                continue
            new += [(day_of(source, file)[0], file, data, source) for source in read_lists(data, file, None, [])]
        except BadInput as error:
            problems.append(str(error))
    for day, file, data, source in sorted(new, key=lambda item: (item[0], item[1].name)):
        parties = Parties(day, corrections)
        mine = parties.find(source.owner).id if source.owner else None
        if mine is not None and mine != agency.id:
            problems.append(f"{file.name}: it is the list of {source.owner}, not of {agency.name}")
            continue
        reviewer = Reviewer(agency, day, parties, promises_for(agency, packs, own))
        take(
            watched,
            reviewer.review(source, Document(file.name, digest(data), source.format, source.dated)),
            source,
            parties,
        )
    _replace(memory, dump(watched))
    return watched, len(new), problems


def _replace(memory: Path, data: bytes) -> None:
    beside = memory.with_suffix(".json.new")
    try:
        with beside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(memory)
    except OSError as error:
        raise BadInput(f"the memory of the watch cannot be written: {error.strerror}", where=str(memory)) from None
