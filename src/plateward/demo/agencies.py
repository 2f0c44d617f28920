"""Who shares the town's roads: three local agencies, a fusion centre, a homeowners' association, and those who would like to look.

All invented, except the federal agencies they are affiliated with, which the registry holds with their real sources.
"""

from __future__ import annotations

from datetime import date

from plateward.core.agency import Affiliation, Agency, AgencyKind, Component, Relation, Source

RIDGEPORT_PD = "us-ca-ridgeport-pd"
RIDGE_SO = "us-ca-ridge-county-so"
PORT_ALDER_PD = "us-ca-port-alder-pd"
RIDGE_RIC = "us-ca-ridge-ric"
SUMMIT_HOA = "us-ca-summit-ridge-hoa"
SILVER_FLAT_PD = "us-nv-silver-flat-pd"
COASTAL_TASK_FORCE = "us-ca-ridge-coastal-contraband-tf"

BCSC = "us-dhs-ice-hsi-bcsc"
HSI = "us-dhs-ice-hsi"
ATF = "us-doj-atf"

LOCAL = (RIDGEPORT_PD, RIDGE_SO, PORT_ALDER_PD)
"""The agencies that own readers and have accounts on the town's node."""

FICTION = Source("The demo town of Ridgeport, an invention of Plateward", date(2026, 1, 1))

AGENCIES: tuple[Agency, ...] = (
    Agency(
        RIDGEPORT_PD,
        "Ridgeport Police Department",
        AgencyKind.POLICE,
        state="CA",
        short="Ridgeport Police",
        place="Ridgeport",
        aliases=("Ridgeport PD", "Ridgeport CA PD", "RPD Ridgeport"),
        sources=(FICTION,),
    ),
    Agency(
        RIDGE_SO,
        "Ridge County Sheriff's Office",
        AgencyKind.SHERIFF,
        state="CA",
        short="Ridge County Sheriff",
        place="Ridge County",
        aliases=("Ridge County SO", "Ridge County CA SO", "Ridge County Sheriff's Department"),
        sources=(FICTION,),
    ),
    Agency(
        PORT_ALDER_PD,
        "Port Alder Police Department",
        AgencyKind.POLICE,
        state="CA",
        short="Port Alder Police",
        place="Port Alder",
        aliases=("Port Alder PD", "Port Alder CA PD"),
        sources=(FICTION,),
    ),
    Agency(
        RIDGE_RIC,
        "Ridge Regional Intelligence Center",
        AgencyKind.FUSION_CENTER,
        state="CA",
        short="Ridge Regional Intelligence Center",
        place="Ridge County",
        aliases=("Ridge RIC", "RRIC"),
        sources=(FICTION,),
    ),
    Agency(
        SUMMIT_HOA,
        "Summit Ridge Homeowners Association",
        AgencyKind.PRIVATE,
        state="CA",
        place="Ridgeport",
        aliases=("Summit Ridge HOA",),
        sources=(FICTION,),
    ),
    Agency(
        SILVER_FLAT_PD,
        "Silver Flat Police Department",
        AgencyKind.POLICE,
        state="NV",
        short="Silver Flat Police",
        place="Silver Flat",
        aliases=("Silver Flat PD", "Silver Flat NV PD"),
        sources=(FICTION,),
    ),
    Agency(
        COASTAL_TASK_FORCE,
        "Coastal Contraband Task Force",
        AgencyKind.TASK_FORCE,
        short="Coastal Contraband Task Force",
        place="Ridge County",
        aliases=("CCTF",),
        sources=(FICTION,),
    ),
)

AFFILIATIONS: tuple[Affiliation, ...] = (
    Affiliation(RIDGE_RIC, Relation.IS_A, Component.FUSION_CENTER, FICTION),
    Affiliation(SUMMIT_HOA, Relation.IS_A, Component.PRIVATE, FICTION),
    Affiliation(COASTAL_TASK_FORCE, Relation.IS_A, Component.TASK_FORCE, FICTION),
    Affiliation(COASTAL_TASK_FORCE, Relation.PART_OF, HSI, FICTION, since=date(2025, 3, 3)),
    *(Affiliation(agency, Relation.MEMBER_OF, RIDGE_RIC, FICTION) for agency in LOCAL),
    # The back door: what the centre receives may reach a federal member, whatever its contributors promised.
    Affiliation(HSI, Relation.MEMBER_OF, RIDGE_RIC, FICTION, since=date(2024, 7, 1)),
    Affiliation(RIDGE_RIC, Relation.MAY_PASS_ON, HSI, FICTION, since=date(2024, 7, 1)),
)
