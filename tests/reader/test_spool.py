"""The spool: what was put in is there after a restart, bounded, and damage does not stop the reader."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from plateward.core.errors import Fault
from plateward.reader.spool import Spool


def item(number: int) -> dict[str, object]:
    return {"id": f"id-{number:05}", "plate": f"P{number:05}", "read_at": "2026-01-12T08:30:00+00:00"}


def test_reads_are_there_after_the_process_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    program = f"""
        import os, signal
        from pathlib import Path
        from plateward.reader.spool import Spool
        spool = Spool(Path({str(path)!r}))
        for n in range(20):
            spool.add({{"id": f"id-{{n}}", "plate": "A1"}}, b"picture")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False).returncode == -9
    spool = Spool(path)
    assert spool.waiting() == 20
    assert spool.oldest(1, 10**6)[0].picture == b"picture"
    spool.close()


def test_the_same_read_waits_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    assert spool.add(item(1), None)
    assert not spool.add(item(1), b"x")
    assert spool.waiting() == 1
    spool.close()


def test_batches_are_oldest_first_and_bounded_in_number_and_bytes(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    for n in range(10):
        spool.add(item(n), bytes(100_000))
    assert [w.id for w in spool.oldest(3, 10**9)] == ["id-00000", "id-00001", "id-00002"]
    assert len(spool.oldest(10, 250_000)) == 2
    assert len(spool.oldest(10, 1)) == 1
    spool.done(["id-00000"])
    assert spool.oldest(1, 1)[0].id == "id-00001"
    spool.close()


def test_when_it_is_full_the_oldest_pictures_go_first_and_reads_last_and_both_are_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite", limit_bytes=3_000_000)
    for n in range(80):
        spool.add(item(n), bytes(50_000))
    assert spool.waiting() == 80
    assert spool.dropped()["pictures"] > 0
    assert "reads" not in spool.dropped()
    assert spool.oldest(1, 1)[0].picture is None
    newest = spool.oldest(80, 10**9)[-1]
    assert newest.id == "id-00079"
    assert newest.picture is not None
    spool.close()
    small = Spool(tmp_path / "small.sqlite", limit_bytes=200_000)
    for n in range(600):
        small.add(item(n) | {"plate_raw": "x" * 200}, None)
    assert small.dropped()["reads"] > 0
    assert small.oldest(10_000, 10**9)[-1].id == "id-00599"
    small.close()


def test_a_damaged_spool_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"this was never a spool" * 400)
    spool = Spool(path)
    assert spool.set_aside is not None
    assert spool.set_aside.read_bytes().startswith(b"this was never")
    assert spool.add(item(1), None)
    spool.close()


def test_a_place_that_cannot_be_written_is_a_fault_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Fault, match="--spool"):
        Spool(tmp_path / "file" / "s.sqlite")


def test_a_refused_read_is_kept_apart_with_the_reason(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    spool.add(item(1), None)
    spool.refuse("id-00001", "plate", "too long")
    assert spool.waiting() == 0
    assert spool.refused() == [("id-00001", "plate", "too long")]
    spool.close()
