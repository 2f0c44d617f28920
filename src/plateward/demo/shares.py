"""The town's shares: who lets whom use its reads, who asked and was refused, and the one that should never have been.

In August 2025, before the promise, somebody at Ridgeport approved a page of requests at once, and the Bulk Cash Smuggling Center
was among them. Nobody noticed for four months. The centre has asked again since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from plateward.core.share import Grant, Share, ShareState
from plateward.demo.agencies import (
    BCSC,
    PORT_ALDER_PD,
    RIDGE_RIC,
    RIDGE_SO,
    RIDGEPORT_PD,
    SILVER_FLAT_PD,
    SUMMIT_HOA,
)

_ALL = frozenset({Grant.SEARCH, Grant.HITS, Grant.PICTURES, Grant.EXACT_LOCATION})
_SEARCH = frozenset({Grant.SEARCH, Grant.PICTURES, Grant.EXACT_LOCATION})

MISTAKE = "ridgeport-bcsc-2025"
"""The share of August 2025, revoked in December when it was found."""
REQUEST = "ridgeport-bcsc-request"
"""The centre's new request: what the promise refuses."""
ONWARD = "sheriff-ric"
"""The share that opens the back door: the sheriff lets the fusion centre pass on what it gets."""

REVIEWED: Mapping[str, str] = {
    "ridgeport-port-alder": "A police department of California (Civ. Code 1798.90.55(b)); burglars work both towns.",
    "port-alder-ridgeport": "A police department of California (Civ. Code 1798.90.55(b)); one harbour, one coast road.",
    "ridgeport-sheriff": "A sheriff of California (Civ. Code 1798.90.55(b)); patrols the roads out of town. Two weeks back do.",
    "sheriff-ridgeport": "A police department of California (Civ. Code 1798.90.55(b)); the county road ends in its streets.",
    "port-alder-sheriff": "A sheriff of California (Civ. Code 1798.90.55(b)); patrols the coast road.",
    "sheriff-port-alder": "A police department of California (Civ. Code 1798.90.55(b)); joint burglary cases.",
    ONWARD: "A public agency of California; its analysts work our cases. Nobody asked whom it passes reads on to.",
}
"""What the owner's reviewer wrote of right and need, by share: those that two of the owner's people brought into force."""


def _share(
    name: str,
    owner: str,
    receiver: str,
    grants: frozenset[Grant],
    state: ShareState,
    begins: datetime,
    look_back: int = 30,
    onward: bool = False,
) -> Share:
    return Share(
        name,
        owner,
        receiver,
        grants,
        state,
        begins,
        begins + timedelta(days=365),
        look_back_days=look_back,
        onward=onward,
    )


def shares(now: datetime) -> tuple[Share, ...]:
    """All shares as they stand at ``now`` (aware), in every state of a share's life. The active ones began weeks ago."""
    spring, autumn = now - timedelta(days=200), now - timedelta(days=75)
    active, asked = ShareState.ACTIVE, ShareState.REQUESTED
    return (
        _share("ridgeport-port-alder", RIDGEPORT_PD, PORT_ALDER_PD, _ALL, active, spring),
        _share("port-alder-ridgeport", PORT_ALDER_PD, RIDGEPORT_PD, _ALL, active, spring),
        _share("ridgeport-sheriff", RIDGEPORT_PD, RIDGE_SO, _SEARCH, active, autumn, look_back=14),
        _share("sheriff-ridgeport", RIDGE_SO, RIDGEPORT_PD, _ALL, active, autumn),
        _share("port-alder-sheriff", PORT_ALDER_PD, RIDGE_SO, _SEARCH, active, autumn),
        _share("sheriff-port-alder", RIDGE_SO, PORT_ALDER_PD, _SEARCH, active, autumn),
        _share("hoa-ridgeport", SUMMIT_HOA, RIDGEPORT_PD, _SEARCH, active, spring),
        _share(ONWARD, RIDGE_SO, RIDGE_RIC, _SEARCH, active, spring, onward=True),
        _share(
            MISTAKE,
            RIDGEPORT_PD,
            BCSC,
            frozenset({Grant.SEARCH}),
            ShareState.REVOKED,
            datetime(2025, 8, 4, 16, tzinfo=UTC),
        ),
        _share(REQUEST, RIDGEPORT_PD, BCSC, frozenset({Grant.SEARCH, Grant.HITS}), asked, now - timedelta(days=2)),
        _share("ridgeport-silver-flat", RIDGEPORT_PD, SILVER_FLAT_PD, _SEARCH, asked, now - timedelta(days=1)),
        _share("ridgeport-hoa", RIDGEPORT_PD, SUMMIT_HOA, _SEARCH, ShareState.REFUSED, autumn),
    )
