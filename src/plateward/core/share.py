"""Shares: one agency lets one other agency use its reads, on terms. Never a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from plateward.core.errors import BadInput

MAX_TERM = timedelta(days=366)
"""A share ends after a year at most, so that somebody asks again whether it is still right."""


class Act(StrEnum):
    """What somebody wants to do with an owner's reads. All but ``hotlist-entry`` let data out (Cedar: ``receive``)."""

    SEARCH = "search"
    HITS = "hits"
    PICTURE = "picture"
    LIVE = "live"
    EXPORT = "export"
    SHARE = "share"
    PRODUCTION = "production"
    HOTLIST_ENTRY = "hotlist-entry"


RECEIVING = frozenset(Act) - {Act.HOTLIST_ENTRY}


class Grant(StrEnum):
    """What a share lets the receiver do; each is a permission of its own."""

    SEARCH = "search"
    HITS = "hits"
    PICTURES = "pictures"
    EXACT_LOCATION = "exact-location"
    EXPORT = "export"


NEEDS: Mapping[Act, Grant] = {
    Act.SEARCH: Grant.SEARCH,
    Act.LIVE: Grant.SEARCH,
    Act.PICTURE: Grant.PICTURES,
    Act.HITS: Grant.HITS,
    Act.EXPORT: Grant.EXPORT,
}
"""The grant an act needs; an act that is not here can be permitted by no share."""


class ShareState(StrEnum):
    """A share's life. Only ``active`` permits anything."""

    REQUESTED = "requested"
    REVIEWED = "reviewed"
    REFUSED = "refused"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Share:
    """One owner, one receiver, terms.

    ``look_back_days``: how far back the receiver may look. ``purposes``: reasons covered, empty for any listed one. ``onward``:
    whether the receiver may pass on what it gets; False unless the owner said so.
    """

    id: str
    owner: str
    receiver: str
    grants: frozenset[Grant]
    state: ShareState
    begins: datetime
    expires: datetime
    look_back_days: int = 30
    purposes: frozenset[str] = frozenset()
    onward: bool = False

    def __post_init__(self) -> None:
        if self.owner == self.receiver:
            raise BadInput("an agency needs no share of its own reads", where="receiver")
        if not self.begins < self.expires <= self.begins + MAX_TERM:
            raise BadInput(f"a share ends after it begins and within {MAX_TERM.days} days", where="expires")
        if not 0 < self.look_back_days <= 3660:
            raise BadInput("the look-back is 1 to 3660 days", where="look_back_days")

    def permits(self, act: Act, reason: str, now: datetime) -> bool:
        """Whether these terms cover ``act`` for ``reason`` at ``now``. No promise has been asked yet."""
        return (
            self.state is ShareState.ACTIVE
            and self.begins <= now < self.expires
            and NEEDS.get(act) in self.grants
            and (not self.purposes or reason in self.purposes)
        )
