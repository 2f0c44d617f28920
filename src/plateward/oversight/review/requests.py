"""Letters that ask for the records: what to ask for, by the kind of file, under each state's law of public records.

The laws' names and times are general knowledge, kept short on purpose; who sends a letter checks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plateward.core.errors import BadInput
from plateward.registry.states import STATES


@dataclass(frozen=True, slots=True)
class RecordsLaw:
    """A state's law of public records and when an agency must answer, "" where the law sets no fixed time."""

    name: str
    citation: str
    answer: str = ""


LAWS: Mapping[str, RecordsLaw] = {
    "AL": RecordsLaw("Alabama Public Records Law", "Ala. Code § 36-12-40 and following"),
    "AZ": RecordsLaw("Arizona Public Records Law", "A.R.S. § 39-121 and following", "promptly"),
    "AR": RecordsLaw("Arkansas Freedom of Information Act", "Ark. Code § 25-19-101 and following", "within three working days"),
    "CA": RecordsLaw("California Public Records Act", "Gov. Code § 7920.000 and following", "within ten days"),
    "CO": RecordsLaw("Colorado Open Records Act and Criminal Justice Records "
    "Act", "C.R.S. §§ 24-72-201 and 24-72-301 and following",
                     "within three working days"),
    "CT": RecordsLaw("Connecticut Freedom of Information Act", "C.G.S. § 1-200 and following", "within four business days"),
    "FL": RecordsLaw("Florida Public Records Act", "Fla. Stat. ch. 119", "promptly"),
    "GA": RecordsLaw("Georgia Open Records Act", "O.C.G.A. § 50-18-70 and following", "within three business days"),
    "IL": RecordsLaw("Illinois Freedom of Information Act", "5 ILCS 140/1 and following", "within five business days"),
    "IN": RecordsLaw("Indiana Access to Public Records Act", "Ind. Code § 5-14-3", "within seven days"),
    "IA": RecordsLaw("Iowa Open Records Law", "Iowa Code ch. 22"),
    "KS": RecordsLaw("Kansas Open Records Act", "K.S.A. 45-215 and following", "within three business days"),
    "KY": RecordsLaw("Kentucky Open Records Act", "KRS 61.870 and following", "within five business days"),
    "LA": RecordsLaw("Louisiana Public Records Act", "La. R.S. 44:1 and following", "within five business days"),
    "ME": RecordsLaw("Maine Freedom of Access Act", "1 M.R.S. § 400 and following", "with an acknowledgement within "
    "five working days"),
    "MD": RecordsLaw("Maryland Public Information Act", "Md. Code, Gen. Prov. § 4-101 and following", "within thirty days"),
    "MA": RecordsLaw("Massachusetts Public Records Law", "G.L. c. 66, § 10", "within ten business days"),
    "MI": RecordsLaw("Michigan Freedom of Information Act", "MCL 15.231 and following", "within five business days"),
    "MN": RecordsLaw("Minnesota Government Data Practices Act", "Minn. Stat. ch. 13, with § 13.824 on plate readers", "promptly"),
    "MO": RecordsLaw("Missouri Sunshine Law", "RSMo ch. 610", "within three business days"),
    "NE": RecordsLaw("Nebraska Public Records Statutes", "Neb. Rev. Stat. § 84-712 and following", "within four business days"),
    "NV": RecordsLaw("Nevada Public Records Act", "NRS ch. 239", "within five business days"),
    "NH": RecordsLaw("New Hampshire Right-to-Know Law", "RSA ch. 91-A", "within five business days"),
    "NJ": RecordsLaw("New Jersey Open Public Records Act", "N.J.S.A. 47:1A-1 and following", "within seven business days"),
    "NM": RecordsLaw("New Mexico Inspection of Public Records Act", "NMSA ch. 14, art. 2", "within fifteen days"),
    "NY": RecordsLaw("New York Freedom of Information Law", "Public Officers Law §§ 84 to 90", "within five business days"),
    "NC": RecordsLaw("North Carolina Public Records Law", "N.C.G.S. ch. 132", "as promptly as possible"),
    "OH": RecordsLaw("Ohio Public Records Act", "R.C. 149.43", "within a reasonable time"),
    "OK": RecordsLaw("Oklahoma Open Records Act", "51 O.S. § 24A.1 and following", "promptly"),
    "OR": RecordsLaw("Oregon Public Records Law", "ORS 192.311 and following", "with an acknowledgement within five business days"),
    "PA": RecordsLaw("Pennsylvania Right-to-Know Law", "65 P.S. § 67.101 and following", "within five business days"),
    "SC": RecordsLaw("South Carolina Freedom of Information Act", "S.C. Code § 30-4-10 and following", "within ten business days"),
    "TN": RecordsLaw("Tennessee Public Records Act", "T.C.A. § 10-7-503", "within seven business days"),
    "TX": RecordsLaw("Texas Public Information Act", "Gov't Code ch. 552", "promptly, within ten business days"),
    "UT": RecordsLaw("Utah Government Records Access and Management Act", "Utah Code ch. 63G-2", "within ten business days"),
    "VT": RecordsLaw("Vermont Public Records Act", "1 V.S.A. § 315 and following", "within three business days"),
    "VA": RecordsLaw("Virginia Freedom of Information Act", "Va. Code § 2.2-3700 and following", "within five working days"),
    "WA": RecordsLaw("Washington Public Records Act", "RCW ch. 42.56", "within five business days"),
    "WI": RecordsLaw("Wisconsin Public Records Law", "Wis. Stat. §§ 19.31 to 19.39", "as soon as practicable"),
}  # fmt: skip

KINDS: Mapping[str, tuple[str, str]] = {
    "vigilant-sharing": (
        "the current Agency Data Sharing Report of Motorola/Vigilant LEARN or VehicleManager",
        "The report has four sections: detections shared and received, hot lists shared and received. A user makes it "
        "under Sharing "
        "with the choice to output the report; it is made in a minute and needs no redaction, as it names agencies only.",
    ),
    "flock-sharing": (
        "the current lists of networks shared with you and networks you share in Flock Safety, as CSV or XLSX",
        "Please include the columns of the organisation's name, of the networks shared in each direction and of the "
        "status, and the "
        "settings for state-wide and national sharing.",
    ),
    "flock-organization-audit": (
        "the Organization Audit of Flock Safety for the last twelve months, as CSV",
        "Please keep the columns ID, Name, Total Networks Searched, Total Devices Searched, Time Frame, Reason, Case "
        "#, Offense Type, "
        "Search Time, Search Type and Moderation. I agree that plates be replaced by codes that stay the same for the "
        "same plate, and "
        "names by codes that stay the same for the same person.",
    ),
    "flock-network-audit": (
        "the Network Audit of Flock Safety for the last three months, as CSV",
        "It shows which organisations searched your cameras. Please keep the columns ID, Org Name, Total Networks Searched, Time "
        "Frame, Reason, Case #, Search Time and Search Type.",
    ),
    "search-log": (
        "the access records of your licence plate reader system for the last three months, as CSV",
        "For each search: date and time, user or a code for the user, organisation, plate or a code for the plate, "
        "reason, case number, "
        "and how many agencies' data were searched.",
    ),
    "policy": (
        "your usage and privacy policy for licence plate readers, with every earlier version, and all agreements on "
        "sharing the data",
        "Please include any document by which a sharing partner was reviewed or approved.",
    ),
}


def request_letter(kind: str, state: str, agency: str, requester: str = "[your name]") -> str:
    """A letter in Markdown that asks ``agency`` for a kind of record. Raises BadInput with the kinds there are."""
    if kind not in KINDS:
        raise BadInput(f"{kind!r} is no kind of record: choose one of {', '.join(KINDS)}", where="kind")
    code = state.strip().upper()
    if code not in STATES:
        raise BadInput(f"{state!r} is no state; write it with two letters, as in CA", where="--state")
    law = LAWS.get(code)
    under = f"the {law.name} ({law.citation})" if law else f"the public records law of {STATES[code]}"
    answer = f" I understand that the law has you answer {law.answer}." if law and law.answer else ""
    what, detail = KINDS[kind]
    return (
        f"To the custodian of records, {agency}\n\nSubject: request for public records, licence plate reader data "
        f"sharing and use\n\n"
        f"Under {under} I ask for a copy of {what}.\n\n{detail}\n\n"
        "Please send the records in the electronic form in which they are kept or can be exported, by e-mail, and with "
        "their columns "
        "unchanged. Where you withhold a part, please send the rest and name the exemption for each part. If there is "
        "a fee, tell me "
        f"before it arises.{answer}\n\nThank you,\n\n{requester}\n"
    )
