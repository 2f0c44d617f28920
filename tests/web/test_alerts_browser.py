"""The alerts page in a real browser: it comes alive by itself, sounds after a gesture, goes by keys, and fits a phone."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from plateward.core.alert import How
from plateward.core.read import Read
from plateward.demo.pictures import picture_of
from tests.node.alerted import RPD, alerted
from tests.node.world import READER, World
from tests.web.test_browser import CHROMIUM, FLAGS, PHONE, ROOT, findings, pytestmark, window
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


async def wanted(web: World, plate: str, ago: timedelta = timedelta(seconds=20), **more: object) -> UUID:
    """An alert with its picture, at a moment of its own."""
    web.at += timedelta(minutes=11)
    item = web.sent(str(more.get("read_plate", plate)), ago)
    read = Read(
        UUID(str(item["id"])),
        str(item["plate"]),
        web.at - ago,
        READER,
        RPD,
        0.93,
        region=str(more.get("read_region", "US-CA")),
    )
    jpeg = b64encode(picture_of(read)).decode()
    return await alerted(web, plate, ago, item={"picture": jpeg, "id": item["id"]}, **more)


async def live(page: Page) -> None:
    await page.goto("/alerts")
    await page.get_by_text("Live", exact=True).nth(1).wait_for()


async def test_axe_finds_nothing_on_the_pages_of_alerts(chromium: Browser, address: str, web: World) -> None:
    await wanted(web, "7AXE123", state_match=False, read_region="US-NV")
    alert_id = await wanted(web, "7QAX123", read_plate="70AX123", how=How.LOOK_ALIKE)
    found = {}
    async with window(chromium, address, "alvarez", scheme="dark", size=PHONE) as page:
        for path in ("/alerts", f"/alerts/{alert_id}"):
            await page.goto(path)
            found[path] = await findings(page)
    async with window(chromium, address, "alvarez") as page:
        for path in ("/alerts", "/alert-figures"):
            await page.goto(path)
            found[f"{path}, light and wide"] = await findings(page)
    async with window(chromium, address, "nakamura", size=PHONE) as page:
        await page.goto("/deliveries")
        found["/deliveries"] = await findings(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


async def test_an_alert_comes_by_itself_and_sounds_once_after_a_gesture(
    chromium: Browser, address: str, web: World
) -> None:
    async with window(chromium, address, "alvarez") as page:
        await live(page)
        alerts = page.locator("#alerts")
        await page.get_by_role("button", name="Turn sound on").click()
        assert await page.get_by_role("button", name="Sound is on").get_attribute("aria-pressed") == "true"
        played = int(await alerts.get_attribute("data-played") or 0)
        alert_id = await wanted(web, "7NEW123")
        await page.locator(f"#a-{alert_id}").wait_for(timeout=6000)
        assert int(await alerts.get_attribute("data-played") or 0) == played + 1
        assert (await page.title()).startswith("(")
        late = await wanted(web, "7LTE123", late=True)
        again = await wanted(web, "7NEW124")
        await page.locator(f"#a-{again}").wait_for(timeout=6000)
        assert int(await alerts.get_attribute("data-played") or 0) == played + 2, "a late read makes no sound"
        assert await page.locator(f"#a-{late}").count() == 0


async def test_alerts_are_decided_by_keys_alone_and_leave_the_list(chromium: Browser, address: str, web: World) -> None:
    first, second = await wanted(web, "7KEY001"), await wanted(web, "7KEY002")
    async with window(chromium, address, "alvarez") as page:
        await live(page)
        await page.keyboard.press("j")
        assert await page.locator(".alert.at").get_attribute("id") == f"a-{second}"
        await page.keyboard.press("m")
        await page.locator(f"#a-{second}").wait_for(state="detached", timeout=6000)
        await page.goto(f"/alerts/{first}")
        await page.get_by_role("button", name="Confirm").click()
        await page.get_by_label("Outcome").select_option("recovered")
        await page.get_by_role("button", name="Record").click()
        await page.get_by_text("vehicle or plate recovered, by Marisol Alvarez").wait_for()


async def test_on_a_phone_the_buttons_of_the_alert_in_front_stand_where_the_thumb_is(
    chromium: Browser,
    address: str,
    web: World,
) -> None:
    alert_id = await wanted(web, "7PHN123")
    async with window(chromium, address, "alvarez", size=PHONE) as page:
        await live(page)
        confirm = page.locator(f"#a-{alert_id}").get_by_role("button", name="Confirm")
        box = await confirm.bounding_box()
        assert box is not None and box["y"] > PHONE["height"] / 2 and box["height"] >= 48 and box["width"] > 250
        await page.locator(f"#a-{alert_id}").get_by_role("button", name="Wrong state").click()
        await page.locator(f"#a-{alert_id}").wait_for(state="detached", timeout=6000)


async def test_without_scripts_the_page_is_reloaded_and_its_buttons_decide(
    chromium: Browser, address: str, web: World
) -> None:
    alert_id = await wanted(web, "7NOS123")
    async with window(chromium, address, "alvarez", scripts=False) as page:
        await page.goto("/alerts")
        await page.locator(f"#a-{alert_id}").get_by_role("button", name="Stale").click()
        assert await page.locator(f"#a-{alert_id}").count() == 0
        assert await page.get_by_role("button", name="Turn sound on").count() == 0


@pytest.mark.skipif("PLATEWARD_SCREENSHOTS" not in os.environ, reason="only when the README's pictures are taken")
async def test_screenshots_of_alerts(chromium: Browser, address: str, web: World) -> None:
    await wanted(
        web,
        "6TRV880",
        state_match=False,
        read_region="US-NV",
        kind="missing-person",
        reason="Silver alert",
        confidence=0.42,
    )
    await wanted(web, "7ABC128", read_plate="7A8C128", how=How.LOOK_ALIKE, confidence=0.5, reason="Grey sedan")
    await wanted(web, "8KDB018", reason="White SUV taken from the driveway")
    async with window(chromium, address, "alvarez", size={"width": 1280, "height": 900}) as page:
        await live(page)
        await page.screenshot(path=ROOT / "docs" / "images" / "alerts.png")
