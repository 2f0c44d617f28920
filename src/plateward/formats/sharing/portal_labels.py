"""Headings of transparency portals: which field each opens, in the spellings, questions and languages seen.

Agencies choose which fields a portal shows and how they are called. What is not known here is named as unread, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from plateward.formats.spreadsheets import plain

LABELS: Mapping[str, tuple[str, ...]] = {
    "prohibited_uses": ("prohibited uses", "prohibited use", "prohibited uses policy", "usos prohibidos", "uso prohibido"),
    "acceptable_use": ("acceptable use policy", "acceptable use", "permitted uses", "uso aceptable",
                       "política de uso aceptable", "usos permitidos"),
    "access_policy": ("access policy", "política de acceso"),
    "hotlist_policy": ("hotlist policy", "hot list policy"),
    "sharing_policy": (
        "sharing with partners", "sharing restrictions", "sharing policy", "sharing info", "data sharing policy",
    ),
    "other_policy": ("sb54", "sb 54", "policy info", "alpr policy", "additional info", "disclaimer"),
    "hotlists": ("hotlists alerted on", "hot lists alerted on", "hot lists", "hotlists"),
    "retention_days": (
        "data retention in days", "data retention (in days)", "data retention", "data retention (days)", "data retention days",
        "data retention for flock devices", "flock data retention (in days)", "retention days",
        "retention", "retention period", "retention policy", "retención de datos",
        "retención de datos (en días)", "período de retención",
    ),
    "cameras": (
        "number of lpr and other cameras", "number of lpr cameras", "number of active lpr cameras", "number of owned cameras",
        "number of owned lpr cameras", "number of flock lpr cameras", "number of lprs", "lpr cameras", "total cameras",
        "camera count", "cameras", "número de cámaras", "cámaras",
    ),
    "vehicles_30d": (
        "vehicles detected in the last 30 days", "unique vehicles detected in the last 30 days", "unique vehicles detected",
        "vehicles detected 30d", "vehicles 30d", "vehículos detectados en los últimos 30 días",
    ),
    "hits_30d": ("hotlist hits in the last 30 days", "number of hotlist hits", "hotlist hits 30d"),
    "searches_30d": ("searches in the last 30 days", "number of searches", "searches 30d"),
    "outbound": (
        "organizations granted access", "external organizations with access", "sharing network data with",
        "external agencies who have access", "only agencies with external access", "organizations with access",
        "sharing outbound", "orgs granted access", "agencies with access",
        "shared networks", "my shared networks", "networks we're sharing", "organizations we share with", "partner agencies",
        "data sharing partners", "organizaciones con acceso", "agencias con acceso", "organizaciones con acceso autorizado",
    ),
    "inbound": (
        "organizations sharing their data", "receiving network data from", "sharing inbound", "orgs sharing with",
        "organizations sharing with us", "networks shared with us", "shared with us", "networks shared with me",
        "organizaciones que comparten sus datos", "organizaciones que comparten con nosotros",
    ),
    "owner": ("crawled name", "agency", "agency name", "name", "organization", "organization name", "portal name",
              "portal slug", "crawled slug", "slug"),
    "dated": ("archived date", "last updated", "updated", "date", "crawled at", "accessed"),
}  # fmt: skip
FIELD = {plain(label): field for field, labels in LABELS.items() for label in labels}
_OTHER_LABELS = {plain(label) for label in (
    "what's detected", "what's not detected", "whats detected", "whats not detected", "overview", "policies", "usage",
    "public search audit", "search audit", "download csv", "success stories", "delivery address", "california svs",
    "restrictions on deployment", "glossary", "transparency portal", "policy documents", "policy link",
)}  # fmt: skip
_PREFIXED = re.compile(
    r"^(?P<inbound>(?:organi[sz]ations|agencies|networks) (?:that are |that |which )?(?:shar\w+|provid\w+)"
    r"(?: (?:their |its )?data)?(?: (?:with|to) (?:us|me|our)\b.*)?$"
    r"|organizations sharing|receiving network data|(?:agencies|organi[sz]ations) (?:we|that we) receive\b|who shares with us)"
    r"|^(?P<outbound>(?:\w+ ){0,3}(?:organi[sz]ations|orgs|agencies|departments|partners)\b.{0,25}\baccess\b"
    r"|external (?:organi[sz]ations|agencies|sharing)|sharing network data with|organizations granted access"
    r"|(?:approved \w+ share|agencies \w+ shares) with|agencies with access|who (?:do we |we |has )(?:share|access)\b"
    r"|(?:networks|data) (?:that )?(?:we|i)(?:'re| are|’re)? shar\w+|(?:agencies|organi[sz]ations) (?:that )?we share)"
    r"|^(?P<vehicles_30d>(?:total |number of |unique )*(?:vehicles|plates|license plates)\b[^.]{0,30}\b(?:last|past) 30 days\W*$)"
    r"|^(?P<hits_30d>(?:total |number of )*hot ?list (?:hits|alerts)\b[^.]{0,30}\b(?:last|past) 30 days\W*$)"
    r"|^(?!.*\b(?:immigration|federal|external|outside|audit)\b)"
    r".{0,60}(?P<searches_30d>searches\b[^.]{0,20}\b(?:last|past) 30 days\W*$)"
    r"|^(?P<retention_days>(?:flock |lpr |alpr |image |plate )*data retention\b|how long\b.{0,30}\b(?:retain|kept|keep|stor)"
    r"|(?:lpr |alpr |image |plate )*(?:data )?retention (?:period|time|policy)\b|length of retention)"
    r"|^(?P<cameras>(?:how many|(?:total )?number of)\b.{0,30}\b(?:cameras|readers|lprs)\b)",
    re.IGNORECASE,
)


def portal_fields(keys: Iterable[str]) -> dict[str, str]:
    """Which of these keys or headings hold which field of a portal."""
    return {key: field for key in keys if (field := FIELD.get(plain(key))) is not None}


def portal_known() -> dict[str, str]:
    """Every spelling of a portal's headings that a table may have, as ``spreadsheets.plain`` writes it."""
    return {spelled: field for spelled, field in FIELD.items() if field not in ("owner", "dated")}


def looks_like(keys: Iterable[str]) -> bool:
    """Whether a heading or an object's keys are a portal's: at least two that only portals have."""
    own = set(portal_fields(keys).values()) - {"owner", "dated"}
    return len(own) >= 2


def label_of(text: str) -> str | None:
    """The field a heading opens, "" for a heading of no interest, None for text that is no heading."""
    bare = plain(text.rstrip(":?"))
    if bare in _OTHER_LABELS:
        return ""
    field = FIELD.get(bare)
    if field is not None and field not in ("owner", "dated"):
        return field
    if len(text) <= 120 and not text.endswith("."):
        found = _PREFIXED.match(text)
        if found:
            return found.lastgroup
    return None
