"""What stands on plates: serial patterns of states and countries, and vanity plates.

In a pattern "A" is a letter, "9" a digit, "X" either; a space, "-" or "." is drawn as a gap or a mark and is not part of
the plate's text; letters after a backslash stand for themselves. The patterns are facts about published serial formats.
"""

from __future__ import annotations

import numpy as np

US_PATTERNS: dict[str, tuple[str, ...]] = {
    "AL": ("9AA9999", "99A999A", "9999AAA"),
    "AK": ("AAA 999",),
    "AZ": ("AAA9999", "AA9 AA9A", "AAA 999"),
    "AR": ("999 AAA", "AAA 99A"),
    "CA": ("9AAA999", "9AAA999", "9A99999", "99999A9"),
    "CO": ("999-AAA", "AAA-999", "AAA-A99"),
    "CT": ("AA-99999", "9AAAA9", "999-AAA", "999 AAA"),
    "DE": ("999999", "PC 999999".replace("PC", "\\P\\C")),
    "DC": ("AA-9999",),
    "FL": ("AAA A99", "999 9AA", "AA9 9AA", "A99 9AA", "AAAA99"),
    "GA": ("AAA9999", "999 AAA", "999AAA"),
    "HI": ("AAA 999",),
    "ID": ("9A 99999", "A 999999", "9A A9999", "9A 9999A"),
    "IL": ("A99 9999", "999 9999", "AA 99999", "A 999999"),
    "IN": ("999AAA", "999A", "99A9999", "999AA", "AAA999"),
    "IA": ("999 AAA", "AAA 999"),
    "KS": ("999 AAA", "9999 AAA".replace("9999", "999")),
    "KY": ("999 AAA", "999-AAA", "A9A999"),
    "LA": ("AAA 999", "999 AAA", "999AAA"),
    "ME": ("9999 AA", "999 AAA"),
    "MD": ("9AA9999", "9AA A99", "AAA 999", "A 99999"),
    "MA": ("999 AAA", "99AA 99", "9AA A99", "9AAA 99", "9999 AA"),
    "MI": ("AAA 9999", "9AAA99", "AAA 999"),
    "MN": ("999-AAA", "AAA-999", "AAA 999"),
    "MS": ("AAA 999", "999 AAA", "AAA 9999"),
    "MO": ("AA9 A9A", "AAA 999", "999-AAA"),
    "MT": ("99-9999A", "9-99999A", "999999A", "AAA999"),
    "NE": ("AAA 999", "99-A999", "9-A9999"),
    "NV": ("999-AAA", "99A-999", "999 AAA"),
    "NH": ("999 9999", "999 999"),
    "NJ": ("A99-AAA", "AAA-99A", "AA-999A", "AAA99A"),
    "NM": ("999-AAA", "999 AAA", "AAA999"),
    "NY": ("AAA-9999", "AAA 9999", "9AA 999", "A99-9AA"),
    "NC": ("AAA-9999", "AA-99999", "999-9AA"),
    "ND": ("999 AAA", "AAA 999"),
    "OH": ("AAA 9999", "AA99AA", "AAA9999"),
    "OK": ("999-AAA", "AAA-999", "AAA 999"),
    "OR": ("999 AAA", "AAA 999", "9999 AA".replace("9999", "999")),
    "PA": ("AAA-9999", "AAA 9999", "AAA9999"),
    "RI": ("999-999", "AA-999", "AA 999"),
    "SC": ("AAA 999", "999 AAA"),
    "SD": ("9A9 999", "99A 999", "9AA 999"),
    "TN": ("999-AAA", "A99-99A", "AAA 999"),
    "TX": ("AAA-9999", "AA9-A999", "A99 AAA", "AAA 999", "99A-AA9"),
    "UT": ("A99 9AA", "999 AAA", "9A9 AA"),
    "VT": ("AAA 999", "999A999"),
    "VA": ("AAA-9999", "AAA 9999", "AAA-999"),
    "WA": ("999-AAA", "AAA9999", "999 AAA"),
    "WV": ("9AA 999", "9A 9999", "AAA 999"),
    "WI": ("999-AAA", "AAA-9999", "AAA-999"),
    "WY": ("9-99999", "99-9999", "99 999AA"),
}
EU_PATTERNS = (
    "AA-999-AA", "AA 999 AA", "AA 9999", "AA-AA 9999", "A-AA 9999", "AAA-A 999", "A-A 999", "AA-A 99", "A-AA 999",
    "A AA 9999", "AA A 999", "999AA99", "9999 AAA", "9999 AAA", "99-AA-99", "AA-99-99", "99-AA-AA", "99-AAA-9", "A-999-AA",
    "9-AAA-99", "AA-999-A", "9-AAA-999", "1-AAA-999", "AA 99999", "AAA 99A", "AAA 999", "AAA 9999", "AAA-999", "9A9 9999",
    "99A 9999", "AA 999AA", "AA 9999 AA", "A 99 AAA", "AA 99 AAA", "A 999 AAA", "99-A-9999", "999-99-99", "AA99 AAA",
    "AA99 AAA", "A999 AAA", "AAA 999A", "99-\\D-9999", "151-\\D-9999", "AA 999-AA", "AA9999AA", "A9999A", "9999 AA 99",
    "A999AA 99", "AA-9999", "AA 9999AA", "AA 999 999", "A 9999 AA",
)  # fmt: skip
BR_PATTERNS = ("AAA-9999", "AAA-9999", "AAA9999", "AAA9A99", "AAA 9A99")
WORLD_PATTERNS = (
    "AA 99 AA 9999", "AA 99 A 9999", "AA99 AA 9999", "AA9AA9999", "AAA-99A", "AAA 999", "9AA 9AA", "AAA 99A", "999-AAA",
    "AAA-99-99", "AAA-9999", "AA-99999", "A 9999", "99999", "AAA 9999", "AAA99A", "AAA-999A", "AA 999", "9 AA 999", "A A99999",
    "AA AAAA", "AAAA 99", "A99999", "AAA 999 AA", "999 AA 99", "A-99999", "AA 9999 A",
)  # fmt: skip
_WORDS = """
GOLF BLUE HAPPY LUCKY KING QUEEN MOM DAD BOSS LOVE SUN MOON STAR FAST GO RACE SKI FISH BOAT HUNT DOC NURSE TEACH COACH
BIKE RIDE JEEP TRUCK VET ARMY NAVY USMC ROCK JAZZ MUSIC DANCE BEACH SURF WAVE SAND PALM ROSE LILY RUBY JADE GOLD
SILVER RED BLACK WHITE GREEN PINK WOLF BEAR LION TIGER EAGLE HAWK FOX DEER HORSE DOG CAT BIRD BEE BUG SNOW ICE FIRE
STORM RAIN WIND CLOUD SKY TOY ZOOM VROOM SPEED TURBO POWER ELEC EV ZAP WATT GRN ECO HYBRID TESLA BMW AUDI FORD CHEVY
DODGE HONDA VW BUGGY CAMARO VETTE MUSTNG SHELBY COBRA VIPER GT SS RT SRT JOHN MARY MIKE ANNA JIM BOB SUE LISA KAREN
DAVID PAUL EMMA OLIVIA NOAH LIAM ZOE MAX SAM JACK KATE JEN AMY TOM TIM DAN JOE RON RAY LEE KIM FAMILY GRAMMY NANA PAPA
GPA TWINS BABY WIFE HUBBY MRS MR MY I AM THE IM ILUV UR R U 4U 2 4 8 BE C N GR8 L8 EZ OK YES NO XOXO LOL OMG WOW YAY
HEY HI BYE QT CUTIE SWEET HONEY SUGAR CANDY COOKIE PIZZA TACO WINE BEER VINO CHEF COOK EAT YUM VEGAN YOGA ZEN PEACE
HOPE FAITH GRACE BLESSD JESUS GOD AMEN PRAY JOY CODE GEEK NERD BYTE DATA LINUX UNIX ROBOT SPACE NASA MARS PILOT FLY
JET CPA LAW JD MD PHD RN DDS SELL SOLD HOMES REALTR
"""


class Texts:
    """Draws plate texts from a generator; letters that look like digits come up a little more often."""

    _LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    _VANITY = _WORDS.split()

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def _letter(self, rare: bool) -> str:
        letters = self._LETTERS
        while True:
            letter = str(letters[self._rng.integers(26)])
            if rare or letter not in "IOQ" or self._rng.random() < 0.35:
                return letter

    def fill(self, pattern: str, rare: bool = False) -> str:
        """A text for `pattern`; `rare` makes I, O and Q as common as other letters."""
        result, literal = [], False
        for sign in pattern:
            if literal:
                result.append(sign)
                literal = False
            elif sign == "\\":
                literal = True
            elif sign == "A":
                result.append(self._letter(rare))
            elif sign == "9":
                result.append(str(self._rng.integers(10)))
            elif sign == "X":
                result.append(self._letter(True) if self._rng.random() < 0.5 else str(self._rng.integers(10)))
            else:
                result.append(sign)
        return "".join(result)

    def vanity(self) -> str:
        """Two or three words and numbers, at most eight letters, some with their vowels dropped."""
        parts: list[str] = []
        for _ in range(int(self._rng.integers(1, 4))):
            word = (
                str(self._rng.choice(self._VANITY)) if self._rng.random() < 0.75 else str(self._rng.integers(0, 1000))
            )
            if len(word) > 4 and self._rng.random() < 0.3:
                word = word[0] + "".join(sign for sign in word[1:] if sign not in "AEIOU")
            parts.append(word)
        text = (" " if self._rng.random() < 0.4 else "").join(parts)[:8].strip()
        return text if len(text.replace(" ", "")) >= 2 else self.vanity()

    def scramble(self, longest: int = 8) -> str:
        """Letters and digits without any pattern, so that no pattern is taken for granted."""
        return self.fill("X" * int(self._rng.integers(4, longest + 1)), rare=True)

    def pick(self, patterns: tuple[str, ...]) -> str:
        """A text for one of `patterns`, with thin characters, which frames and bands hide, at its ends more often than chance."""
        pattern = str(patterns[self._rng.integers(len(patterns))])
        if self._rng.random() < 0.2 and "\\" not in pattern:
            place = 0 if self._rng.random() < 0.6 else -1
            thin = {"A": "\\I", "9": "1"}.get(pattern[place], pattern[place])
            pattern = thin + pattern[1:] if place == 0 else pattern[:-1] + thin
        return self.fill(pattern, rare=bool(self._rng.random() < 0.25))
