"""The bench makes its log, audits it and tells both figures beside their baselines."""

from __future__ import annotations

from plateward.bench.review import review_figures


def test_a_small_log_is_measured_beside_its_baseline() -> None:
    said: list[str] = []
    seconds, memory = review_figures(said.append, 2000)
    assert seconds.value > 0 and seconds.baseline and "2,000 rows" in seconds.note
    assert memory.unit == "MiB" and len(said) == 3
