"""What plates look like: names, slogans and pairs of colours; facts about published designs."""

from __future__ import annotations

import numpy as np

Colour = tuple[float, float, float]
"""Red, green, blue, 0..1."""


def _items(text: str) -> tuple[str, ...]:
    return tuple(" ".join(item.split()) for item in text.split("|"))


STATES = _items(
    """ALABAMA | ALASKA | ARIZONA | ARKANSAS | CALIFORNIA | COLORADO | CONNECTICUT | DELAWARE | FLORIDA | GEORGIA |
    HAWAII | IDAHO | ILLINOIS | INDIANA | IOWA | KANSAS | KENTUCKY | LOUISIANA | MAINE | MARYLAND | MASSACHUSETTS |
    MICHIGAN | MINNESOTA | MISSISSIPPI | MISSOURI | MONTANA | NEBRASKA | NEVADA | NEW HAMPSHIRE | NEW JERSEY |
    NEW MEXICO | NEW YORK | NORTH CAROLINA | NORTH DAKOTA | OHIO | OKLAHOMA | OREGON | PENNSYLVANIA | RHODE ISLAND |
    SOUTH CAROLINA | SOUTH DAKOTA | TENNESSEE | TEXAS | UTAH | VERMONT | VIRGINIA | WASHINGTON | WEST VIRGINIA |
    WISCONSIN | WYOMING | ONTARIO | QUEBEC"""
)
SLOGANS = _items(
    """Sweet Home | The Last Frontier | Grand Canyon State | The Natural State | dmv.ca.gov | Constitution State | The First
State | Sunshine State | MyFlorida.com | Peach State | Aloha State | Scenic Idaho | Land of Lincoln | In God We Trust
| Bluegrass State | Sportsman's Paradise | Vacationland | The Spirit of America | Great Lakes | Pure Michigan | 10,000
lakes | Explore | Show-Me State | Treasure State | Big Sky | Cornhusker State | The Silver State | Live Free or Die |
Garden State | Land of Enchantment | Empire State | EXCELSIOR | First in Flight | Peace Garden State | Birthplace of
Aviation | Native America | Pacific Wonderland | visitPA.com | Ocean State | Smiling Faces | Great Faces Great Places
| The Volunteer State | The Lone Star State | Life Elevated | Green Mountain State | Virginia is for Lovers |
Evergreen State | Wild, Wonderful | America's Dairyland | Forever West | Yours to Discover | Je me souviens"""
)
DEALERS = _items(
    "MOTORS | AUTO SALES | FORD | TOYOTA | CHEVROLET | HONDA | AUTOHAUS | GO TEAM | ALUMNI | MY OTHER CAR | www.cars.com"
)

_WHITE, _CREAM, _YELLOW, _BLUE, _GREEN, _RED, _BLACK = (
    (0.92, 0.92, 0.92), (0.9, 0.86, 0.72), (0.95, 0.78, 0.2), (0.1, 0.18, 0.55), (0.05, 0.35, 0.18),
    (0.72, 0.08, 0.1), (0.06, 0.06, 0.07),
)  # fmt: skip
_SKY, _ORANGE, _NAVY, _BROWN, _LIME = (
    (0.62, 0.78, 0.92),
    (0.92, 0.5, 0.12),
    (0.06, 0.1, 0.3),
    (0.35, 0.2, 0.1),
    (0.55, 0.78, 0.45),
)
# (ground, serial): the pairs that US states, provinces and special plates use.
US_PAIRS = (
    (_WHITE, _BLUE), (_WHITE, _NAVY), (_WHITE, _BLACK), (_WHITE, _GREEN), (_WHITE, _RED), (_WHITE, _BROWN),
    (_SKY, _NAVY), (_SKY, _BLACK),
    (_CREAM, _BLACK), (_CREAM, _GREEN), (_CREAM, _RED), (_CREAM, _NAVY), (_YELLOW, _BLACK), (_YELLOW, _BLUE), (_YELLOW, _RED),
    (_LIME, _BLACK), (_ORANGE, _NAVY), (_BLUE, _WHITE), (_BLUE, _YELLOW), (_NAVY, _YELLOW), (_GREEN, _WHITE), (_BLACK, _YELLOW),
    (_BLACK, _WHITE), (_RED, _WHITE), (_BROWN, _CREAM), (_WHITE, _BLUE), (_WHITE, _NAVY), (_WHITE, _BLACK), (_WHITE, _RED),
)  # fmt: skip
EU_PAIRS = (
    ((_WHITE, _BLACK),) * 8
    + ((_YELLOW, _BLACK),) * 3
    + ((_WHITE, _RED), (_WHITE, _GREEN), (_WHITE, _BLUE), (_BLACK, _WHITE), (_BLUE, _WHITE))
)
BR_PAIRS = (
    ((0.6, 0.6, 0.6), _BLACK),
    ((0.62, 0.62, 0.6), _BLACK),
    (_WHITE, _BLACK),
    (_RED, _WHITE),
    (_WHITE, _RED),
    ((0.5, 0.5, 0.5), _BLACK),
)
_LUMA = np.array([0.299, 0.587, 0.114])


def in_grey(colour: Colour, infrared: bool, rng: np.random.Generator) -> float:
    """How bright the colour is (0..1), by day or in infrared, in which strong colours turn pale; a little off each time."""
    luma = float(_LUMA @ np.array(colour))
    if infrared:
        luma = 0.25 + 0.7 * max(colour) if max(colour) > 0.5 else luma
    return float(np.clip(luma + rng.normal(0, 0.04), 0.02, 1.0))


def told_apart(ground: float, ink: float, rng: np.random.Generator) -> float:
    """The ink's grey, moved away from the ground's where the two could hardly be told apart (worn plates stay)."""
    least = 0.12 if rng.random() < 0.08 else 0.3
    if abs(ground - ink) >= least:
        return ink
    return float(np.clip(ground - least if ground > 0.45 else ground + least, 0.0, 1.0))
