"""Passkeys in a real browser, with a device that Chromium plays: adding one, signing in with it, saying what goes wrong."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest_asyncio
from playwright.async_api import Browser, Page

from plateward.node.people.sessions import issue_login_link
from tests.node.world import World
from tests.web.test_browser import chromium, findings, pytestmark, window  # noqa: F401  (the browser and when to skip)
from tests.web.world import named, serving, without_demo


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(web: World) -> AsyncIterator[tuple[World, str]]:
    """The node as an agency runs it, under a name: browsers bind passkeys to names, not to bare addresses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    named_node = named(without_demo(web.node), f"http://localhost:{port}")
    async with serving(named_node, port):
        yield World(named_node, web.town, web.at), f"http://localhost:{port}"


async def device(page: Page) -> None:
    """Plug a device into the browser that recognises its owner."""
    tools = await page.context.new_cdp_session(page)
    await tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    await tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


async def test_a_passkey_is_added_once_and_then_signs_in(chromium: Browser, site: tuple[World, str]) -> None:  # noqa: F811
    world, address = site
    async with window(chromium, address) as page:
        await device(page)
        link = await issue_login_link(world.node, "okafor")
        await page.goto(urlsplit(link.url)._replace(scheme="", netloc="").geturl())
        await page.click("button.primary")
        await page.goto("/account")
        assert await page.locator("text=You have none yet").count() == 1
        assert await findings(page) == []
        await page.fill("#passkey-name", "Telephone")
        await page.click("text=Add a passkey")
        await page.locator("th:has-text('Telephone')").wait_for()
        assert await findings(page) == []
        await page.click("text=Add a passkey")
        await page.locator("text=This device has a passkey for your account already.").wait_for()
        await page.click("text=Sign out")
        await page.goto("/login?back=/help")
        assert await findings(page) == []
        await page.click("text=Sign in with a passkey")
        await page.wait_for_url(f"{address}/help")
        assert await page.locator("text=Okafor").count() >= 1
        await page.goto("/account")
        await page.click("button:has-text('Remove')")
        await page.locator("text=You have none yet").wait_for()


async def test_a_device_that_is_not_known_here_is_told_what_to_do(chromium: Browser, site: tuple[World, str]) -> None:  # noqa: F811
    async with window(chromium, site[1]) as page:
        await device(page)
        await page.goto("/login")
        await page.click("text=Sign in with a passkey")
        await page.locator("text=Nothing was done").wait_for()
        assert await page.locator("button.primary").is_enabled()


async def test_without_scripts_the_page_says_how_to_get_a_link(chromium: Browser, site: tuple[World, str]) -> None:  # noqa: F811
    async with window(chromium, site[1], scripts=False) as page:
        await page.goto("/login")
        assert "plateward people link YOUR-USER-ID" in await page.inner_text("main")
