"""Back doors: by right, in practice, and the fewest shares that close them, checked against trying every set of shares."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plateward.core.agency import Registry, Relation
from plateward.core.errors import BadInput
from plateward.core.reach import Link, Network, Way, back_doors, fewest_to_close, links_of, reachable
from plateward.core.share import ShareState
from plateward.formats.edges import read_edges
from tests.core.world import AFFILIATIONS, AGENCIES, NOW, edge, share

OWNER, CENTER, ICE, NEIGHBOUR = "ridgeport-pd", "river-center", "us-dhs-ice", "port-alder-pd"
PASSES_ON = edge(CENTER, Relation.MAY_PASS_ON, ICE)
WORLD = Registry.of(AGENCIES, (*AFFILIATIONS, PASSES_ON))


def network(*shares: object, **more: object) -> Network:
    return Network.of(links_of(WORLD, shares, NOW, **more))  # type: ignore[arg-type]


def test_a_centre_that_may_pass_on_opens_a_door_by_the_share_that_leads_to_it() -> None:
    found = network(share(OWNER, CENTER), share(OWNER, NEIGHBOUR))
    (door,) = back_doors(found, OWNER, [ICE], by_right=True)
    assert door.parties == (OWNER, CENTER, ICE)
    assert (door.opens_by, door.close_by) == ("ridgeport-pd-to-river-center", ("ridgeport-pd-to-river-center",))


def test_a_member_without_leave_to_pass_on_is_no_door_by_right_but_one_in_practice() -> None:
    found = network(share(OWNER, NEIGHBOUR))
    assert back_doors(found, OWNER, [ICE], by_right=True) == ()
    (door,) = back_doors(found, OWNER, [ICE], by_right=False)
    assert door.parties == (OWNER, NEIGHBOUR, CENTER, ICE) and not door.by_right


def test_leave_to_pass_on_makes_the_same_way_a_door_by_right() -> None:
    found = network(share(OWNER, NEIGHBOUR, onward=True))
    (door,) = back_doors(found, OWNER, [ICE], by_right=True)
    assert door.parties == (OWNER, NEIGHBOUR, CENTER, ICE)
    assert door.close_by == ("ridgeport-pd-to-port-alder-pd",)


def test_the_owners_own_membership_sends_nothing_for_its_reads_leave_by_share_alone() -> None:
    both = Registry.of(AGENCIES, (*AFFILIATIONS, PASSES_ON, edge(OWNER, Relation.MEMBER_OF, CENTER)))
    found = Network.of(links_of(both, (), NOW, assigned=[(OWNER, ICE)], on_behalf=[(OWNER, ICE)]))
    assert reachable(found, OWNER, by_right=False) == {}


def test_staff_on_a_task_force_and_searches_for_somebody_else_are_ways_in_practice() -> None:
    for more in ({"assigned": [(NEIGHBOUR, ICE)]}, {"on_behalf": [(NEIGHBOUR, ICE)]}):
        found = network(share(OWNER, NEIGHBOUR), **more)
        assert back_doors(found, OWNER, [ICE], by_right=False)[0].parties == (OWNER, NEIGHBOUR, ICE)
        assert back_doors(found, OWNER, [ICE], by_right=True) == ()


@pytest.mark.parametrize("state", [s for s in ShareState if s is not ShareState.ACTIVE])
def test_a_share_that_is_not_active_carries_nothing(state: ShareState) -> None:
    assert reachable(network(share(OWNER, CENTER, state=state)), OWNER, by_right=False) == {}


def test_the_fewest_shares_are_fewer_than_the_ways() -> None:
    """Five neighbours all pass through one share: ending that one closes five ways."""
    links = [Link("owner", f"city-{n}", Way.SHARE, f"to-{n}", True) for n in range(5)]
    links += [Link(f"city-{n}", "hub", Way.TO_BODY) for n in range(5)]
    links += [Link("hub", "sink", Way.SHARE, "the-one", False)]
    assert fewest_to_close(Network.of(links), "owner", ["sink"], by_right=False) == ("the-one",)


names = st.integers(0, 5).map(lambda n: f"a{n}")
some_links = st.lists(
    st.tuples(
        names, names, st.sampled_from([Way.SHARE, Way.SHARE, Way.PASSES_ON, Way.TO_BODY, Way.ASSIGNED]), st.booleans()
    ),
    max_size=12,
)


def _network(given_links: list[tuple[str, str, Way, bool]], without: frozenset[int] = frozenset()) -> Network:
    return Network.of(
        Link(a, b, way, f"s{n}" if way is Way.SHARE else None, onward and way is Way.SHARE)
        for n, (a, b, way, onward) in enumerate(given_links)
        if n not in without
    )


@settings(max_examples=300, deadline=None)
@given(some_links, st.booleans())
def test_no_smaller_set_of_shares_closes_it_and_the_one_named_does(
    given_links: list[tuple[str, str, Way, bool]], by_right: bool
) -> None:
    targets = ["a4", "a5"]
    named = fewest_to_close(_network(given_links), "a0", targets, by_right=by_right)
    shares = [n for n, link in enumerate(given_links) if link[2] is Way.SHARE]

    def closed(ended: frozenset[int]) -> bool:
        return not set(targets) & set(reachable(_network(given_links, ended), "a0", by_right=by_right))

    assert closed(frozenset(int(name[1:]) for name in named))
    # The same share written twice is one link, so a smaller set can only be found among distinct links.
    distinct = {given_links[n]: n for n in shares}
    if len(distinct) == len(shares):
        for smaller in range(len(named)):
            assert not any(closed(frozenset(some)) for some in combinations(shares, smaller))


@settings(max_examples=200, deadline=None)
@given(some_links)
def test_whatever_is_reached_by_right_is_reached_in_practice_by_a_way_no_longer(
    given_links: list[tuple[str, str, Way, bool]],
) -> None:
    found = _network(given_links)
    rightly, anyhow = reachable(found, "a0", by_right=True), reachable(found, "a0", by_right=False)
    assert set(rightly) <= set(anyhow)
    for party, way in rightly.items():
        assert len(anyhow[party]) <= len(way)
        assert way[0].source == "a0" and way[-1].target == party
        assert all(before.target == after.source for before, after in pairwise(way))


def test_a_table_of_edges_in_the_layouts_people_publish() -> None:
    journalists = "src_agency,external_agency,src_agency_id,external_agency_id\nA PD,B PD,1,2\nA PD,B PD,1,2\n"
    (only,) = read_edges(journalists, "edges.csv")
    assert (only.owner, only.receiver, only.share, only.onward, only.line) == ("A PD", "B PD", "A PD → B PD", None, 2)
    ours = "share,owner,receiver,way,onward\nsh-1,a,b,share,yes\n,b,c,may-pass-on,\n"
    assert [(e.share, e.way, e.onward) for e in read_edges(ours, "x")] == [
        ("sh-1", "share", True),
        ("b → c", "may-pass-on", None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least two columns"),
        ("owner,receiver\n", "holds no share"),
        ("owner,receiver\na,\n", "line 2: the receiver is missing"),
        ("owner,who\na,b\n", "no column receiver"),
        ("owner,receiver,way\na,b,teleport\n", "line 2, way: 'teleport'"),
        ("owner,receiver,onward\na,b,maybe\n", "line 2, onward: 'maybe'"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_by_file_line_and_column(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_edges(text, "edges.csv")


def test_the_real_network_of_37179_shares_names_federal_agencies_and_what_closes_each(shared: Path) -> None:
    """As McClatchy's journalists read them from transparency portals in April 2024; postal inspectors and ATF receive."""
    from plateward.oversight.reach import network_reach

    file = shared / "sharing" / "mcclatchy_agency_access_2024-04-26.csv"
    edges = read_edges(file.read_text("utf-8"), file.name)
    known = {"US Postal Inspection Service": "us-dhs", "ATF Louisville KY": "us-doj-atf"}
    found = network_reach(edges, "sylvania oh pd", ("federal",), WORLD, known.get, NOW.date())
    assert found.owner == "Sylvania OH PD" and found.reached > 4000
    doors = {door.target: door for door in found.doors}
    assert set(doors) == set(known)
    assert doors["US Postal Inspection Service"].parties == ("Sylvania OH PD", "US Postal Inspection Service")
    for door in doors.values():
        left = [edge for edge in edges if edge.share not in door.close_by]
        again = network_reach(left, "Sylvania OH PD", ("federal",), WORLD, known.get, NOW.date())
        assert door.target not in {one.target for one in again.doors}
