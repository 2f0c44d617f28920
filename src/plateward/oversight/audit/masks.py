"""Names and plates out of what people read: persons and plates are numbered, and free text keeps only words that name nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from plateward.oversight.audit import words

_KNOWN = frozenset(
    """
    abandoned abduction abortion abuse accident agency aggravated alert allied amber animal armed arrest arson assault
    assist assisting attack auto aware bank bar battery bike black blue border brandishing brown burglary business call card
    carjack carjacking catalytic chase child civil collision commercial complaint contact converter county court crash
    credit criminal cruelty custody damage dangerous dead deadly death demonstration deported deputy detainer disorderly
    disturbance dog domestic dot drive driver driving drug drugs dui dv elder elderly elude eluding embezzlement endangered
    enforcement escape evade evading evidence explosive exposure extortion failed failure family fatal federal felon fight
    fire firearm fled fleeing force forgery fraud from fugitive gang girl gold grand gray green grey gta gun harassment hate
    hit hold home homicide house human identity illegal immigrant immigration impersonation impersonator impersonating
    indecent injury intoxicated juvenile kidnap kidnapping kill killed larceny laundering left male man marshal marshals
    mental meth minor missing molest mother motor murder narcotics neglect no not observation oas off old order outside over
    overdose parole parking party patrol petty planned parenthood police porch possession probation property prostitution
    protest protester protesters pursuit quality racing ran rape reckless recovered red registration reproductive
    residential restraining retail road robbery runaway running sale sales scene school search serious sex sexual shooting
    shop shoplift shoplifting shots shot silver sig silver smash snatch solicitation speeding stabbing stalking statutory
    stole stolen stop street strong structure suicidal suicide suspicious switched takeover task terror theft threat threats
    to traffic trafficking trailer train training transient trespass trespassing truck unlawful vandalism vehicular victim
    violation violations violence violent wanted warrant warrants weapon weapons welfare white witness woman yellow agents
    agent assaulted ice ero hsi cbp usbp dea fbi atf usms dhs tfo jttf hidta dhs hs pd so sd sheriff sheriffs department
    dept office state national city other priors prior fta ftc dwi dwls dwlsr rec resist resisting battery child porn csam
    icac ncmec ncic svs unsub suspect suspects male female adult adults night day reported reporting recovery repo tow towed
    organized organised ring crew series pattern residential commercial construction equipment tools mail package packages
    cat converters copper wire gas pump skimmer atm ukn unk h r
    """.split()  # noqa: SIM905
) | words._SAYS_NOTHING | words.PLACEHOLDERS  # fmt: skip
_CODE = re.compile(
    r"\d{2,5}(?:\.\d{1,3})?(?:\([a-z0-9]{1,2}\))*(?:pc|cvc|vc|hs|hsc|wic?|bp|ccp|cpc)?|pc|cvc|vc|(?:\([a-z0-9]{1,2}\))+",
    re.IGNORECASE,
)
_CASE = re.compile(r"[a-z]{0,5}\d{2,4}-\d{3,9}|\d{2}-\d{2}-\d{3,7}", re.IGNORECASE)


@lru_cache(maxsize=50_000)
def quotable(text: str, longest: int = 80) -> str:
    """Free text with everything that might name a person, a plate or a place replaced by "…"; codes and case numbers stay."""
    if len(text.strip()) == 1:
        return text.strip()
    kept: list[str] = []
    for token in text.split():
        core = token.strip(".,;:!?\"'()[]/\\-#&+*")
        pieces = [piece for piece in re.split(r"[/,;&+\-.]+", core) if piece]
        shown = (
            not pieces
            or _CASE.fullmatch(core) is not None
            or all(piece.lower() in _KNOWN or _CODE.fullmatch(piece) for piece in pieces)
        )
        if shown:
            kept.append(token)
        elif not kept or kept[-1] != "…":
            kept.append("…")
    joined = " ".join(kept)
    return joined if len(joined) <= longest else f"{joined[:longest]}…"


class Masker:
    """Names persons and plates by number, in the order in which they appear, or as they are where ``show`` is True."""

    def __init__(self, *, show: bool = False, names: Mapping[str, str] | None = None) -> None:
        self.show = show
        self._names = names or {}
        self._persons: dict[str, int] = {}
        self._plates: dict[str, int] = {}

    def person(self, name: str) -> str:
        """ "person 3", or the name: what an account or agency is called, where the log holds ids."""
        return (
            self._names.get(name, name)
            if self.show
            else f"person {self._persons.setdefault(name, len(self._persons) + 1)}"
        )

    def agency(self, name: str) -> str:
        """What an organisation is called. Organisations are never masked."""
        return self._names.get(name, name)

    def plate(self, plate: str) -> str:
        """ "plate 7", or the plate."""
        return plate if self.show else f"plate {self._plates.setdefault(plate, len(self._plates) + 1)}"

    def words(self, text: str) -> str:
        """Free text fit to print."""
        return text.strip() if self.show else quotable(text)
