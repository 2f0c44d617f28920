"""Mount Prospect, 2025: an Illinois department shared with dozens of agencies of other states, and none had signed the declaration
that the law asks for first.
"""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from plateward.core.document import Document
from plateward.core.policy import considered
from plateward.node.sharing.settle import keep_shares
from tests.node.illinois import ALTON, IOWA_CITY, LAW
from tests.scenarios.stage import NOW, Stage, asked, rules

SIGNED = {"kind": f"declaration:{LAW}", "party": IOWA_CITY, "signer": "Chief Dana Ortiz"}


def test_the_law_refuses_the_share_until_the_receiver_has_signed_and_again_when_its_time_is_over() -> None:
    share = asked(ALTON, IOWA_CITY)
    refusal = considered(rules(packs=[LAW]), share)
    assert refusal is not None and "only after the receiver has signed a written declaration" in refusal.why
    assert "Sign the declaration of 625 ILCS 5/2-130" in refusal.help
    paper = Document(
        "doc-1", owner=ALTON, promises=frozenset({f"{LAW}.declaration"}), signed=date(2026, 10, 1), source="Declaration",
        digest="ab" * 32, begins=date(2026, 10, 1), ends=NOW.date(), **SIGNED,
    )  # fmt: skip
    assert considered(rules(packs=[LAW], documents=[paper]), share) is None
    tomorrow = NOW.date() + timedelta(days=1)
    late = considered(rules(packs=[LAW], documents=[paper], day=tomorrow), share)
    assert late is not None and "ended on 2026-11-02" in late.why


async def test_over_the_api_the_declaration_takes_two_people_and_the_share_ends_with_it(illinois: Stage) -> None:
    body = SIGNED | {
        "signed": "2026-10-01", "begins": "2026-10-01", "ends": "2026-11-20", "source": "Declaration of 1 October",
        "digest": "cd" * 32,
    }  # fmt: skip
    made = (await illinois.api("ada", "POST", "/api/v1/documents", body)).json()["document"]
    assert (made["state"], made["promises"]) == ("waiting", [f"{LAW}.declaration"])
    own = (await illinois.api("ada", "POST", f"/api/v1/documents/{made['id']}/accept", {})).json()
    assert own["refusal"] == "The privacy officer or counsel of the owner accepts a document."
    done = (await illinois.api("paul", "POST", f"/api/v1/documents/{made['id']}/accept", {})).json()
    assert (done["refusal"], done["document"]["state"], done["document"]["accepted_by"]) == ("", "in force", "paul")
    search = {"pattern": "7ABC128", "reason": "burglary", "case": "26-0117", "owners": [ALTON]}
    found = (await illinois.api("ines", "POST", "/api/v1/search", search)).json()
    assert found["owners"][0]["allowed"]
    illinois.world.at += timedelta(days=19)
    await keep_shares(illinois.world.node)
    shares = (await illinois.api("paul", "GET", "/api/v1/shares")).json()
    assert [(one["receiver"], one["state"]) for one in shares] == [(IOWA_CITY, "suspended")]
    told = (await illinois.api("paul", "GET", "/api/v1/notices?unseen=true")).json()
    assert any("ended on 2026-11-20" in one["sentence"] for one in told)


async def test_on_the_command_line_iowa_is_refused_allowed_and_refused_again(illinois: Stage, tmp_path: Path) -> None:
    paper = tmp_path / "declaration.pdf"
    paper.write_bytes(b"the signed declaration")
    search = ("search", "7ABC128", "--reason", "burglary", "--case", "26-0117", "--owner", ALTON, "--as", "ines")
    status, found = await illinois.shell_json(*search)
    assert status == 1 and found["owners"][0]["promises"] == [f"{LAW}.declaration"]
    record = (
        "documents", "record", SIGNED["kind"], "--party", "Iowa City Police Department, IA", "--file", str(paper), "--signer",
        SIGNED["signer"], "--signed", "2026-10-01", "--begins", "2026-10-01", "--ends", "2026-12-31", "--as", "paul",
    )  # fmt: skip
    status, made = await illinois.shell_json(*record)
    assert status == 0 and made["document"]["digest"] == sha256(b"the signed declaration").hexdigest()
    name = made["document"]["id"]
    status, text = await illinois.shell("documents", "accept", name, "--as", "paul")
    assert status == 1 and "Refused: You recorded this document; a second person accepts it." in text
    assert (await illinois.shell("documents", "accept", name, "--as", "pia"))[0] == 0
    status, found = await illinois.shell_json(*search)
    assert status == 0 and found["owners"][0]["allowed"]
    status, text = await illinois.shell("documents", "withdraw", name, "--why", "the chief took it back", "--as", "ada")
    assert status == 0 and "Suspended: alton-iowa-city." in text
    assert (await illinois.shell(*search))[0] == 1
    status, told = await illinois.shell_json("notices", "list", "--unseen", "--as", "paul")
    assert status == 0 and any("alton-iowa-city" in one["sentence"] for one in told)
    status, text = await illinois.shell("notices", "see", "--as", "paul")
    assert status == 0 and text.startswith(f"{len(told)} notices")
    status, text = await illinois.shell("documents", "list", "--as", "audrey", "--csv")
    assert status == 0 and f"{name},declaration:{LAW},withdrawn,{ALTON},{IOWA_CITY}" in text
    missing = await illinois.shell(*record[:6], str(tmp_path / "nothing.pdf"), *record[7:])
    assert missing[0] == 2 and "this file cannot be read" in missing[1]
