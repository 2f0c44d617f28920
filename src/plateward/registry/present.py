"""Resolutions and agencies as plain data for JSON, and as sentences for people."""

from __future__ import annotations

from datetime import date

from plateward.core.agency import Affiliation, Agency, Registry, Relation, Source
from plateward.registry.resolution import Resolution, Status

_STATUS_WORDS = {
    Status.RESOLVED: "",
    Status.DERIVED: "not in the registry",
    Status.AMBIGUOUS: "ambiguous",
    Status.NOT_AN_AGENCY: "not an agency",
    Status.UNKNOWN: "unknown",
}


def resolution_data(found: Resolution) -> dict[str, object]:
    """A resolution as JSON data; the keys are those of the contract and more."""
    return {
        "name": found.name,
        "agency": found.agency,
        "confidence": found.confidence,
        "status": found.status.value,
        "why": found.why,
        "state": found.state,
        "kind": found.kind.value if found.kind else None,
        "chain": list(found.chain),
        "components": [component.value for component in found.components],
        "candidates": list(found.candidates),
        "flags": list(found.flags),
        "place": found.place,
        "county": found.county,
        "sources": [source_data(source) for source in found.sources],
    }


def source_data(source: Source) -> dict[str, str]:
    """A source as JSON data."""
    return {"title": source.title, "date": source.date.isoformat(), "link": source.link}


def resolution_lines(found: Resolution, registry: Registry) -> list[str]:
    """A resolution in words: the name, who it is and belongs to, why, and the sources."""
    if found.agency is None:
        lines = [f"{found.name}: {_STATUS_WORDS[found.status]} ({found.why})"]
    else:
        chain = ", part of ".join(agency_words(registry.agencies[agency]) for agency in found.chain)
        lines = [f"{found.name}: {chain}", f"  {found.agency}; {found.why}; confidence {found.confidence:.2f}"]
    if found.components:
        lines.append(f"  components: {', '.join(found.components)}")
    if found.candidates:
        lines.append(f"  may be: {', '.join(found.candidates)}")
    if found.flags:
        lines.append(f"  note: {', '.join(found.flags)}")
    lines += [f"  source: {source_words(source)}" for source in found.sources]
    return lines


def agency_words(agency: Agency) -> str:
    """An agency's name with its state where it has one."""
    return f"{agency.name}, {agency.state}" if agency.state else agency.name


def source_words(source: Source) -> str:
    """A source with its date and link."""
    return f"{source.title}, {source.date.isoformat()}{' ' + source.link if source.link else ''}"


def agency_data(agency: Agency, registry: Registry, day: date) -> dict[str, object]:
    """An agency with what it belongs to on ``day`` and every affiliation that starts or ends at it, as JSON data."""
    classification = registry.classify(agency.id, day)
    return {
        "id": agency.id,
        "name": agency.name,
        "kind": agency.kind.value,
        "country": agency.country,
        "state": agency.state,
        "place": agency.place,
        "county": agency.county,
        "ori": agency.ori,
        "status": agency.status.value,
        "aliases": list(agency.aliases),
        "chain": list(classification.chain),
        "components": sorted(component.value for component in classification.components),
        "affiliations": [_edge_data(edge) for edge in registry.edges_from(agency.id)],
        "inbound": [_edge_data(edge) for edge in inbound(agency, registry)],
        "sources": [source_data(source) for source in agency.sources],
    }


def inbound(agency: Agency, registry: Registry) -> list[Affiliation]:
    """The affiliations that end at ``agency``: its parts, its members and those who may pass on to it."""
    return [edge for edge in registry.affiliations if edge.target == agency.id]


def _edge_data(edge: Affiliation) -> dict[str, object]:
    return {
        "agency": edge.agency,
        "relation": edge.relation.value,
        "target": edge.target,
        "since": edge.since.isoformat() if edge.since else None,
        "until": edge.until.isoformat() if edge.until else None,
        "source": source_data(edge.source),
    }


def agency_lines(agency: Agency, registry: Registry, day: date) -> list[str]:
    """An agency in words, with its affiliations and their sources."""
    classification = registry.classify(agency.id, day)
    facts = {
        "kind": agency.kind.value,
        "place": agency.place,
        "county": agency.county,
        "ORI": agency.ori,
        "status": agency.status.value,
    }
    lines = [f"{agency_words(agency)} ({agency.id})"]
    lines += [f"  {name}: {value}" for name, value in facts.items() if value]
    if len(classification.chain) > 1:
        lines.append(
            "  part of: " + ", part of ".join(agency_words(registry.agencies[a]) for a in classification.chain[1:])
        )
    lines.append(f"  components: {', '.join(sorted(classification.components)) or 'none'}")
    if agency.aliases:
        lines.append(f"  also: {'; '.join(agency.aliases)}")
    for edge in registry.edges_from(agency.id):
        since = f" since {edge.since}" if edge.since else ""
        lines.append(f"  {edge.relation} {edge.target}{since} [{source_words(edge.source)}]")
    for edge in inbound(agency, registry):
        lines.append(
            f"  {'has the part' if edge.relation is Relation.PART_OF else f'{edge.relation} from'} {edge.agency}"
        )
    lines += [f"  source: {source_words(source)}" for source in agency.sources]
    return lines
