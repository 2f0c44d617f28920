"""The verifier on good ledgers, and on every bad one of the corpus."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from plateward.core.errors import BadInput
from plateward.core.event import EventType, disclose
from plateward.formats.bodies import BodyRecord
from plateward.formats.checkpoint import parse_checkpoint
from plateward.formats.signed_note import NoteSigner
from plateward.formats.tiles import superseded
from plateward.oversight.ledger.compare import Snapshot
from plateward.oversight.ledger.report import Report
from plateward.oversight.ledger.verify import NAMES, Asked, verify_ledger
from tests.ledger_world import NOW, ORIGIN, SIGNER, DictSource, LedgerWorld
from tests.oversight.ledger.corpus import (
    CORPUS,
    OTHER_WITNESS,
    SEEN,
    WITNESS,
    Case,
    case,
    cosigned,
    erasure,
    forked,
    good,
    page,
    public,
    shorter,
    snapshot,
    succeeded,
)


def check(report: Report, number: int):  # type: ignore[no-untyped-def]
    (found,) = [check for check in report.checks if check.number == number]
    return found


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_a_good_ledger_of_any_size_verifies(size: int) -> None:
    world = LedgerWorld().fill(size)
    report = Case(world.files).report()
    assert report.ok, [check.sentence for check in report.checks if not check.ok]
    assert (report.size, report.root) == (size, world.sign().checkpoint.root)
    assert [check.number for check in report.checks] == [1, 2, 4, 5, 6, 7, 8]
    assert sum(report.events.values()) == size


def test_a_large_ledger_with_tiles_on_three_levels_verifies() -> None:
    world = LedgerWorld()
    world.event(EventType.LEDGER_STARTED)
    world.sealed *= 1
    for _ in range(66_000 // 600):
        world.sealed += good().sealed[1:]
    report = Case(world.publish(old=0).files).report()
    assert [check.number for check in report.checks if not check.ok] == [7], "only its hours repeat"
    assert "tile/2/000.p/1" in world.files


def test_everything_at_once_verifies_and_is_said_in_json() -> None:
    world = good()
    lines = [each.cosign(world.sign().checkpoint, SEEN) for each in (WITNESS, OTHER_WITNESS)]
    earlier = LedgerWorld()
    earlier.sealed = world.sealed[:333]
    earlier.publish(old=0)
    asked = {
        "witnesses": (WITNESS.key, OTHER_WITNESS.key),
        "previous": [snapshot(earlier), Snapshot("only its checkpoint", earlier.sign())],
        "receipts": [("one", world.receipt(1).encode()), ("two", world.receipt(599, whole=False).encode())],
        "bodies": world.bodies(),
    }
    report = Case(cosigned(world, *lines), asked).report()
    assert report.ok, [check.sentence for check in report.checks if not check.ok]
    assert [check.number for check in report.checks] == list(NAMES)
    data = json.loads(json.dumps(report.data()))
    assert data["ok"] is True
    assert (data["size"], data["root"]) == (600, world.sign().checkpoint.root.hex())
    assert all(set(check) >= {"number", "name", "ok", "sentence"} for check in data["checks"])
    assert data["witnesses"] == {"witness.example/w1": SEEN, "witness.example/w2": SEEN}
    assert data["bodies"]["whole"] == 600
    assert data["not_tried"] == []
    assert any("superuser" in sentence for sentence in data["cannot_prove"])


@pytest.mark.parametrize("name", CORPUS)
def test_a_bad_ledger_fails_exactly_where_it_is_bad(name: str) -> None:
    report = case(name).report()
    failed = {check.number for check in report.checks if not check.ok}
    assert failed == CORPUS[name][1], [check.sentence for check in report.checks if not check.ok]
    assert not report.ok


def test_the_page_of_bad_ledgers_is_current() -> None:
    written = Path(__file__).parents[3] / "docs" / "bad-ledgers.md"
    assert written.read_text("utf-8") == page(), "run: python -m tests.oversight.ledger.corpus > docs/bad-ledgers.md"


def test_a_fork_is_told_with_both_roots_the_size_and_the_first_entry_that_differs() -> None:
    sentence = check(case("it is a fork").report(), 9).sentence
    assert sentence.startswith("FORK: at size 600")
    for world in (good(), forked(400)):
        assert world.sign().checkpoint.root.hex() in sentence
    assert "entry 400 is the first that differs" in sentence
    assert "Both are signed" in sentence


def test_a_rollback_says_how_many_entries_are_gone() -> None:
    assert "the last 100 are gone" in check(case("it was rolled back").report(), 9).sentence


def test_a_fork_found_between_two_peoples_copies_of_different_days() -> None:
    """The auditor's copy is older and shorter than the journalist's; neither has all of the other's entries."""
    auditor, journalist = LedgerWorld(), forked(300)
    auditor.sealed = good().sealed[:450]
    auditor.publish(old=0)
    told = check(Case(journalist.files, {"previous": [snapshot(auditor, "the auditor's copy")]}).report(), 9)
    assert not told.ok
    assert "at size 450 the auditor's copy has root" in told.sentence
    assert "entry 300 is the first that differs" in told.sentence


def test_a_damaged_earlier_copy_accuses_nobody_but_its_checkpoint_still_counts() -> None:
    earlier = snapshot(good())
    assert isinstance(earlier.source, DictSource)
    earlier.source.files = earlier.source.files | {"tile/0/001": bytes(8192)}
    told = check(Case(forked(400).files, {"previous": [earlier]}).report(), 9)
    assert "FORK: at size 600" in told.sentence
    assert "first that differs" not in told.sentence


def test_a_partial_tile_that_was_deleted_when_the_full_one_came_is_no_fault() -> None:
    world = good()
    old = world.files["checkpoint"]
    while world.size < 800:
        world.event(EventType.PURGE_DONE)
    world.publish()
    for tile in superseded(600, 800):
        del world.files[tile.path]
    assert Case(world.files | {"checkpoint": old}).report().ok, "a copy taken while the log grew"


def test_without_a_given_key_it_is_said_where_the_key_came_from() -> None:
    report = Case(good().files, {"key": None}).report()
    assert report.ok
    assert report.data()["key_from"] == "the ledger itself"
    assert "compare it with one you trust" in check(report, 2).sentence
    assert any("Whose ledger" in sentence for sentence in report.not_tried)


def test_a_quorum_of_witnesses_is_enough_when_it_was_asked_for() -> None:
    files = cosigned(good(), WITNESS.cosign(good().sign().checkpoint, SEEN))
    both = (WITNESS.key, OTHER_WITNESS.key)
    assert not Case(files, {"witnesses": both}).report().ok
    assert Case(files, {"witnesses": both, "quorum": 1}).report().ok
    with pytest.raises(BadInput, match="quorum"):
        Case(files, {"witnesses": both, "quorum": 3}).report()


def test_a_key_of_the_wrong_kind_is_the_callers_mistake() -> None:
    with pytest.raises(BadInput, match="--key"):
        Case(good().files, {"key": WITNESS.key}).report()
    with pytest.raises(BadInput, match="--witness"):
        Case(good().files, {"witnesses": (SIGNER.key,)}).report()
    with pytest.raises(BadInput, match="no ledger"):
        verify_ledger(DictSource({}), Asked(NOW))


def test_erased_bodies_are_counted_and_an_early_one_is_named_even_when_it_was_open() -> None:
    told = erasure(announced=True).report()
    assert told.ok
    assert "entry 9 (named by entry 50)" in check(told, 12).sentence
    hidden = check(erasure(announced=False).report(), 12)
    assert (
        "the body of entry 9 was erased on 2026-11-21, before its time, and no event says so" in hidden.sentence.lower()
    )


def test_a_body_erased_when_its_time_was_over_is_no_finding_and_one_kept_longer_is_counted() -> None:
    world = good()
    later = NOW + timedelta(days=6 * 365)
    bodies = world.bodies()
    bodies[8] = BodyRecord(8, erased_at=later - timedelta(days=1))
    bodies[9] = BodyRecord(9, disclosure=disclose(world.sealed[9].body, world.sealed[9].salt))
    report = Case(world.files, {"bodies": bodies[:20], "now": later}).report()
    assert report.ok
    assert (report.bodies["erased"], report.bodies["open_part"], report.bodies["not_shown"]) == (1, 1, 580)
    assert report.bodies["kept_beyond_time"] > 0


def test_an_erasure_announced_by_a_body_that_is_itself_a_lie_announces_nothing() -> None:
    made = erasure(announced=True)
    bodies = list(made.asked["bodies"])
    liar = LedgerWorld().fill(50)
    liar.event(EventType.ERASURE_DONE, early=True, indexes=["9", "10"], count=2)
    bodies[50] = BodyRecord(50, liar.sealed[50].body, liar.sealed[50].salt)
    bodies[10] = BodyRecord(10, erased_at=NOW)
    report = Case(made.files, {"bodies": bodies}).report()
    assert not check(report, 11).ok
    assert not check(report, 12).ok


def test_a_successor_openly_says_what_a_restore_lost() -> None:
    old = good()
    head = old.sign().checkpoint
    signer = NoteSigner.from_seed("ridgeport.example/ledger/2", b"\x11" * 32)
    new = LedgerWorld(signer).fill(
        20, EventType.LEDGER_SUCCEEDED, origin=head.origin, size=600, root=head.root.hex(), restored_size=590,
        checkpoint=old.files["checkpoint"].decode(),
    )  # fmt: skip
    asked = {"key": signer.key, "previous": [snapshot(old)], "bodies": new.bodies()}
    report = Case(new.files, asked).report()
    assert report.ok
    assert "the restore lost 10 entries" in check(report, 9).sentence
    longer = good()
    longer.event(EventType.ACCESS_SEARCH)
    hidden = Case(new.files, asked | {"previous": [snapshot(longer.publish())]}).report()
    assert "succeeds it only from 600" in check(hidden, 9).sentence
    other = Case(new.files, asked | {"previous": [snapshot(forked(400))]}).report()
    assert "FORK" in check(other, 9).sentence


def test_a_checkpoint_that_lists_thousands_of_damages_is_not_read_for_ever() -> None:
    asked: list[str] = []

    class Counting(DictSource):
        def fetch(self, path: str, limit: int) -> bytes | None:
            asked.append(path)
            return super().fetch(path, limit)

    made = case("the checkpoint claims a number without end")
    report = verify_ledger(Counting(made.files), Asked(NOW, SIGNER.key))
    assert not report.ok
    assert len(asked) < 1000


def test_the_verifier_accepts_what_an_older_checkpoint_of_a_grown_ledger_says() -> None:
    world = good()
    old = parse_checkpoint(world.files["checkpoint"])
    while world.size < 1000:
        world.event(EventType.ACCESS_READ)
    world.publish()
    assert Case(world.files, {"previous": [Snapshot("yesterday", old)]}).report().ok


def test_what_an_honest_keeper_lays_beside_its_ledger_passes() -> None:
    world = good()
    world.event(EventType.ERASURE_DONE, early=True, indexes=["9"], count=1)
    world.event(EventType.FEED_COUNTED)
    report = public(world.publish(), world.public_bodies(), key=None).report()
    assert report.ok, [each.sentence for each in report.checks if not each.ok]
    assert report.bodies["open_part"] == 3


def test_a_copy_from_before_the_restore_is_held_against_the_ledger_kept_under_before() -> None:
    new, asked = succeeded(good())
    report = Case(new.files, asked | {"previous": [snapshot(shorter(450), "my copy")]}).report()
    assert report.ok, [each.sentence for each in report.checks if not each.ok]
    assert "the restore lost 10 entries" in check(report, 9).sentence
    assert "the first 450 of 600 entries are those of my copy" in check(report, 9).sentence


def test_a_copy_from_before_two_restores_is_followed_through_both() -> None:
    first, _ = succeeded(good())
    second = first.sign().checkpoint
    signer = NoteSigner.from_seed(f"{ORIGIN}/3", b"\x11" * 32)
    third = LedgerWorld(signer).fill(
        5, EventType.LEDGER_SUCCEEDED, origin=second.origin, size=20, root=second.root.hex(), restored_size=20,
        checkpoint=first.files["checkpoint"].decode(),
    )  # fmt: skip
    kept = {path: data for path, data in first.files.items() if not path.startswith("before/")}
    kept["bodies.jsonl"] = b"".join(record.encode() for record in first.public_bodies())
    third.files |= {f"before/2/{path}": data for path, data in kept.items()}
    third.files |= {path: data for path, data in first.files.items() if path.startswith("before/1/")}
    asked = {"key": signer.key, "bodies": third.bodies(), "previous": [snapshot(shorter(450), "my copy")]}
    told = check(Case(third.files, asked).report(), 9)
    assert told.ok, told.sentence
    assert "the first 450 of 600 entries are those of my copy" in told.sentence
    asked["previous"] = [snapshot(forked(400), "my copy")]
    assert "FORK" in check(Case(third.files, asked).report(), 9).sentence


def test_ledgers_that_name_one_another_as_their_predecessors_are_not_followed_in_a_circle() -> None:
    signer = NoteSigner.from_seed(f"{ORIGIN}/2", b"\x11" * 32)
    head = good().sign().checkpoint
    circle = LedgerWorld(signer).fill(
        3, EventType.LEDGER_SUCCEEDED, origin=f"{ORIGIN}/2", size=3, root=head.root.hex(), restored_size=3, checkpoint="",
    )  # fmt: skip
    kept = dict(circle.files) | {"bodies.jsonl": b"".join(record.encode() for record in circle.public_bodies())}
    circle.files |= {f"before/1/{path}": data for path, data in kept.items()}
    asked = {"key": signer.key, "bodies": circle.bodies(), "previous": [snapshot(shorter(450), "my copy")]}
    told = check(Case(circle.files, asked).report(), 9)
    assert not told.ok
    assert "cannot have that name" in told.sentence


def test_it_says_how_old_the_newest_entry_is() -> None:
    """A keeper that holds back what is new can only show an old ledger."""
    report = Case(good().files, {"now": NOW + timedelta(days=30)}).report()
    assert "the newest is 344 days old" in check(report, 7).sentence


def test_a_receipt_of_the_ledger_before_is_told_from_a_false_one() -> None:
    new, asked = succeeded(good())
    given = {**asked, "receipts": [("mine", good().receipt(450).encode())]}
    told = check(Case(new.files, given).report(), 10).sentence
    assert "it is of the ledger 'ridgeport.example/ledger'" in told
