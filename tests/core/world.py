"""A small world for rules: a federal tree, three local agencies, and a promise between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from plateward.core.agency import Affiliation, Agency, AgencyKind, Registry, Relation, Source
from plateward.core.people import Asker
from plateward.core.policy import Policy
from plateward.core.promise import Promise, parse_promises
from plateward.core.share import Grant, Share, ShareState

NOW = datetime(2026, 2, 2, 9, 30, tzinfo=UTC)
DAY = NOW.date()
SOURCE = Source("organisation chart", date(2026, 1, 1))


def _federal(name: str, called: str, short: str | None = None) -> Agency:
    return Agency(name, called, AgencyKind.FEDERAL_AGENCY, short=short)


AGENCIES = (
    _federal("us-dhs", "Department of Homeland Security", "DHS"),
    _federal("us-dhs-ice", "Immigration and Customs Enforcement", "ICE"),
    _federal("us-dhs-ice-hsi", "Homeland Security Investigations"),
    _federal("us-dhs-ice-hsi-bcsc", "Bulk Cash Smuggling Center"),
    _federal("us-doj-atf", "Bureau of Alcohol, Tobacco, Firearms and Explosives", "ATF"),
    Agency("ridgeport-pd", "Ridgeport Police", AgencyKind.POLICE, state="CA"),
    Agency("port-alder-pd", "Port Alder Police", AgencyKind.POLICE, state="CA"),
    Agency("reno-pd", "Reno Police", AgencyKind.POLICE, state="NV"),
    Agency("river-center", "River Regional Fusion Center", AgencyKind.FUSION_CENTER, state="CA"),
    Agency("mystery", "Mystery Unit", AgencyKind.OTHER),
)


def edge(agency: str, relation: Relation, target: str) -> Affiliation:
    return Affiliation(agency, relation, target, SOURCE)


AFFILIATIONS = (
    edge("us-dhs", Relation.IS_A, "federal"),
    edge("us-dhs-ice", Relation.PART_OF, "us-dhs"),
    edge("us-dhs-ice", Relation.IS_A, "immigration-enforcement"),
    edge("us-dhs-ice-hsi", Relation.PART_OF, "us-dhs-ice"),
    edge("us-dhs-ice-hsi-bcsc", Relation.PART_OF, "us-dhs-ice-hsi"),
    edge("us-doj-atf", Relation.IS_A, "federal"),
    edge("river-center", Relation.IS_A, "fusion-center"),
    edge("port-alder-pd", Relation.MEMBER_OF, "river-center"),
    edge("us-dhs-ice", Relation.MEMBER_OF, "river-center"),
)

REGISTRY = Registry.of(AGENCIES, AFFILIATIONS)

NO_ICE = """
id = "ridgeport.no-immigration-enforcement"
sentence = "Ridgeport Police promised on 2026-01-12 not to share with immigration enforcement."
promised_by = "ridgeport-pd"
in_force_from = 2026-01-12
cedar = 'forbid (principal in Component::"immigration-enforcement", action in Action::"receive", resource);'
[source]
document = "Resolution 26-03"
date = 2026-01-12
[[case]]
name = "a part of ICE asks"
expect = "denied"
asker.employer = "us-dhs-ice-hsi-bcsc"
[[case]]
name = "the neighbours ask"
expect = "allowed"
asker.employer = "port-alder-pd"
"""

IN_STATE = """
[pack]
id = "ca-in-state"
title = "Only agencies of the state"
version = "2026-01-01"
read_from = "a test"
not_covered = ["everything else"]
[pack.applies_to]
states = ["CA"]
[pack.source]
document = "a law"
date = 2016-01-01
[[promise]]
id = "ca-in-state.receiver"
section = "1"
sentence = "The law lets a California agency share with agencies of California only."
in_force_from = 2016-01-01
cedar = '''
forbid (principal, action in Action::"receive", resource)
unless { resource has state && principal.states == [resource.state] };
'''
[[promise.case]]
name = "a city of the state"
expect = "allowed"
asker.employer = "port-alder-pd"
[[promise.case]]
name = "a city of another state"
expect = "denied"
asker.employer = "reno-pd"
"""


def promise(text: str = NO_ICE) -> Promise:
    return parse_promises(text, "test.toml")[0]


def share(owner: str, receiver: str, **terms: object) -> Share:
    given: dict[str, object] = {
        "grants": frozenset({Grant.SEARCH, Grant.PICTURES}),
        "state": ShareState.ACTIVE,
        "begins": NOW - timedelta(days=10),
        "expires": NOW + timedelta(days=90),
    }
    return Share(f"{owner}-to-{receiver}", owner, receiver, **(given | terms))  # type: ignore[arg-type]


def policy(promises: tuple[Promise, ...] = (), shares: tuple[Share, ...] = (), **given: object) -> Policy:
    return Policy(epoch=1, day=DAY, registry=REGISTRY, promises=promises, shares=shares, **given)  # type: ignore[arg-type]


BCSC_ANALYST = Asker("analyst", "us-dhs-ice-hsi-bcsc", "us-dhs-ice-hsi-bcsc")
NEIGHBOUR = Asker("neighbour", "port-alder-pd", "port-alder-pd")
OWN_OFFICER = Asker("officer", "ridgeport-pd", "ridgeport-pd")
