"""``plateward agencies`` as people and scripts use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plateward.cli.main import run


def test_resolve_prints_a_line_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["agencies", "resolve", "--json", "Homeland Security Investigations, Bulk Cash Smuggling Center", "LA PD"])
        == 0
    )
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["agency"] == "us-dhs-ice-hsi-bcsc"
    assert first["chain"] == ["us-dhs-ice-hsi-bcsc", "us-dhs-ice-hsi", "us-dhs-ice", "us-dhs"]
    assert first["components"] == ["federal", "immigration-enforcement"]
    assert first["status"] == "resolved"
    assert all(set(source) == {"title", "date", "link"} for source in first["sources"])
    assert second["agency"] is None
    assert second["status"] == "ambiguous"
    assert second["components"] == ["unknown"]


def test_resolve_says_the_chain_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agencies", "resolve", "CBP - NTC"]) == 0
    out = capsys.readouterr().out
    assert (
        "National Targeting Center, part of Customs and Border Protection, part of Department of Homeland Security"
        in out
    )
    assert "source:" in out


def test_resolve_reads_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, table = tmp_path / "names.txt", tmp_path / "names.csv"
    plain.write_text("El Cajon CA PD\n\nHSI\n", encoding="utf-8")
    table.write_text(
        '"Homeland Security Investigations, Bulk Cash Smuggling Center",x\nFayetteville Police Department,y\n',
        encoding="utf-8",
    )
    assert run(["agencies", "resolve", "--file", str(plain), "--json"]) == 0
    assert [json.loads(line)["agency"] for line in capsys.readouterr().out.splitlines()] == [
        "us-ca-el-cajon-pd",
        "us-dhs-ice-hsi",
    ]
    assert run(["agencies", "resolve", "--file", str(table), "--state", "GA", "--json"]) == 0
    found = [json.loads(line)["agency"] for line in capsys.readouterr().out.splitlines()]
    assert found == ["us-dhs-ice-hsi-bcsc", "us-ga-fayetteville-pd"]


def test_show_takes_an_id_or_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agencies", "show", "El Cajon Police Department, CA", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "us-ca-el-cajon-pd"
    assert run(["agencies", "show", "us-dhs-ice"]) == 0
    out = capsys.readouterr().out
    assert "has the part us-dhs-ice-hsi" in out
    assert "is-a immigration-enforcement" in out


def test_show_of_nobody_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agencies", "show", "Nobody Knows Whom"]) == 1
    assert "unknown" in capsys.readouterr().out


def test_search_by_word_component_and_state(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agencies", "search", "sheriff", "--state", "fl", "--component", "287g", "--limit", "3", "--json"]) == 0
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert len(lines) == 3
    assert {line["state"] for line in lines} == {"FL"}
    assert "more" in captured.err


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["resolve"], "at least one name"),
        (["resolve", "HSI", "--state", "ZZ"], "--state"),
        (["resolve", "--file", "/nowhere/names.txt"], "/nowhere/names.txt"),
        (["search", "police", "--limit", "0"], "--limit"),
        (["search", "police", "--component", "nonsense"], "nonsense"),
    ],
)
def test_bad_input_says_what_and_where(argv: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agencies", *argv]) == 2
    assert says in capsys.readouterr().err


def test_a_list_that_is_no_text_or_empty_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken, empty = tmp_path / "b.txt", tmp_path / "e.txt"
    broken.write_bytes(b"\xff\xfe\x00\xd8")
    empty.write_text("\n\n", encoding="utf-8")
    assert run(["agencies", "resolve", "--file", str(broken)]) == 2
    assert "UTF-8" in capsys.readouterr().err
    assert run(["agencies", "resolve", "--file", str(empty)]) == 2
    assert "no names" in capsys.readouterr().err
