"""The usage and privacy policy of a household, made of the settings that run: what it says changes with them and never apart.

California Civ. Code 1798.90.51(b)(2)(A) to (G) asks every operator of a plate reader for one. It names nobody.
"""

from __future__ import annotations

from datetime import date

from plateward.core.household import MOST_PLATES
from plateward.core.purpose import OWN_LIST
from plateward.core.retention import spoken
from plateward.formats.usage_policy import (
    Accuracy,
    Custodian,
    Data,
    Kept,
    Monitoring,
    Purposes,
    Security,
    Sharing,
    UsagePolicy,
    Users,
)
from plateward.node.household.broker import broker_feed
from plateward.node.household.keeping import kept_at_home
from plateward.node.household.profile import SETTING
from plateward.node.node import Node
from plateward.store import policy, readers

PATH = "/home/policy"
_BROKER = "The household's own home automation is told of reads of its own list, over a broker in its own network."


async def policy_of(node: Node) -> UsagePolicy:
    """The policy as it stands: retention, cameras and address as they run now."""
    minutes, told = await kept_at_home(node), await broker_feed(node) is not None
    async with node.store.transaction() as tx:
        since = date.fromisoformat((await policy.setting(tx, SETTING))["since"])
        cameras = sum(
            one.status is readers.ReaderStatus.ACTIVE for one in await readers.readers(tx, node.settings.agency)
        )
    return UsagePolicy(
        agency=node.settings.agency,
        adopted=since,
        published=node.settings.address + PATH,
        purposes=Purposes(
            (OWN_LIST,),
            "To tell the household when a vehicle of its own list, its family's or an expected visitor's, is at its own cameras. "
            "For no other purpose, and never to look for anybody else.",
        ),
        users=(
            Users(
                "householder",
                "the one person of the household",
                "That person has read which law binds a household before anything was collected. Nobody else has an account, an "
                "employee or contractor neither.",
            ),
        ),
        monitoring=Monitoring(
            30, "the householder", "anybody",
            "Every look is recorded with time, entry looked for, person and purpose, and each record is committed to a public "
            "ledger that anybody can verify. The gate refuses what this policy does not allow, by rules that are tested at each "
            "start.",
        ),
        sharing=Sharing(
            (),
            "Nothing is sold, shared or transferred, to nobody: at home the program has no share and no production, and its "
            f"promises forbid them. {_BROKER if told else 'No other system is told of anything.'}",
        ),
        custodian=Custodian("the householder, who owns the cameras"),
        accuracy=Accuracy(
            f"A read counts when its plate, or a look-alike of it, is on a list of at most {MOST_PLATES} that the household "
            "keeps by hand, each entry with an end. An alert shows the picture beside the listed plate, to be compared; a misread "
            "is decided as one. Whoever asks is taken off the list, which destroys what was kept of them."
        ),
        retention=Kept(
            minutes,
            f"Reads of listed plates are kept {spoken(minutes)}, so that one can see who of the list was there. Reads of all other "
            "plates are never kept: they are dropped in the moment in which they come in.",
            "Each minute what is past its time is destroyed, with a receipt in the public ledger; pictures lose their keys; the "
            "bytes are gone from the disk soon after.",
        ),
        data=Data(("plate", "time", "camera", "picture of the vehicle, encrypted")),
        security=Security(
            since,
            f"The node runs on the household's own machine ({cameras} cameras), with a key for each camera and one account; there "
            "is no vendor and no contract.",
        ),
    )  # fmt: skip
