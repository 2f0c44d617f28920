"""The review by upload in a real browser: axe, light and dark, wide and narrow, with scripts and without, by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, async_playwright

from tests.node.world import World
from tests.web.test_browser import CHROMIUM, FLAGS, PHONE, WIDE, findings, pytestmark, window
from tests.web.test_review_page import AGENCY, LIST, LOG
from tests.web.world import serving

__all__ = ["pytestmark"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(web: World) -> AsyncIterator[str]:
    async with serving(web.node) as at:
        yield at


def file(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": data}


async def upload(page: Page, kind: str, *files: FilePayload, agency: str = "", keep: bool = False) -> None:
    await page.goto(f"/review?kind={kind}")
    await page.set_input_files("#f-file", list(files))
    if agency:
        await page.fill("#f-agency", agency)
    if keep:
        await page.check("#f-keep")
    await page.get_by_role("button", name="Review", exact=True).click()
    await page.locator("#results .review, #errors, .problem").first.wait_for(timeout=60_000)


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["light and wide", "dark on a phone"]
)
async def test_axe_finds_nothing_on_forms_and_results(
    chromium: Browser, address: str, scheme: str, size: dict[str, int]
) -> None:
    wrong: dict[str, list[str]] = {}
    async with window(chromium, address, "alvarez", scheme=scheme, size=size) as page:
        for kind in ("sharing", "searches", "compare"):
            await page.goto(f"/review?kind={kind}")
            await page.locator("#review-form details > summary").click()
            wrong[f"form {kind}"] = await findings(page)
        await upload(page, "sharing", file("list.txt", LIST), agency=AGENCY, keep=True)
        await page.locator(".review details > summary").first.click()
        wrong["sharing"] = await findings(page)
        await upload(page, "searches", file("log.csv", LOG), agency=AGENCY)
        wrong["searches"] = await findings(page)
        dates = file("list-2024-01-01.txt", LIST), file("list-2024-06-01.txt", LIST[:80])
        await upload(page, "compare", *dates)
        wrong["compare"] = await findings(page)
        await upload(page, "sharing", file("list.txt", LIST), agency="Springfield")
        wrong["wrong input"] = await findings(page)
    assert {where: found for where, found in wrong.items() if found} == {}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_file_is_reviewed_and_its_result_downloaded(
    chromium: Browser, address: str, scripts: bool, tmp_path: Path
) -> None:
    async with window(chromium, address, "alvarez", scripts=scripts) as page:
        await upload(page, "sharing", file("list.txt", LIST), agency=AGENCY, keep=True)
        assert "ICE" in await page.inner_text("#results")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Letter to the clerk").click()
        saved = tmp_path / "letter.md"
        await (await download.value).save_as(saved)
        assert "Questions about the agencies" in saved.read_text(encoding="utf-8")
        await page.get_by_role("button", name="Drop it now").click()
        await page.wait_for_url("**/review")


async def test_the_downloaded_report_stands_alone(chromium: Browser, address: str, tmp_path: Path) -> None:
    async with window(chromium, address, "alvarez") as page:
        await upload(page, "sharing", file("list.txt", LIST), agency=AGENCY, keep=True)
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Report", exact=True).click()
        saved = tmp_path / "report.html"
        await (await download.value).save_as(saved)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(saved.as_uri())
        assert "Bulk Cash Smuggling Center" in await page.inner_text("body")
        assert asked == [saved.as_uri()]


async def test_a_file_is_sent_by_the_keyboard_alone(chromium: Browser, address: str) -> None:
    async with window(chromium, address, "alvarez") as page:
        await page.goto("/review")
        await page.set_input_files("#f-file", [file("list.txt", LIST)])
        await page.focus("#f-agency")
        await page.keyboard.type(AGENCY)
        await page.keyboard.press("Enter")
        await page.locator("#results .review").wait_for(timeout=60_000)
        assert "Judged for" in await page.inner_text("#results")
