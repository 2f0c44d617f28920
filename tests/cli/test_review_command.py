"""``plateward review`` from the outside: documents, exit statuses, messages."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from plateward.cli.main import run
from tests.formats.sharing.report_maker import Layout, Report

OWNER = "El Cajon Police Department, CA"
LOG = "Name,Org Name,Total Networks Searched,License Plate,Reason,Case #,Search Time\n" + "".join(
    f'J. Doe,Elm CA PD,{i},8ABC123,inv,,"11/{i:02d}/2025, 09:53:36 AM UTC"\n' for i in range(1, 15)
)


@pytest.fixture
def names(tmp_path: Path) -> Path:
    file = tmp_path / "list.txt"
    file.write_text("CBP - NTC\nAnaheim CA PD\nBlue Unit Zeta\n", encoding="utf-8")
    return file


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_sharing_finds_and_exits_with_1(names: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["review", "sharing", str(names), "--for", OWNER, "--pack", "us-ca-sb34", "--json"]) == 1
    document = said(capsys)
    entries = document["entries"]
    assert isinstance(entries, list)
    assert [bool(e["findings"]) for e in entries] == [True, False, False]
    assert document["agency"] == "us-ca-el-cajon-pd"


def test_sharing_finds_nothing_and_exits_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "list.txt"
    file.write_text("Anaheim CA PD\n", encoding="utf-8")
    assert run(["review", "sharing", str(file), "--for", OWNER]) == 0
    assert "1 entries, 0 with findings" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["sharing", "missing.txt", "--for", OWNER], "missing.txt"),
        (["sharing"], "at least one file"),
        (["sharing", "{list}"], "--for"),
        (["sharing", "{list}", "--for", OWNER, "--pack", "us-xx"], "no rule pack"),
        (["sharing", "{list}", "--for", OWNER, "--on", "yesterday"], "2026-01-31"),
        (["sharing", "{list}", "--for", OWNER, "--format", "runes"], "no format"),
        (["sharing", "{list}", "--for", OWNER, "--promise", "{list}"], "TOML"),
        (["searches", "{list}"], "no search log's"),
        (["compare", "{list}"], "at least two"),
        (["watch", "{list}", "--for", OWNER], "no folder"),
        (["templates", "policy"], "--state"),
    ],
)
def test_bad_input_exits_with_2_and_says_what_to_mend(
    args: list[str], says: str, names: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["review", *(a.format(list=names) for a in args)]) == 2
    assert says in capsys.readouterr().err


def test_pages_letters_and_tables_are_written(names: Path, tmp_path: Path) -> None:
    out = {kind: tmp_path / f"out.{kind}" for kind in ("html", "csv", "letter", "unknown")}
    args = [part for kind, file in out.items() for part in (f"--{kind}", str(file))]
    assert run(["review", "sharing", str(names), "--for", OWNER, *args]) == 1
    assert all(file.stat().st_size > 100 for file in out.values())
    assert "Blue Unit Zeta" in out["unknown"].read_text(encoding="utf-8")
    assert all(out[kind].read_bytes().startswith(b"\xef\xbb\xbf") for kind in ("csv", "unknown")), "Excel shows “ and ’"
    assert run(["review", "sharing", str(names), "--for", OWNER, "--corrections", str(out["unknown"])]) == 1


def test_a_report_in_pdf_from_file_to_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("El Cajon Police Department", Layout())
    report.section("shared", [("CBP - NTC",), ("Anaheim Police Department (CA)",)])
    file = tmp_path / "report.pdf"
    file.write_bytes(report.pdf())
    assert run(["review", "sharing", str(file), "--for", OWNER, "--json", "--html", str(tmp_path / "r.html")]) == 1
    assert "2020-03-02" in capsys.readouterr().out


def test_searches_masks_names_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "log.csv"
    file.write_text(LOG, encoding="utf-8")
    assert (
        run(
            [
                "review",
                "searches",
                str(file),
                "--json",
                "--html",
                str(tmp_path / "s.html"),
                "--csv",
                str(tmp_path / "s.csv"),
            ]
        )
        == 1
    )
    text = capsys.readouterr().out
    document = json.loads(text)
    assert document["rows"] == 14
    patterns = {f["pattern"]: f for f in document["findings"]}
    assert patterns["same-plate-again"]["rows"] == list(range(2, 16))
    for held in (text, *((tmp_path / name).read_text(encoding="utf-8") for name in ("s.html", "s.csv"))):
        assert "J. Doe" not in held and "8ABC123" not in held


def test_watching_a_folder_until_an_export_proves_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "list-2025-01-01.csv", tmp_path / "list-2025-02-01.csv"
    first.write_text("Agency\nCBP - NTC\nAnaheim CA PD\n", encoding="utf-8")
    (tmp_path / "broken-2025-01-15.pdf").write_bytes(b"%PDF-1.4\n")
    args = ["review", "watch", str(tmp_path), "--for", OWNER, "--json"]
    assert run(args) == 1
    document = said(capsys)
    assert document["summary"] == {"exports": 1, "new": 1, "open": 1, "closed": 0}
    assert any("broken" in str(problem) for problem in document["problems"])  # type: ignore[attr-defined]
    assert run(args) == 1
    assert said(capsys)["summary"]["new"] == 0  # type: ignore[index]
    second.write_text("Agency\nAnaheim CA PD\n", encoding="utf-8")
    assert run(args) == 0
    assert said(capsys)["summary"] == {"exports": 2, "new": 1, "open": 0, "closed": 1}


def test_compare_and_portal_and_templates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "a-2025-01-01.txt", tmp_path / "a-2025-02-01.txt"
    one.write_text("Anaheim CA PD\nOak CA PD\n", encoding="utf-8")
    two.write_text("Anaheim CA PD\nCBP - NTC\n", encoding="utf-8")
    assert run(["review", "compare", str(two), str(one), "--json", "--csv", str(tmp_path / "c.csv")]) == 1
    assert said(capsys)["summary"] == {"added": 1, "removed": 1}
    assert "added,CBP - NTC,,outbound,detections,2025-01-01,2025-02-01" in (tmp_path / "c.csv").read_text("utf-8-sig")
    page = tmp_path / "portal.json"
    page.write_text(
        json.dumps(
            {"name": "El Cajon CA PD", "prohibited_uses": "Immigration enforcement", "sharing_outbound": ["CBP - NTC"]}
        )
    )
    assert (
        run(
            [
                "review",
                "portal",
                str(page),
                "--json",
                "--html",
                str(tmp_path / "p.html"),
                "--csv",
                str(tmp_path / "p.csv"),
            ]
        )
        == 1
    )
    assert "immigration-receiver" in (tmp_path / "p.csv").read_text("utf-8-sig")
    assert "immigration-receiver" in capsys.readouterr().out
    assert run(["review", "templates", "flock-sharing", "--state", "ca"]) == 0
    assert "California Public Records Act" in capsys.readouterr().out
    assert run(["review", "templates", "flock-sharing", "--state", "zz"]) == 2


def test_a_portal_of_nobody_is_bad_input_and_not_all_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "nobody.json"
    page.write_text(json.dumps({"name": "Nobody At All", "prohibited_uses": "None", "sharing_outbound": ["CBP - NTC"]}))
    assert run(["review", "portal", str(page)]) == 2
    assert "not judged" in capsys.readouterr().out


def test_a_log_in_pdf_is_asked_for_in_another_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "audit.pdf"
    log.write_bytes(b"%PDF-1.4 ...")
    assert run(["review", "searches", str(log)]) == 2
    assert "CSV or XLSX" in capsys.readouterr().err


def test_sheets_that_name_no_agency_are_all_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.Workbook()
    for number, name in enumerate(("Houston TX PD", "CBP - NTC")):
        sheet = book.active if number == 0 else book.create_sheet("more")
        sheet.append(["Agency", "State"])
        sheet.append([name, ""])
    book.save(tmp_path / "two.xlsx")
    assert run(["review", "sharing", str(tmp_path / "two.xlsx"), "--for", "us-ca-el-cajon-pd", "--json"]) == 1
    assert {entry["name"] for entry in said(capsys)["entries"]} == {"Houston TX PD", "CBP - NTC"}


@pytest.mark.parametrize("content", [None, b"\xff\xfen\x00"])
def test_a_correction_file_that_cannot_be_read_is_named(
    names: Path, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    fixes = tmp_path / "fixes.csv"
    if content is not None:
        fixes.write_bytes(content)
    assert run(["review", "sharing", str(names), "--for", "us-ca-el-cajon-pd", "--corrections", str(fixes)]) == 2
    assert "fixes.csv" in capsys.readouterr().err


def test_lists_without_a_date_are_compared_and_said_to_have_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("old.txt", "Anaheim CA PD\nOak CA PD\n"), ("new.txt", "Anaheim CA PD\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert run(["review", "compare", str(tmp_path / "old.txt"), str(tmp_path / "new.txt"), "--json"]) == 1
    assert [note.split()[0] for note in said(capsys)["notes"]] == ["old.txt", "new.txt"]


def test_a_log_of_which_no_row_can_be_read_is_not_all_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.csv"
    log.write_text("Search Time,Reason\n2025-01-01 10:00\n2025-01-01 11:00\n")
    assert run(["review", "searches", str(log)]) == 2
    assert "not read: line 2" in capsys.readouterr().out


def test_a_quote_that_never_closes_is_named_before_anything_is_told_of_the_lines_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else one entry would bear the names of all that follow, and be found to be whoever is among them."""
    file = tmp_path / "list.csv"
    file.write_text('Agency,State\nAnaheim PD,CA\n"Oak PD,CA\nHouston PD,TX\nCBP - NTC,\n')
    assert run(["review", "sharing", str(file), "--for", OWNER]) == 2
    assert "list.csv, line 3: a quotation mark opens in this row and never closes" in capsys.readouterr().err
    file.write_text('Agency,State\nAnaheim PD,CA\n"Oak\nPD",CA\n5" PD,CA')
    assert run(["review", "sharing", str(file), "--for", OWNER]) == 0, "a wrapped name and a stray mark are none"


@pytest.mark.parametrize("heading", ["Search Time,Reason", "Reason,Search Time"])
def test_rows_lost_to_an_open_quote_are_told_by_their_lines(
    heading: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    timed = heading.startswith("Search")
    good = "2025-01-01 10:00,theft\n" if timed else "theft,2025-01-01 10:00\n"
    bad = '2025-01-01 10:00,"inv\n' if timed else '"inv,2025-01-01 10:00\n'
    closed = '2025-01-01 10:00,theft"\n' if timed else 'theft",2025-01-01 10:00\n'
    log.write_text(heading + "\n" + good * 3 + bad + good * 60 + closed + good)
    run(["review", "searches", str(log), "--json"])
    found = said(capsys)
    assert found["rows"] == 4, "those before and after, and none of the sixty in silence"
    assert "lines 5 to 66 were read as one" in json.dumps(found["rejected"])
