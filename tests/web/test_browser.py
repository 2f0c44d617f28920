"""The pages in a real browser: with scripts and without, in light and dark, wide and narrow, by keyboard, under the strict policy.

They need Debian's Chromium and the installed front-end parts, and say so where one is missing. ``PLATEWARD_SCREENSHOTS=1`` also
writes the pictures that the README shows.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests.node.world import World
from tests.web.world import HARBOR, seen, serving

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium fonts-dejavu-core"
    ),
    pytest.mark.skipif(not AXE.is_file(), reason="the front-end parts are not installed: npm ci"),
]


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


@asynccontextmanager
async def window(
    chromium: Browser,
    address: str,
    person: str | None = None,
    *,
    scheme: str = "light",
    size: dict[str, int] = WIDE,
    scripts: bool = True,
) -> AsyncIterator[Page]:
    """A browser window of ``person``. Whatever the browser complains of, the content security policy first, fails the test."""
    context = await chromium.new_context(
        base_url=address,
        color_scheme=scheme,
        viewport=size,
        java_script_enabled=scripts,
        reduced_motion="reduce",  # type: ignore[arg-type]
    )
    page = await context.new_page()
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    if person is not None:
        answer = await context.request.post(
            "/demo/become", form={"person": person, "back": "/help"}, headers={"Origin": address}
        )
        assert answer.ok
    try:
        yield page
        assert complaints == []
    finally:
        await context.close()


async def search(page: Page, plate: str, **fields: str) -> None:
    await page.goto("/search")
    await page.fill("#f-plate", plate)
    await page.select_option("#f-reason", "stolen-vehicle")
    await page.fill("#f-case", "26-0117")
    for name, value in fields.items():
        await page.select_option(f"#f-{name}", value)
    await page.click("#search-form button.primary")
    await page.locator("#results .results-head, #errors").first.wait_for()


async def findings(page: Page) -> list[str]:
    """What axe-core finds wrong, each with the element."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    script = """rules => axe.run(document, {runOnly: rules}).then(found =>
        found.violations.flatMap(wrong => wrong.nodes.map(node => `${wrong.id}: ${node.html.slice(0, 160)}`)))"""
    found = await page.evaluate(script, RULES)
    overflow = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return found + (["the page scrolls sideways"] if overflow else [])


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["light and wide", "dark on a phone"]
)
async def test_axe_finds_nothing_on_any_page(
    chromium: Browser, address: str, scheme: str, size: dict[str, int]
) -> None:
    wrong: dict[str, list[str]] = {}
    pages = {
        None: ["/login", "/login?token=abc", "/help", "/api/docs", "/nowhere", "/ledger", "/retention"],
        "brandt": ["/search", "/live", "/consents", "/access"],
        "nakamura": [
            "/hotlists",
            "/readers",
            f"/readers/{HARBOR}",
            "/cameras",
            "/quarantine",
            "/retention",
            "/holds",
            "/feeds",
            "/sharing",
        ],
        "pham": ["/people", "/account"],
        "delacroix": ["/audit", "/audit/sample", "/audit/checklist", "/reports", "/drivers", "/erasures"],
        "whitfield": [
            "/access",
            "/access?refused=true&person=nobody",
            "/emergencies",
            "/productions",
            "/changes?kind=end-affiliation",
            "/documents",
            "/notices",
            "/exposure?agency=us-dhs-ice",
            "/exposure/alerts",
        ],
    }
    for person, paths in pages.items():
        async with window(chromium, address, person, scheme=scheme, size=size) as page:
            for path in paths:
                answer = await page.goto(path)
                assert answer is not None and answer.status == (404 if path == "/nowhere" else 200), path
                wrong[f"{person} {path}"] = await findings(page)
    async with window(chromium, address, "alvarez", scheme=scheme, size=size) as page:
        await search(page, "7ABC123")
        wrong["found"] = await findings(page)
        await page.locator("#rows .row-link").first.click()
        await page.wait_for_url("**/reads/**")
        wrong["read"] = await findings(page)
        await page.goto("/search")
        await page.click("#search-form button.primary")
        await page.locator("#errors").wait_for()
        wrong["wrong input"] = await findings(page)
        await search(page, "7A*", period="day")
        wrong["consent wanted"] = await findings(page)
        await page.goto("/live")
        await page.locator("#live-rows .row-link").first.click()
        wrong["unmask"] = await findings(page)
    async with window(chromium, address, "keller", scheme=scheme, size=size) as page:
        await search(page, "7ABC123")
        wrong["refused"] = await findings(page)
        await page.locator(".record a").first.click()
        await page.locator(".refusal").first.wait_for()
        wrong["why"] = await findings(page)
    assert {where: found for where, found in wrong.items() if found} == {}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_searching_refusing_and_older_pages_are_the_same_with_and_without_scripts(
    chromium: Browser, address: str, scripts: bool
) -> None:
    async with window(chromium, address, "alvarez", scripts=scripts) as page:
        await search(page, "9OLD001")
        assert "25 newest reads" in await page.inner_text("#results")
        await page.get_by_role("button", name="Older reads").click()
        if scripts:
            await page.locator("#rows tr").nth(39).wait_for()
            assert await page.locator("#rows tr").count() == 40
            assert page.url.endswith("/search"), "the form stayed where it was"
        else:
            await page.locator("#rows tr").nth(14).wait_for()
            assert await page.locator("#rows tr").count() == 15
        assert await page.get_by_role("button", name="Older reads").count() == 0
        assert "9OLD001" not in page.url
        await search(page, "!!")
        assert "type a plate" in (await page.inner_text("#errors")).lower()
        assert await page.input_value("#f-case") == "26-0117"
    async with window(chromium, address, "keller", scripts=scripts) as page:
        await search(page, "7ABC123")
        assert "not to share with immigration enforcement" in await page.inner_text("#results")


async def test_new_reads_come_live_and_wait_while_paused(chromium: Browser, address: str, web: World) -> None:
    async with window(chromium, address, "alvarez") as page:
        await page.goto("/live")
        await page.locator("#live-state", has_text="Live").wait_for()
        await seen(web, HARBOR, "4AAA001", 0, pictures=0)
        await page.locator("#live-rows tr", has_text="4•••••1").wait_for(timeout=15000)
        await page.get_by_role("button", name="Pause").click()
        await seen(web, HARBOR, "4BBB002", 0, pictures=0)
        await page.locator("#live-state", has_text="waiting").wait_for(timeout=15000)
        assert await page.locator("#live-rows tr", has_text="4•••••2").count() == 0
        await page.get_by_role("button", name="Go on").click()
        await page.locator("#live-rows tr", has_text="4•••••2").wait_for()
        assert "4AAA001" not in await page.content()


async def test_without_scripts_the_live_page_is_reloaded_by_a_link(chromium: Browser, address: str) -> None:
    async with window(chromium, address, "alvarez", scripts=False) as page:
        await page.goto("/live")
        assert await page.get_by_role("button", name="Pause").count() == 0
        await page.get_by_role("link", name="Reload").click()
        assert await page.locator("#live-rows tr").count() > 0


async def test_everything_goes_by_keyboard(chromium: Browser, address: str) -> None:
    async with window(chromium, address, "alvarez") as page:
        await page.goto("/help")
        await page.keyboard.press("/")
        await page.wait_for_url("**/search")
        await page.keyboard.press("/")
        await page.keyboard.type("7abc123")
        await page.select_option("#f-reason", "stolen-vehicle")
        await page.focus("#f-plate")
        await page.keyboard.press("Enter")
        await page.locator("#rows tr").first.wait_for()
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("k")
        assert await page.evaluate("document.activeElement.closest('tr') === document.querySelector('#rows tr')")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/reads/**")
        await page.keyboard.press("?")
        assert await page.locator("#keys").is_visible()
        await page.keyboard.press("Escape")
        assert not await page.locator("#keys").is_visible()


async def test_the_first_stop_skips_to_the_page_and_focus_can_be_seen(chromium: Browser, address: str) -> None:
    async with window(chromium, address, "alvarez") as page:
        await page.goto("/search")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        assert await page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        passed = set()
        for _ in range(12):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement === document.body"):
                break
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            passed.add(await page.evaluate("document.activeElement.name || document.activeElement.tagName"))
        assert {"plate", "likeness", "reason", "case", "period", "SUMMARY"} <= passed


async def test_the_switch_of_colours_keeps_the_page_and_is_remembered(chromium: Browser, address: str) -> None:
    async with window(chromium, address, "alvarez") as page:
        await search(page, "7ABC123")
        paper = "getComputedStyle(document.body).backgroundColor"
        light = await page.evaluate(paper)
        await page.click("[data-theme-toggle]")
        await page.click("[data-theme-toggle]")
        assert await page.evaluate(paper) != light
        assert await page.locator("#rows tr").count() > 0
        await page.wait_for_timeout(300)
        await page.goto("/help")
        assert await page.get_attribute("html", "data-theme") == "dark"


async def test_on_a_phone_the_menu_opens_without_scripts(chromium: Browser, address: str) -> None:
    async with window(chromium, address, "alvarez", size=PHONE, scripts=False) as page:
        await page.goto("/search")
        assert not await page.locator("#menu").is_visible()
        await page.get_by_role("link", name="Menu").click()
        await page.get_by_role("link", name="Access log").click()
        assert "/access" in page.url and not await page.locator("#menu").is_visible()


async def test_a_page_on_paper_holds_what_was_found_and_not_the_form(chromium: Browser, address: str) -> None:
    async with window(chromium, address, "alvarez") as page:
        await search(page, "7ABC123")
        await page.emulate_media(media="print")
        assert not await page.locator("#search-form").is_visible() and not await page.locator("#menu").is_visible()
        assert await page.locator("#rows").is_visible() and await page.locator(".who").is_visible()


@pytest.mark.skipif(
    not os.environ.get("PLATEWARD_SCREENSHOTS"), reason="written only when PLATEWARD_SCREENSHOTS is set"
)
async def test_screenshots_for_the_readme(chromium: Browser, address: str, web: World) -> None:
    folder = ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    web.at += timedelta(seconds=1)
    for person, name, scheme, size in (
        ("alvarez", "search", "light", {"width": 1280, "height": 1000}),
        ("alvarez", "search-dark", "dark", {"width": 1280, "height": 1000}),
        ("alvarez", "search-phone", "light", {"width": 390, "height": 844}),
        ("keller", "refused", "light", {"width": 1280, "height": 1000}),
    ):
        async with window(chromium, address, person, scheme=scheme, size=size) as page:
            await search(page, "7AB?12*")
            for picture in await page.locator("#rows img").all():
                await picture.scroll_into_view_if_needed()
            await page.wait_for_load_state("networkidle")
            await page.evaluate("window.scrollTo(0, 0)")
            if name == "search-phone":
                await page.evaluate("document.querySelector('#results').scrollIntoView()")
            await page.screenshot(path=folder / f"{name}.png")
            if person == "keller":
                await page.locator(".record a").first.click()
                await page.locator(".refusal").first.wait_for()
                await page.screenshot(path=folder / "why-refused.png")
    async with window(chromium, address, "alvarez", size={"width": 1280, "height": 800}) as page:
        await search(page, "7ABC123")
        await page.locator("#rows .row-link").first.click()
        await page.locator(".shot img").wait_for()
        await page.wait_for_load_state("networkidle")
        await page.screenshot(path=folder / "read.png")
