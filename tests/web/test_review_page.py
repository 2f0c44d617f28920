"""The review by upload: a resident's file in, findings out, nothing kept unless asked, and hostile files turned away in words."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date

import httpx
import psutil
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from plateward.store import events
from plateward.web.problem import Problem
from plateward.web.review_work import Given, Job, Sent
from plateward.web.upload import LARGEST, read_form, safe_name
from plateward.web.workshop import KEEP_S, Kept, Workshop
from tests.formats.sharing.report_maker import Layout, Report
from tests.node.world import World
from tests.web.test_attacks import _Inline
from tests.web.world import ORIGIN, Visitor, browser, words

AGENCY = "El Cajon Police Department, CA"
BCSC = "Homeland Security Investigations, Bulk Cash Smuggling Center"
LIST = f"{BCSC}\nNowhereville TX PD\nCyberPatrol Unit 9\nLos Angeles Police Department, CA\n".encode()
LOG = b"Search Time,User,Reason,Case #,License Plate\n" + b"".join(
    b"2025-01-%02dT10:00:00Z,jsmith,ICE deportation of John Doe,,7ABC123\n" % day for day in range(1, 9)
) + b"whenever,jsmith,looking for Mary Roe,,8XYZ777\n"  # fmt: skip
File = tuple[str, bytes]


async def send(visitor: Visitor, kind: str, files: Sequence[File], **form: str) -> httpx.Response:
    return await visitor.client.post(
        f"/review/{kind}",
        data={"csrf": visitor.csrf, **form},
        files=[("file", (name, data)) for name, data in files],
        headers={"Origin": ORIGIN},
    )


def offered(page: str) -> list[str]:
    return re.findall(r'href="(/review/results/[^"]+)"', page)


async def test_a_list_comes_back_with_who_is_really_on_it(officer: Visitor) -> None:
    answer = await send(officer, "sharing", [("list.txt", LIST)], agency=AGENCY)
    text = words(answer.text)
    assert answer.status_code == 200
    assert "Bulk Cash Smuggling Center → Homeland Security Investigations → ICE" in text
    assert "How that follows" in text and 'href="https://www.ice.gov/about-ice/hsi/bcsc"' in answer.text
    assert "Judged for" in text and "us-ca-el-cajon-pd" in text and f"you wrote “{AGENCY}”" in text
    assert "Ask who &#39;CyberPatrol Unit 9&#39; is" in text
    assert "The file bears no date" in text and "line 1" in text
    assert offered(answer.text) == [], "nothing is kept that nobody asked to keep"


async def test_the_result_is_offered_as_files_when_asked_and_only_to_whoever_asked(
    officer: Visitor, supervisor: Visitor, app: Starlette
) -> None:
    answer = await send(officer, "sharing", [("list.txt", LIST)], agency=AGENCY, keep="yes")
    files = {link.rsplit("/", 1)[1]: link for link in offered(answer.text)}
    assert set(files) == {
        "plateward-review.html", "plateward-review.csv", "plateward-review.json", "plateward-letter.md", "plateward-unknown.csv",
    }  # fmt: skip
    for name, link in files.items():
        got = await officer.get(link)
        assert got.status_code == 200
        assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert got.headers["cache-control"] == "no-store"
    assert json.loads((await officer.get(files["plateward-review.json"])).content)["agency"] == "us-ca-el-cajon-pd"
    assert "# Questions about the agencies" in (await officer.get(files["plateward-letter.md"])).text
    assert (await supervisor.get(files["plateward-review.csv"])).status_code == 404
    assert (await browser(app).get(files["plateward-review.csv"])).status_code == 303
    handle = files["plateward-review.csv"].split("/")[3]
    await supervisor.post("/review/forget", handle=handle)
    assert (await officer.get(files["plateward-review.csv"])).status_code == 200, "nobody else can drop it"
    await officer.post("/review/forget", handle=handle)
    gone = await officer.get(files["plateward-review.csv"])
    assert gone.status_code == 404 and "no longer kept" in gone.text


async def test_a_pdf_report_is_read_with_its_date_and_own_name(officer: Visitor) -> None:
    report = Report("El Cajon CA PD", Layout())
    report.section("shared", [(BCSC,), ("Los Angeles CA PD",)])
    answer = await send(officer, "sharing", [("report.pdf", report.pdf())])
    text = words(answer.text)
    assert answer.status_code == 200, text
    assert "vigilant-pdf" in text and "2020-03-02" in text and "page 1" in text
    assert "Bulk Cash Smuggling Center" in text and "as the file names it" in text


async def test_a_portal_is_judged_by_its_own_words_too(officer: Visitor) -> None:
    portal = {
        "name": AGENCY, "prohibited_uses": "Immigration enforcement is prohibited.", "data_retention_days": 30,
        "organizations_granted_access": [BCSC, "Los Angeles CA PD"],
    }  # fmt: skip
    answer = await send(officer, "sharing", [("portal.json", json.dumps(portal).encode())], agency=AGENCY)
    assert answer.status_code == 200, words(answer.text)
    text = words(answer.text)
    assert "promise against fact" in text and "as a receiver. This appears contrary to its own words" in text
    both = [portal, portal | {"name": "Los Angeles Police Department, CA"}]
    many = await send(officer, "sharing", [("portals.json", json.dumps(both).encode())])
    text = words(many.text)
    assert text.count("promise against fact") == 2 and "Civil Code 1798.90.55" in text, (
        "laws are not left out of many portals"
    )


async def test_a_log_is_audited_and_neither_page_nor_files_name_a_person_or_a_plate(officer: Visitor) -> None:
    answer = await send(officer, "searches", [("log.csv", LOG)], agency=AGENCY, keep="yes")
    text = words(answer.text)
    assert "may concern immigration enforcement" in text and "on 8 days in a row" in text
    assert "line 10" in text and "is no date and time" in text and "Not tried" in text
    bodies = [answer.text] + [(await officer.get(link)).text for link in offered(answer.text)]
    assert len(bodies) == 4
    for secret in ("jsmith", "John Doe", "Mary Roe", "7ABC123", "8XYZ777"):
        assert all(secret not in body for body in bodies), secret


async def test_lists_of_two_dates_are_compared(officer: Visitor) -> None:
    then, now = b"Oakland Police Department, CA\n" + LIST, LIST
    answer = await send(officer, "compare", [("list-2024-01-01.txt", then), ("list-2024-06-01.txt", now)])
    text = words(answer.text)
    assert "removed" in text and "Oakland Police Department, CA" in text and "2024-06-01" in text


async def test_own_promises_and_corrections_are_taken_as_files(officer: Visitor) -> None:
    from tests.oversight.review.test_review import PROMISE

    fixes = b"name,agency\nCyberPatrol Unit 9,us-dhs-ice-hsi\n"
    answer = await officer.client.post(
        "/review/sharing",
        data={"csrf": officer.csrf, "agency": AGENCY, "pack": "us-ca-sb54", "on": "2024-06-01"},
        files=[("file", ("l.txt", LIST)), ("promise", ("p.toml", PROMISE.encode())), ("corrections", ("c.csv", fixes))],
        headers={"Origin": ORIGIN},
    )
    text = words(answer.text)
    assert "contradicts" in text and "The department shares no plate data with Immigration" in text
    assert "Ask who &#39;CyberPatrol" not in text and "No out-of-state receiver" not in text


async def test_what_is_missing_or_wrong_is_said_beside_its_field(officer: Visitor) -> None:
    toml = [("file", ("l.txt", LIST)), ("promise", ("p.toml", b"[[promise]]\nid = 3"))]
    promised = await officer.client.post("/review/sharing", data={"csrf": officer.csrf, "agency": AGENCY}, files=toml)
    cases = (
        (await send(officer, "sharing", []), "f-file", "choose a file"),
        (await send(officer, "compare", [("one.txt", LIST)]), "f-file", "two files or more"),
        (await send(officer, "compare", [("a.txt", LIST), ("b.txt", LIST)]), "f-file", "bears no date"),
        (await send(officer, "sharing", [("l.txt", LIST)]), "f-agency", "does not name its agency"),
        (await send(officer, "sharing", [("l.txt", LIST)], agency="Springfield PD"), "f-agency", "cannot be told"),
        (await send(officer, "sharing", [("l.txt", LIST)], agency=AGENCY, on="soon"), "f-on", "write the day"),
        (await send(officer, "sharing", [("l.txt", LIST)], agency=AGENCY, pack="nope"), "f-pack", "no rule pack"),
        (await send(officer, "searches", [("l.csv", LOG)], retention_days="-1"), "f-retention_days", "number of days"),
        (await send(officer, "searches", [("l.csv", LOG)], columns="reason"), "f-columns", "field=HEADING"),
        (promised, "f-promise", "p.toml"),
    )  # fmt: skip
    for answer, field, message in cases:
        assert answer.status_code == 400, message
        assert f'href="#{field}"' in answer.text, message
        assert message.lower() in words(answer.text).lower()
        assert "--" not in words(answer.text.partition('id="errors"')[2].partition("</div>")[0]), (
            "the page has no options"
        )


def pdf_bomb() -> bytes:
    squeezed = zlib.compress(b"0" * (300 << 20), 9)
    return (
        b"%%PDF-1.4\n1 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(squeezed)
        + squeezed
        + b"\nendstream\nendobj\n%%EOF"
    )


def workbook_bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(300):
                sheet.write(b"0" * (1 << 20))
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("bomb.pdf", pdf_bomb(), "unfolds to more than"),
        ("bomb.xlsx", workbook_bomb(), "unfold"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type", "PDF"),
        ("photo.pdf", b"\xff\xd8\xff\xe0" + b"\x00" * 300, "JPEG"),
        ("program.txt", bytes(range(256)) * 40, "no text"),
        ("deep.json", b"[" * 100_000, ""),
    ],
)
async def test_a_hostile_or_broken_file_is_turned_away_in_words(
    officer: Visitor, name: str, data: bytes, told: str
) -> None:
    answer = await send(officer, "sharing", [(name, data)], agency=AGENCY)
    assert answer.status_code == 400, words(answer.text)
    assert told in answer.text and 'href="#f-file"' in answer.text
    assert "Traceback" not in answer.text


async def test_a_file_that_is_too_large_is_told_so_and_where_to_go(officer: Visitor) -> None:
    answer = await send(officer, "sharing", [("big.txt", b"a\n" * (LARGEST // 2 + 1024))], agency=AGENCY)
    assert answer.status_code == 413
    assert "32 MB" in answer.text and "plateward review" in answer.text
    many = await send(officer, "searches", [(f"{n}.csv", LOG) for n in range(6)])
    assert many.status_code == 413 and "more than 5 files" in many.text


async def test_scripts_and_formulas_of_a_file_stay_text(officer: Visitor) -> None:
    evil = '"><script>alert(1)</script>'
    data = f'{evil}\n=HYPERLINK("http://evil.example")\n{BCSC}\n'.encode()
    answer = await send(officer, "sharing", [(f"{evil}.txt", data)], agency=AGENCY, keep="yes")
    assert "<script>alert" not in answer.text
    parser = _Inline()
    parser.feed(answer.text)
    assert parser.found == []
    assert "unsafe" not in answer.headers["content-security-policy"]
    for link in offered(answer.text):
        body = (await officer.get(link)).text
        assert "<script>alert" not in body or link.endswith((".csv", ".json")), link
        if link.endswith(".csv"):
            cells = [cell for row in csv.reader(io.StringIO(body.removeprefix("\ufeff"))) for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-"))]
    page = b'<!doctype html><html><body><h2>x</h2><img src=x onerror=alert(1)><script>document.title="owned"</script></body></html>'
    answer = await send(officer, "sharing", [("portal.html", page)], agency=AGENCY)
    assert "onerror" not in answer.text and "owned" not in answer.text


async def test_an_upload_needs_somebody_signed_in_and_the_forms_token(officer: Visitor, app: Starlette) -> None:
    stranger = await browser(app).post("/review/sharing", files=[("file", ("l.txt", LIST))], headers={"Origin": ORIGIN})
    assert stranger.status_code == 401
    for token in ("", officer.csrf[:-1] + "x"):
        answer = await officer.client.post(
            "/review/sharing",
            data={"csrf": token, "agency": AGENCY},
            files=[("file", ("l.txt", LIST))],
            headers={"Origin": ORIGIN},
        )
        assert answer.status_code == 403 and "not made for this session" in answer.text
    other = await officer.client.post(
        "/review/sharing",
        data={"csrf": officer.csrf},
        files=[("file", ("l.txt", LIST))],
        headers={"Origin": "https://evil.example"},
    )
    assert other.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b\r\n",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="agency"\r\n\r\n\xff\xfe\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut off',
        b"--b\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\nx\r\n--b--\r\n",
        b"not multipart at all",
    ],
)
async def test_a_broken_form_is_a_clear_error(officer: Visitor, body: bytes) -> None:
    answer = await officer.client.post(
        "/review/sharing", content=body, headers={"Content-Type": "multipart/form-data; boundary=b", "Origin": ORIGIN}
    )
    assert answer.status_code == 400
    assert "cannot be read" in answer.text or "no name" in answer.text


async def test_a_form_without_end_is_left_unread() -> None:
    sent = 0

    async def receive() -> dict[str, object]:
        nonlocal sent
        sent += 1 << 16
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' if sent == 1 << 16 else b""
        return {"type": "http.request", "body": head + b"x" * (1 << 16), "more_body": True}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"multipart/form-data; boundary=b")]}
    with pytest.raises(Problem, match="larger than 1 MB"):
        await read_form(Request(scope, receive), 1 << 20, 1)
    assert sent < 8 << 20


def test_a_files_name_is_safe_to_show() -> None:
    assert safe_name("C:\\Users\\me\\list.csv") == "list.csv"
    assert safe_name("../../etc/passwd") == "passwd"
    assert safe_name("evil\u202excod.exe\x00") == "evilxcod.exe"
    assert len(safe_name("a" * 5000 + ".csv")) < 140 and safe_name("") == "file"


def test_results_are_dropped_when_their_time_is_over_and_the_oldest_make_room() -> None:
    clock = [0.0]
    kept = Kept(lambda: clock[0], most=100)

    def files(size: int) -> tuple[Given, ...]:
        return (Given("a.csv", "Table", "text/csv", b"x" * size),)

    first, second = kept.keep("s", files(60)), kept.keep("s", files(60))
    assert first and second and kept.find(first, "s", "a.csv") is None and kept.find(second, "s", "a.csv")
    assert kept.find(second, "another session", "a.csv") is None and kept.find(second, "s", "b.csv") is None
    assert kept.keep("s", files(101)) is None and kept.find(second, "s", "a.csv"), (
        "what does not fit pushes nothing out"
    )
    clock[0] = KEEP_S
    assert kept.find(second, "s", "a.csv") is None and len(kept) == 0


def _request(gone: asyncio.Event) -> Request:
    async def receive() -> dict[str, object]:
        await gone.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def _children() -> list[str]:
    """Reading processes of this one that still run."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "plateward.web.review_work" in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                found.append(str(child.pid))
    return found


JOB = Job("sharing", (Sent("l.txt", LIST),), date(2024, 6, 1), agency=AGENCY)


async def test_the_work_ends_when_its_time_is_over_when_the_asker_leaves_and_when_the_server_stops() -> None:
    never = asyncio.Event()
    with pytest.raises(Problem, match="took longer"):
        await Workshop(limit_s=0.05).run(JOB, _request(never), asyncio.Event())
    over = asyncio.Event()
    over.set()
    with pytest.raises(Problem, match="was ended"):
        await Workshop().run(JOB, _request(over), asyncio.Event())
    with pytest.raises(Problem, match="was ended"):
        await Workshop().run(JOB, _request(never), over)
    assert _children() == []


async def test_no_more_than_two_read_at_a_time_and_one_a_person() -> None:
    workshop, gone = Workshop(), asyncio.Event()
    gone.set()
    async with workshop.place(_request(gone), "a"):
        with pytest.raises(Problem, match="of yours is still running") as mine:
            async with workshop.place(_request(gone), "a"):
                pass
        async with workshop.place(_request(gone), "b"):
            with pytest.raises(Problem, match="Other people's") as full:
                async with workshop.place(_request(gone), "c"):
                    pass
    assert mine.value.status == full.value.status == 503 and "Retry-After" in full.value.headers
    async with workshop.place(_request(gone), "c"):
        pass


async def test_the_reading_process_can_write_no_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("confined") / "kept.txt"
    code = (
        "import sys; from plateward.web.review_work import _confine; _confine()\n"
        "with open(sys.argv[1], 'w') as file: file.write('x')"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code, str(target)], capture_output=True, check=False
    )
    assert done.returncode != 0 and (not target.exists() or target.stat().st_size == 0)


async def test_the_node_keeps_nothing_of_an_upload(officer: Visitor, web: World) -> None:
    async def written() -> int:
        async with web.node.store.transaction() as tx:
            return await events.size(tx)

    before, files = await written(), sum(1 for _ in web.node.settings.data.rglob("*"))
    await send(officer, "sharing", [("list.txt", LIST)], agency=AGENCY, keep="yes")
    assert await written() == before
    assert sum(1 for _ in web.node.settings.data.rglob("*")) == files
