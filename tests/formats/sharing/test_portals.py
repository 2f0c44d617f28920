"""Transparency portals in layouts, labels, languages and numbers of other agencies: read rightly, or named as unread."""

# ruff: noqa: E501 (variants are easier to compare on one line each)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.formats.sharing.lists import Direction, SharingList, split_names
from plateward.formats.sharing.portal_numbers import count, days
from plateward.formats.sharing.read import read_sharing

NAMES = ["Los Angeles CA PD", "Fresno CA PD", "Las Vegas NV Metro PD"]


def page(*body: str, title: str = "Elm Grove CA PD Transparency Portal | Flock Safety") -> bytes:
    return f"<!doctype html><html><head><title>{title}</title></head><body>{''.join(body)}</body></html>".encode()


def section(heading: str, *texts: str, tag: str = "h2") -> str:
    return f"<{tag}>{heading}</{tag}>" + "".join(f"<p>{text}</p>" for text in texts)


def listed(heading: str, *names: str) -> str:
    return f"<h2>{heading}</h2><ul>" + "".join(f"<li>{name}</li>" for name in names) + "</ul>"


def read(data: bytes) -> SharingList:
    (found,) = read_sharing(data, "portal.html")
    return found


def names(found: SharingList, direction: Direction = Direction.OUTBOUND) -> list[str]:
    return [entry.name for entry in found.entries if entry.direction is direction]


RETENTION = section("Data retention (in days)", "30")


@pytest.mark.parametrize(
    "heading",
    [
        "Organizations granted access", "Organizations with access", "Shared Networks", "Networks we're sharing", "External Organizations with Access",
        "Agencies that have access to our data", "Who do we share with?", "Partner Agencies", "Organizaciones con acceso", "ORGANIZATIONS WITH ACCESS:",
        "Law enforcement agencies with access",
    ],
)  # fmt: skip
def test_the_list_of_receivers_is_found_under_its_many_names(heading: str) -> None:
    assert names(read(page(RETENTION, listed(heading, *NAMES)))) == NAMES
    assert names(read(page(listed(heading, *NAMES), RETENTION))) == NAMES


@pytest.mark.parametrize(
    "heading",
    ["Organizations sharing their data", "Networks shared with us", "Agencies sharing data with us", "Organizations that share their data with us",
     "Organizaciones que comparten con nosotros"],
)  # fmt: skip
def test_who_gives_is_not_mistaken_for_who_receives(heading: str) -> None:
    found = read(page(listed(heading, *NAMES), listed("Organizations with access", "Kern CA SO")))
    assert (names(found, Direction.INBOUND), names(found)) == (NAMES, ["Kern CA SO"])


@pytest.mark.parametrize(
    "markup",
    [
        "<h3>Organizations granted access</h3><p>{commas}</p>",
        "<p>Organizations granted access: {commas}</p>",
        "<p><strong>Organizations granted access:</strong> {semicolons}</p>",
        "<details><summary>Organizations granted access</summary><div>{breaks}</div></details>",
        "<table><tr><th>Organizations granted access</th><td>{breaks}</td></tr></table>",
        "<dl><dt>Organizations granted access</dt><dd>{commas}</dd></dl>",
        "<div>Organizations granted access</div><div>3</div><div>{commas}</div>",
        "<h2>Organizations granted access</h2><p>The following agencies have been granted access to our network:</p><ul>{items}</ul>",
        "<h2>Organizations granted access</h2><h3>Nevada</h3><ul>{items}</ul>",
    ],
)
def test_the_list_is_read_however_it_is_laid_out(markup: str) -> None:
    body = markup.format(
        commas=", ".join(NAMES), semicolons="; ".join(NAMES), breaks="<br>".join(NAMES),
        items="".join(f"<li>{name}</li>" for name in NAMES),
    )  # fmt: skip
    assert names(read(page(body, RETENTION))) == NAMES


def test_what_stands_below_a_list_under_another_heading_is_no_receiver_and_is_named_as_unread() -> None:
    found = read(
        page(
            listed("Organizations granted access", *NAMES), "<p>This list is updated daily by the chief of police.</p>",
            "<p>Records clerk, City Hall</p>", listed("Community partners", "Rotary Club", "Elm Mall"), RETENTION,
        )
    )  # fmt: skip
    assert names(found) == NAMES and found.portal is not None and found.portal.retention_days == 30
    assert any(
        "Community partners" in unread.text and "heading that is not known" in unread.why for unread in found.unread
    )
    assert any("Records clerk" in unread.text for unread in found.unread)


@pytest.mark.parametrize("more", ["Show more (45)", "and 45 more", "+45 more", "View all"])
def test_a_list_that_goes_on_where_the_file_ends_says_so(more: str) -> None:
    found = read(page(listed("Organizations granted access", *NAMES, more), RETENTION))
    assert names(found) == NAMES and "goes on" in found.unread[0].why


def test_a_page_without_a_known_list_says_that_it_has_none() -> None:
    assert "No list" in read(page(RETENTION, listed("Friends of the department", *NAMES))).notes[0]
    counted = read(page(section("Organizations granted access", "48", ", ".join(NAMES)), RETENTION))
    assert (
        counted.portal is not None
        and counted.portal.organizations_stated == 48
        and "48 receivers, and 3" in counted.notes[0]
    )
    with pytest.raises(BadInput, match="none of a transparency portal's headings"):
        read(page("<h2>About us</h2><p>We serve.</p>"))


def test_the_owner_is_named_without_the_words_portal_and_transparency() -> None:
    for title in ("Elm Grove CA PD Transparency Portal", "Transparency Portal - Elm Grove CA PD", "Elm Grove CA PD | Flock Safety", "Elm Grove CA PD ALPR Transparency"):  # fmt: skip
        assert read(page(RETENTION, title=title)).owner == "Elm Grove CA PD"


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Vehicles detected in the last 30 days", "vehicles_30d"), ("Vehicles Detected (Last 30 Days)", "vehicles_30d"), ("Total plates read in the past 30 days", "vehicles_30d"),
        ("Hotlist Hits (Last 30 Days)", "hits_30d"), ("Searches (last 30 days)", "searches_30d"), ("Total number of searches in the last 30 days", "searches_30d"),
        ("How many cameras?", "cameras"), ("Número de cámaras", "cameras"),
    ],
)  # fmt: skip
def test_counts_are_found_under_their_many_names(heading: str, field: str) -> None:
    portal = read(page(section(heading, "1,204"), RETENTION)).portal
    assert getattr(portal, field) == 1204


@pytest.mark.parametrize(
    "heading",
    ["Vehicles detected in the last 7 days", "Hotlist hits in the last year", "Immigration searches in the last 30 days", "Searches by federal agencies in the last 30 days"],
)  # fmt: skip
def test_a_count_of_something_else_is_not_taken_for_the_thirty_days(heading: str) -> None:
    found = read(page(RETENTION, section(heading, "204")))
    portal = found.portal
    assert portal is not None and (portal.vehicles_30d, portal.hits_30d, portal.searches_30d) == (None, None, None)
    assert heading in found.unread[0].text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("310,556", 310556), ("310.556", 310556), ("310 556", 310556), ("310'556", 310556), ("1.310.556", 1310556), ("310K", 310000), ("1.3 million", 1300000),
        ("1.2k", 1200), ("41", 41), ("41.0", 41), ("41 cameras", 41), ("There are 41 cameras.", 41), ("1,000+", 1000), ("0", 0),
    ],
)  # fmt: skip
def test_counts_are_read_as_agencies_write_them(text: str, number: int) -> None:
    assert count(text) == (number, "")


@pytest.mark.parametrize("text", ["between 30 and 41", "30-41", "41 fixed and 3 mobile", "41.5", "1.234 million"])
def test_a_count_that_can_be_read_in_two_ways_is_none_and_says_why(text: str) -> None:
    assert count(text)[0] is None and count(text)[1]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("30", 30), ("30 days", 30), ("30-day", 30), ("30 días", 30), ("4 weeks", 28), ("12 months", 365), ("one year", 365), ("1 year", 365), ("5 years", 1825),
        ("6 months", 183), ("72 hours", 3), ("Data is retained for thirty (30) days and then deleted.", 30), ("As of 2024, images are kept for 30 days.", 30),
        ("30 days. After 30 days, it is gone.", 30), ("un año", 365),
    ],
)  # fmt: skip
def test_retention_is_read_in_days_whatever_its_unit(text: str, number: int) -> None:
    assert days(text) == (number, "")


@pytest.mark.parametrize("text", ["LPR: 30 days. Video: 7 days.", "30-365 days", "3 minutes", "as required by law", "See policy 2024"])  # fmt: skip
def test_a_retention_that_is_not_one_number_of_days_is_none_and_says_why(text: str) -> None:
    assert days(text)[0] is None and days(text)[1]
    found = read(page(section("Data retention", text), section("Number of LPR cameras", "3")))
    assert found.portal is not None and found.portal.retention_days is None and found.unread[0].text == text


@given(st.integers(0, 10**9), st.sampled_from([",", ".", " ", "'", "\u00a0", "\u202f"]))
def test_a_number_with_any_mark_between_thousands_is_that_number(number: int, mark: str) -> None:
    assert count(f"{number:,}".replace(",", mark)) == (number, "")


@given(st.text(max_size=80))
def test_any_words_are_a_number_or_none_and_never_a_fault(text: str) -> None:
    for reads in (count, days):
        value, why = reads(text)
        assert value is None or (value >= 0 and not why)


@given(st.permutations(range(5)))
def test_the_order_of_sections_changes_nothing(order: list[int]) -> None:
    sections = [
        listed("Organizations granted access", *NAMES), RETENTION, section("Prohibited uses", "Immigration enforcement."),
        section("Hotlists Alerted On", "NCIC, NCMEC Amber Alert"), listed("Organizations sharing their data", "Kern CA SO"),
    ]  # fmt: skip
    found = read(page(*(sections[index] for index in order)))
    assert (names(found), names(found, Direction.INBOUND)) == (NAMES, ["Kern CA SO"]) and found.unread == ()
    assert found.portal is not None and found.portal.hotlists == ("NCIC", "NCMEC Amber Alert")
    assert (found.portal.prohibited_uses, found.portal.retention_days) == ("Immigration enforcement.", 30)


def test_an_agency_with_commas_in_its_name_is_one_agency() -> None:
    written = "Fresno CA PD, Bureau of Alcohol, Tobacco, Firearms and Explosives, El Cajon, CA, Axon, Inc."
    assert split_names(written) == [
        "Fresno CA PD",
        "Bureau of Alcohol, Tobacco, Firearms and Explosives",
        "El Cajon, CA",
        "Axon, Inc.",
    ]
