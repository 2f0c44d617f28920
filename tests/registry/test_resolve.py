"""How local names resolve: spellings of the state, namesakes, slips, notes, and what stays honestly open."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.agency import AgencyKind, Component
from plateward.registry import Status, load, resolve
from plateward.registry.federal import FederalIndex
from plateward.registry.index import id_of, index, key_of
from plateward.registry.names import normal
from plateward.registry.states import STATES

EL_CAJON = [
    "El Cajon CA PD", "El Cajon PD CA", "El Cajon (CA) PD", "El Cajon PD (CA)", "CA - El Cajon PD",
    "CA- El Cajon PD", "El Cajon PD - CA",
    "EL CAJON POLICE DEPARTMENT (CA)", "El Cajon Police Department, CA", "El Cajon Police Department-CA",
    "El Cajon, California Police Department",
    "City of El Cajon Police Department (CA)", "City of El Cajon Police Dept CA", "El Cajon CA Police",
    "El Cajon Ca PD", "El Cajon CA PD [Inactive]",
    "DNU - El Cajon CA PD (Raven v1.2)", "El Cajon CA PD (Condor)", "-el-cajon-pd-ca", "el-cajon-ca-pd",
    "El Cajón CA PD", "El Cajon  CA  PD ",
    "us-ca-el-cajon-pd", "el cajon police department ca", "El Cajon Department of Police CA",
]  # fmt: skip
OKALOOSA = [
    "Okaloosa County FL SO", "Okaloosa CO FL SO", "Okaloosa County Sheriff's Office (FL)",
    "OKALOOSA COUNTY SHERIFFS OFFICE FL",
    "FL - Okaloosa County SO", "Okaloosa County SO - FL", "County of Okaloosa Sheriff’s Department, FL",
    "Okaloosa County Sheriff Florida",
    "Okaloosa County Florida Sheriff's Office", "Okaloosa Co. FL Sheriff's Dept.", "Okaloosa Sheriff FL",
    "Okaloosa County Sherriffs Office (FL)",
]  # fmt: skip


@pytest.mark.parametrize("name", EL_CAJON)
def test_a_city_police_under_every_spelling(name: str) -> None:
    found = resolve(name)
    assert (found.agency, found.state, found.status) == ("us-ca-el-cajon-pd", "CA", Status.RESOLVED)


@pytest.mark.parametrize("name", OKALOOSA)
def test_a_sheriff_under_every_spelling(name: str) -> None:
    found = resolve(name)
    assert (found.agency, found.state) == ("us-fl-okaloosa-county-so", "FL")


def test_a_name_that_several_states_have_is_left_open_with_its_candidates() -> None:
    for name in (
        "Orange County Sheriff",
        "Springfield Police Department",
        "Fayetteville PD",
        "Columbus Police Department",
    ):
        found = resolve(name)
        assert found.agency is None
        assert found.status is Status.AMBIGUOUS
        assert len(found.candidates) > 1
        assert found.components == (Component.UNKNOWN,)


def test_what_the_document_says_beside_the_name_decides_between_namesakes() -> None:
    assert resolve("Fayetteville Police Department", context_state="GA").agency == "us-ga-fayetteville-pd"
    assert resolve("LA Port Police", context_state="CA").agency == "us-ca-los-angeles-port-police"
    assert resolve("Orange County Sheriff", context_state="fl").agency == "us-fl-orange-county-so"
    assert resolve("LA PD", context_state="CA").agency is None, (
        "a document cannot turn Louisiana's code into California"
    )


def test_a_state_in_the_name_beats_the_document() -> None:
    assert resolve("Fayetteville GA PD", context_state="NC").state == "GA"


def test_a_place_that_only_one_state_has_needs_no_state() -> None:
    assert resolve("Chula Vista Police Department").agency == "us-ca-chula-vista-pd"
    assert resolve("Alameda County Sheriff").agency == "us-ca-alameda-county-so"


def test_two_known_namesakes_are_never_settled_by_size() -> None:
    assert resolve("Rockford Police Department").agency is None
    assert resolve("Dallas Police Department").agency is None


def test_a_well_formed_name_outside_the_registry_gives_state_and_kind_but_no_agency() -> None:
    found = resolve("Zzyzx County CA SO")
    assert (found.agency, found.status, found.state, found.kind) == (None, Status.DERIVED, "CA", AgencyKind.SHERIFF)
    assert Component.UNKNOWN in found.components
    campus = resolve("University of Nowhere in Particular PD (OR)")
    assert (campus.agency, campus.state) == (None, "OR")
    assert set(campus.components) == {Component.CAMPUS, Component.UNKNOWN}


def test_every_county_sheriff_of_the_states_that_elect_one_is_known() -> None:
    for name in ("Loving County TX SO", "Kalawao County HI SO", "Petroleum County MT SO", "Cameron Parish LA SO"):
        assert (resolve(name).agency is None) == ("HI" in name)


def test_slips_of_spelling_resolve_only_when_nothing_else_is_near() -> None:
    slip = resolve("El Cajn CA PD")
    assert slip.agency == "us-ca-el-cajon-pd"
    assert "spelling" in slip.flags
    assert slip.confidence < 0.8
    assert resolve("Huntington Bea PD CA").agency == "us-ca-huntington-beach-pd"
    for name in ("North Park County CO SO", "Reeve County Sherriffs Office", "Wast Park PD IL"):
        assert resolve(name).agency is None


def test_a_slip_never_crosses_directions_numbers_or_states() -> None:
    assert resolve("East Chicago IL PD").agency != "us-il-west-chicago-pd"
    assert (
        resolve("17th Judicial District Drug Task Force - TN PD").agency
        != "us-tn-18th-judicial-district-drug-task-force-tf"
    )


def test_a_county_named_beside_the_place_must_be_the_agencys() -> None:
    assert resolve("Wright Township PD (Luzerne County) PA PD").agency == "us-pa-wright-township-pd"
    assert resolve("Wright Township PD (Erie County) PA PD").agency is None


def test_the_most_specific_form_wins() -> None:
    assert resolve("18th Judicial District DA's Office- LA PD").kind is AgencyKind.PROSECUTOR
    assert resolve("Kleberg TX County Attorney's Task Force").kind is AgencyKind.TASK_FORCE
    assert resolve("University of Iowa PD (IA)").kind is AgencyKind.CAMPUS_POLICE
    assert resolve("Lac Courte Oreilles Tribal Police WI").kind is AgencyKind.TRIBAL_POLICE
    assert resolve("Waterstone HOA (CA)").kind is AgencyKind.PRIVATE
    assert Component.PRIVATE in resolve("Emory University Campus PD GA").components


NOTES = [
    "Test Demo 1234", "(DEACTIVATED)", "Inactive", "DO NOT USE - ERROR", "Delete - Don't Use", "Bailey Demo Cam", "null", "Demo",
    "Ohio LE Flock Training", "Duplicate account", "[DEACTIVATED] - demo", "Example PD",
]  # fmt: skip


@pytest.mark.parametrize("name", NOTES)
def test_tests_and_notes_are_recognised_as_no_agency(name: str) -> None:
    found = resolve(name)
    assert (found.agency, found.status) == (None, Status.NOT_AN_AGENCY)
    assert Component.UNKNOWN in found.components


def test_a_note_on_a_real_agency_is_a_flag() -> None:
    assert "inactive" in resolve("Flagstaff AZ PD [Inactive]").flags
    assert {"do-not-use", "second-account"} <= set(resolve("DNU - Cedartown GA PD (Raven)").flags)
    assert resolve("Greenbrier TN PD (duplicate)").agency == resolve("Greenbrier TN PD").agency


def test_vendor_accounts_belong_to_the_vendor() -> None:
    for name in ("Flock Safety - Sales", "Flock Safety PD Test Org", "Flock PD"):
        found = resolve(name)
        assert found.agency == "flock-safety"
        assert Component.PRIVATE in found.components


def test_state_names_in_place_names_are_places() -> None:
    cases = {"California City PD CA": "CA", "Iowa County SO IA": "IA", "Delaware County PA SO": "PA", "Indiana PA PD": "PA",
             "Nevada MO PD": "MO", "Oregon WI PD": "WI", "Kansas City KS PD": "KS", "Washington State Patrol": "WA",
             "Modoc County California Sheriffs Office": "CA", "University of Washington PD": "WA",
             "Jefferson CO TX SO": "TX",
             "Wagoner CO SO OK": "OK", "Miner Co SO SD": "SD", "Riverside County CA SD": "CA",
             "Michigan City IN PD": "IN"}  # fmt: skip
    for name, state in cases.items():
        assert resolve(name).state == state, name
    for name in ("Washington PD", "Delaware PD", "Adams CO SO"):
        assert resolve(name).state is None, name


def test_a_university_named_after_two_states_sits_in_the_second() -> None:
    assert resolve("Indiana University of Pennsylvania PD").state == "PA"
    assert resolve("Indiana University PD").state == "IN"


def test_police_department_and_pd_are_one_word() -> None:
    assert (
        resolve("Metro Nashville Police Department").agency
        == resolve("Metro Nashville PD").agency
        == "us-tn-metro-nashville-pd"
    )


def test_names_that_contradict_themselves_are_left_open() -> None:
    found = resolve("Springfield (OH) PD (MO)")
    assert found.agency is None
    assert found.status is Status.AMBIGUOUS


def test_a_287g_agreement_shows_from_the_day_it_was_signed_and_pending_ones_do_not() -> None:
    signed = resolve("Okaloosa County FL SO", day=date(2026, 1, 1))
    assert Component.T287G in signed.components
    assert any("287(g)" in source.title for source in signed.sources)
    assert Component.T287G not in resolve("Okaloosa County FL SO", day=date(2019, 1, 1)).components
    assert Component.T287G not in resolve("Dunnellon Police Department, FL").components


ALPHABET = st.characters(codec="utf-8", exclude_categories=("Cs",))


@given(st.text(ALPHABET, max_size=60))
def test_no_text_breaks_the_resolver_and_only_a_resolution_names_an_agency(text: str) -> None:
    found = resolve(text)
    assert found.name == text
    assert (found.agency is not None) == (found.status is Status.RESOLVED)
    assert 0.0 <= found.confidence <= 1.0
    assert found.agency is not None or Component.UNKNOWN in found.components


PHRASES = sorted({
    " ".join(alias.words) for found in index().federal.aliases.values() for alias in found if not alias.mark and not alias.acronym
})  # fmt: skip
PLACES = ["Springfield", "San Diego", "El Cajon", "Fort Worth", "Orange County", "Camp Hill"]


@given(
    phrase=st.sampled_from(PHRASES),
    place=st.sampled_from(["", *PLACES]),
    state=st.sampled_from(["", "CA", "(TX)", "- OH", ", Florida"]),
    ending=st.sampled_from(["", "PD", "Police", "Task Force", "[Inactive]", "(Raven)"]),
    upper=st.booleans(),
)
def test_a_federal_phrase_is_never_resolved_as_local(
    phrase: str, place: str, state: str, ending: str, upper: bool
) -> None:
    if phrase.startswith("va "):
        place, state = "", ""  # VA beside a place may be Virginia
    name = " ".join(part for part in (phrase.title(), place, state, ending) if part)
    found = resolve(name.upper() if upper else name)
    assert found.agency is None or Component.FEDERAL in found.components


@given(
    agency=st.sampled_from(
        sorted(
            a.id for a in load().agencies.values() if a.kind in {AgencyKind.POLICE, AgencyKind.SHERIFF} and key_of(a.id)
        )
    ),
    style=st.sampled_from(
        ["{body} {state} {form}", "{body} {form} ({state})", "{state} - {body} {form}", "{body} {form}, {state}"]
    ),
    upper=st.booleans(),
)
def test_every_local_agency_resolves_from_its_plain_name(agency: str, style: str, upper: bool) -> None:
    key = key_of(agency)
    assert key is not None
    form, body, county = key
    state = load().agencies[agency].state
    name = style.format(body=body if upper else body.title(), form=form.value.upper(), state=state)
    if county is None and form.value in {"pd", "so"}:
        found = resolve(name.upper() if upper else name)
        assert found.state == state
        assert found.agency == agency


def test_ids_and_keys_are_each_others_inverse() -> None:
    for agency in load().agencies:
        if key := key_of(agency):
            form, body, county = key
            state = load().agencies[agency].state
            assert state is not None
            assert id_of(state, form, body, county) == agency


def test_a_federal_index_needs_no_tables() -> None:
    row = ["x", "Border Patrol", "federal-agency", "", "", "", "", "", "federal", "", "Border Patrol", "s"]
    found = FederalIndex.of([row], frozenset()).match("Blaine Border Patrol WA")
    assert found is not None
    assert found.agency == "x"


def test_normal_writes_abbreviations_out() -> None:
    assert normal("St. Mary's Twp. Dept of Public Safety") == normal("Saint Marys Township Department of Public Safety")
    assert set(STATES) >= {"CA", "DC", "PR"}
