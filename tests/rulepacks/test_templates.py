"""Templates: a city fills in blanks and has a promise that runs."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core.agency import Agency, AgencyKind
from plateward.core.cases import unsound
from plateward.core.errors import BadInput
from plateward.core.promise import ceilings, parse_promises
from plateward.registry import load
from plateward.rulepacks import template

DAY = date(2026, 1, 12)


def filled(name: str, agency: str = "us-ca-el-cajon-pd", document: str = "Resolution 26-03", **given: object) -> str:
    days = {"days": 30} if template.needs_days(name) else {}
    return template.fill(name, load().agencies[agency], DAY, document, **(days | given))  # type: ignore[arg-type]


@pytest.mark.parametrize("agency", ["us-ca-el-cajon-pd", "us-nh-belknap-county-so", "us-tx-dps"])
@pytest.mark.parametrize("name", template.names())
def test_a_filled_template_is_a_promise_whose_cases_come_out(name: str, agency: str) -> None:
    (promise,) = parse_promises(filled(name, agency), name)
    assert unsound(promise, load(), DAY) == ()
    assert promise.promised_by == agency
    assert promise.in_force_from == promise.source.date == DAY
    assert promise.help
    assert load().agencies[agency].called in promise.sentence
    assert "<<" not in filled(name, agency)


def test_the_six_promises_a_city_makes_are_there() -> None:
    assert set(template.names()) == {
        "no-immigration-enforcement", "no-onward-sharing", "no-money", "police-only", "no-out-of-state", "retention",
    }  # fmt: skip
    assert all(template.title(name) for name in template.names())


def test_a_promised_ceiling_is_a_ceiling() -> None:
    (promise,) = parse_promises(filled("retention", days=7), "t")
    owner = load().agencies["us-ca-el-cajon-pd"]
    assert [(name, limit.ceiling_minutes) for name, limit in ceilings(owner, DAY, (promise,), ())] == [
        (promise.id, 7 * 1440)
    ]


@given(st.text(max_size=60).filter(lambda text: text.strip() and text.isprintable()))
def test_no_name_of_a_document_breaks_out_of_its_quotes(document: str) -> None:
    read = tomllib.loads(filled("no-money", document=document))
    assert read["promise"][0]["source"]["document"] == document.strip()
    assert len(read["promise"]) == 1


def test_blanks_that_cannot_be_filled_are_named() -> None:
    federal = load().agencies["us-doj-fbi"]
    with pytest.raises(BadInput, match="no template"):
        filled("no-cats")
    with pytest.raises(BadInput, match="document"):
        filled("no-money", document="  ")
    with pytest.raises(BadInput, match="printable"):
        filled("no-money", document='x"\nid = "other')
    with pytest.raises(BadInput, match="needs a number of days"):
        filled("retention", days=None)
    with pytest.raises(BadInput, match="has no number of days"):
        filled("no-money", days=3)
    with pytest.raises(BadInput, match="1 to"):
        filled("retention", days=0)
    with pytest.raises(BadInput, match="no state"):
        template.fill("no-money", federal, DAY, "Memo")


def test_a_name_with_quotes_stays_a_name() -> None:
    agency = Agency("us-ca-x-pd", 'The "Old" Police', AgencyKind.POLICE, state="CA")
    (promise,) = parse_promises(template.fill("no-money", agency, DAY, "Memo"), "t")
    assert 'The "Old" Police promised' in promise.sentence
