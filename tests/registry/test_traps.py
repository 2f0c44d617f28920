"""Names that misled people in real lists, and look-alikes of federal names."""

from __future__ import annotations

import pytest

from plateward.core.agency import Component
from plateward.registry import Status, load, resolve

ICE = {Component.FEDERAL, Component.IMMIGRATION_ENFORCEMENT}

IMMIGRATION = {
    "Homeland Security Investigations, Bulk Cash Smuggling Center": "us-dhs-ice-hsi-bcsc",
    "HSI-Bulk Cash Smuggling Ctr": "us-dhs-ice-hsi-bcsc",
    "National Bulk Cash Smuggling Center": "us-dhs-ice-hsi-bcsc",
    "HSI": "us-dhs-ice-hsi",
    "DHS - HSI (Newark NJ)": "us-dhs-ice-hsi-newark",
    "DHS - HSI - New Orleans": "us-dhs-ice-hsi-new-orleans",
    "HSI - Sacramento": "us-dhs-ice-hsi",
    "ICE": "us-dhs-ice",
    "ICE (CA)": "us-dhs-ice",
    "ICE San Diego": "us-dhs-ice",
    "ICE ERO": "us-dhs-ice-ero",
    "ICE - ERO San Francisco": "us-dhs-ice-ero-san-francisco",
    "ERO": "us-dhs-ice-ero",
    "U.S. Immigration and Customs Enforcement": "us-dhs-ice",
    "CBP - NTC": "us-dhs-cbp-ntc",
    "Customs & Border Protection - National Targeting Center": "us-dhs-cbp-ntc",
    "San Diego Sector Border Patrol (CA)": "us-dhs-cbp-usbp-san-diego",
    "USBP - San Diego Sector": "us-dhs-cbp-usbp-san-diego",
    "United States Border Control - Grand Forks Sector MN": "us-dhs-cbp-usbp-grand-forks",
    "Boarder Patrol": "us-dhs-cbp-usbp",
    "USCIS": "us-dhs-uscis",
}
FEDERAL_ONLY = {
    "Drug Enforcement Agency (NATL)": "us-doj-dea",
    "Drug Enforcement Administration (NATL)": "us-doj-dea",
    "ATF National Account": "us-doj-atf",
    "ATF Louisville KY": "us-doj-atf-louisville",
    "F.B.I.": "us-doj-fbi",
    "[Federal] Federal Bureau of Investigation (FBI)": "us-doj-fbi",
    "United States Marshals Service": "us-doj-usms",
    "USMS (Inactive)": "us-doj-usms",
    "(Federal) US Postal Inspection Service": "us-usps-uspis",
    "United States Forest Service CA": "us-usda-usfs",
    "[Federal] Lake Mead NV NRA": "us-doi-nps-lake-mead",
    "Indiana Dunes National Park IN PD": "us-doi-nps-indiana-dunes",
    "Fort Eustis VA US Army": "us-dod-army-fort-eustis",
    "Langley VA US Air Force": "us-dod-air-force-langley-afb",
    "Wright-Patterson OH Air Force Base": "us-dod-air-force-wright-patterson-afb",
    "Roudebush Medical Center Veterans Affairs IN PD": "us-va-police-roudebush",
    "Palo Alto VA Police": "us-va-police",
    "IRS Criminal Investigations": "us-treasury-irs-ci",
    "Tennessee Valley Authority Police": "us-tva-police",
    "HIDTA - Central Valley California": "us-eop-ondcp-hidta-central-valley-california",
    "Secret Service - Los Angeles": "us-dhs-usss",
}
LOCAL = {
    "Federal Way WA PD": "us-wa-federal-way-pd",
    "Federal Heights CO PD": "us-co-federal-heights-pd",
    "National City CA PD": "us-ca-national-city-pd",
    "Fort Worth TX PD": "us-tx-fort-worth-pd",
    "Fort Bragg CA PD": "us-ca-fort-bragg-pd",
    "Fort Lee NJ PD": "us-nj-fort-lee-pd",
    "Capitol Heights MD PD": "us-md-capitol-heights-pd",
    "Marshall TX PD": "us-tx-marshall-pd",
    "Hampton VA PD": "us-va-hampton-pd",
    "Travis County TX SO": "us-tx-travis-county-so",
    "Navajo County AZ SO": "us-az-navajo-county-so",
    "CO - Fort Collins PD": "us-co-fort-collins-pd",
    "Park Ridge NJ PD": "us-nj-park-ridge-pd",
    "Marine City MI PD": "us-mi-marine-city-pd",
    "College Station TX PD": "us-tx-college-station-pd",
    "MEDWAY Drug Enforcement Agency OH PD": "us-oh-medway-drug-enforcement-agency",
    "OH - U.S.23 Major Crimes Task Force": "us-oh-us23-major-crimes-task-force-tf",
    "New Mexico Department of Homeland Security (NM)": "us-nm-homeland-security-state",
    "Wisconsin State Capitol Police (WI)": "us-wi-state-capitol-police-state",
}


@pytest.mark.parametrize(("name", "agency"), IMMIGRATION.items())
def test_immigration_enforcement_is_seen_behind_every_name_it_uses(name: str, agency: str) -> None:
    found = resolve(name)
    assert found.agency == agency
    assert set(found.components) >= ICE
    assert found.chain[-1] == "us-dhs"
    assert found.state is None, "a federal body belongs to no state, whatever the name says"


@pytest.mark.parametrize(("name", "agency"), FEDERAL_ONLY.items())
def test_other_federal_bodies_are_federal_and_nothing_more(name: str, agency: str) -> None:
    found = resolve(name)
    assert found.agency == agency
    assert Component.FEDERAL in found.components
    assert Component.IMMIGRATION_ENFORCEMENT not in found.components


@pytest.mark.parametrize(("name", "agency"), LOCAL.items())
def test_local_agencies_that_sound_federal_stay_local(name: str, agency: str) -> None:
    found = resolve(name)
    assert found.agency == agency
    assert Component.FEDERAL not in found.components


@pytest.mark.parametrize(
    "name",
    ["ICE Box Canyon", "ICE Box Canyon PD", "Customs House Museum TN", "DHS (NM)", "Homeland Security CA",
    "Immigratoin and Customs Enf",
     "US Something Unheard Of",
     "Immigration Task Force CA PD"],
)  # fmt: skip
def test_a_federal_mark_that_nothing_explains_is_never_taken_for_local(name: str) -> None:
    found = resolve(name)
    assert found.agency is None
    assert found.status is Status.UNKNOWN
    assert "federal-mark" in found.flags
    assert Component.UNKNOWN in found.components


def test_a_misspelt_federal_name_says_whom_it_resembles() -> None:
    found = resolve("Immigratoin and Customs Enforcment")
    assert found.agency is None and found.candidates == ("us-dhs-ice",)


def test_places_with_ice_in_their_name_are_no_federal_body() -> None:
    for name in ("Icehouse Canyon CA PD", "Price UT PD", "Ice Box Canyon HOA (CA)", "Justice IL PD", "Venice FL PD"):
        found = resolve(name)
        assert Component.FEDERAL not in found.components
        assert "federal-mark" not in found.flags


def test_the_department_alone_may_hide_immigration_enforcement() -> None:
    found = resolve("Department of Homeland Security")
    assert found.agency == "us-dhs"
    assert "may-include:immigration-enforcement" in found.flags


def test_a_hot_list_is_no_agency_even_with_a_federal_name() -> None:
    found = resolve("HSI MASTER")
    assert found.agency is None
    assert "hot-list-name" in found.flags
    assert found.candidates == ("us-dhs-ice-hsi",)


def test_an_account_shared_by_a_local_and_a_federal_body_counts_as_federal() -> None:
    found = resolve("Springfield OH PD - HSI TF")
    assert found.agency == "us-dhs-ice-hsi"
    assert "mixed-name" in found.flags
    assert found.confidence < 0.9


def test_la_pd_may_be_louisiana() -> None:
    found = resolve("LA PD")
    assert found.agency is None
    assert found.status is Status.AMBIGUOUS
    assert "us-ca-los-angeles-pd" in found.candidates
    assert resolve("18th Judicial District DA's Office- LA PD").state == "LA"
    assert resolve("LA MESA POLICE DEPARTMENT (CA)").agency == "us-ca-la-mesa-pd"
    assert resolve("LAPD").agency == "us-ca-los-angeles-pd"


def test_a_veterans_hospital_and_a_town_in_virginia_are_told_apart() -> None:
    assert resolve("Richmond VA Police").agency == "us-va-richmond-pd"
    assert resolve("VA Police Palo Alto").agency == "us-va-police"
    assert Component.FEDERAL not in resolve("Salem VA Police Department").components


def test_an_army_post_and_a_town_of_its_name_are_told_apart_by_the_state() -> None:
    assert resolve("Fort Hood TX PD").agency == "us-dod-army-fort-cavazos"
    assert resolve("Fort Carson CO").agency == "us-dod-army-fort-carson"
    assert resolve("Fort Lee Police Department", context_state="NJ").agency == "us-nj-fort-lee-pd"
    unclear = resolve("Fort Bragg PD")
    assert unclear.agency is None
    assert unclear.candidates == ("us-dod-army-fort-bragg",)


def test_bodies_of_other_countries_are_foreign() -> None:
    assert resolve("Royal Canadian Mounted Police").components == (Component.FOREIGN,)
    assert Component.FOREIGN in resolve("Somewhere Provincial Police").components
    assert resolve("Canadian County OK SO").state == "OK"
    assert resolve("Ontario CA PD").agency == "us-ca-ontario-pd"


ABRIDGED = {
    "Homland Security Investigations": "us-dhs-ice-hsi",
    "Homeland Security Investiga": "us-dhs-ice-hsi",
    "Homeland Sec Inv": "us-dhs-ice-hsi",
    "Homeland Security Invest. RAC Calexico": "us-dhs-ice-hsi",
    "Imigration and Customs Enforcement": "us-dhs-ice",
    "Immigration & Customs Enf - ERO Bakersfield": "us-dhs-ice",
    "Federal Protective Svc": "us-dhs-fps",
    "Federal Bur of Investigation Portland OR": "us-doj-fbi-portland",
    "U.S. Postal Insp. Service": "us-usps-uspis",
    "US Capitol PD": "us-congress-uscp",
    "Drug Enforcment Administration": "us-doj-dea",
}


@pytest.mark.parametrize(("name", "agency"), ABRIDGED.items())
def test_a_federal_name_with_words_cut_short_or_a_letter_wrong_is_still_federal(name: str, agency: str) -> None:
    found = resolve(name)
    assert found.agency == agency and Component.FEDERAL in found.components
    assert found.status is Status.RESOLVED


@pytest.mark.parametrize(
    ("name", "agency"),
    [
        ("So. San Francisco PD", "us-ca-south-san-francisco-pd"),
        ("N Las Vegas PD NV", "us-nv-north-las-vegas-pd"),
        ("W. Covina PD", "us-ca-west-covina-pd"),
        ("Mich. State Police", "us-mi-state-police"),
        ("Sacramento County Sheriff-Coroner", "us-ca-sacramento-county-so"),
        ("SD-LECC", "us-ca-sdlecc"),
        ("Orange County Intelligence Assessment Center (OCIAC)", "us-ca-ociac"),
        ("Joint Regional Intel Center", "us-ca-jric"),
        ("Union Pacific RR Police", "union-pacific"),
    ],
)
def test_directions_initials_and_abbreviations_lead_to_the_agency_and_to_no_other(name: str, agency: str) -> None:
    assert resolve(name).agency == agency


@pytest.mark.parametrize(
    "name",
    [
        "Baja California State Police", "LA State Police", "S Pasadena PD", "Customs Garage", "ICE Cold Storage", "Ero Logistics",
        "Marshals Creek PD", "Border Patrl Station Chula Vista", "El Centro Sector Intelligence Unit", "Homeland PD",
    ],
)  # fmt: skip
def test_what_nobody_can_tell_is_nobody_and_never_harmless(name: str) -> None:
    found = resolve(name)
    assert found.agency is None and Component.UNKNOWN in found.components


def test_no_federal_name_written_as_lists_write_names_is_taken_for_a_local_agency() -> None:
    bodies = [one for one in load().agencies.values() if one.id.startswith(("us-dhs", "us-doj"))]
    for one in bodies:
        words = one.name.split()
        if len(words) < 3 or one.name.startswith("Department of "):
            continue
        for name in (
            f"{one.name} (NV)",
            f"{one.name} PD",
            f"{one.name} [Inactive]",
            " ".join((*words[:-1], words[-1][:4])),
        ):
            found = resolve(name)
            assert found.agency is None or Component.FEDERAL in found.components, (name, found.agency)
