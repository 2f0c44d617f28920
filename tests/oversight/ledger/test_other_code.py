"""Our ledgers before code of other people: Go's own sumdb, by ``tools/ledger/check.sh``. Skipped where there is no Go."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ledger_world import SIGNER, LedgerWorld
from tests.oversight.ledger import corpus

CHECK = Path(__file__).resolve().parents[3] / "tools" / "ledger" / "check.sh"

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go toolchain here")


def judged(files: dict[str, bytes], folder: Path) -> subprocess.CompletedProcess[str]:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    command = [str(CHECK), str(folder), str(SIGNER.key)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


@pytest.mark.parametrize("size", [1, 257, 600])
def test_a_good_ledger_is_good_to_others_too(size: int, tmp_path: Path) -> None:
    done = judged(LedgerWorld().fill(size).files, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"ok: {size} entries")


def test_what_we_call_a_bad_ledger_is_bad_to_others_too(tmp_path: Path) -> None:
    bad = {
        "replaced": corpus.edited(8, corpus.entries_of(corpus.good())[9]),
        "taken out": corpus.edited(8, None),
        "a stranger's": corpus.resigned_by_a_stranger(),
        "leaf too": corpus.replaced_with_its_leaf(),
        "claims more": corpus.claims_more(),
    }
    for name, files in bad.items():
        done = judged(files, tmp_path / name.replace(" ", "-"))
        assert done.returncode == 1 and done.stderr.startswith("FAILED"), name
