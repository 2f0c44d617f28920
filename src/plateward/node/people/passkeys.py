"""Passkeys (W3C Web Authentication, level 2): signing in with a device that asks for finger, face or PIN.

A passkey is two factors in one act, bound to this site: it cannot be typed into another, told over the telephone or lent like
the password with which a federal agent searched a local system. It is only added within a quarter of an hour of signing in, so
that a screen left open gives nobody a key of their own. Challenges are kept by the node and work once.
"""

from __future__ import annotations

import hashlib
import ipaddress
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.people import Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.people.sessions import Session, Way, begin
from plateward.node.settings import Settings
from plateward.store import passkeys, people
from plateward.store.connection import Connection

CHALLENGE_TERM = timedelta(minutes=5)
FRESH = timedelta(minutes=15)
"""A passkey is added no longer than this after signing in."""

MOST = 10
"""Passkeys one person may have."""

_PRESENT = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class KeyOfPerson:
    """A passkey as its owner sees it. ``id``: of the credential, base64url."""

    id: str
    name: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nobody was signed in, or no passkey added."""

    why: str


def site_of(settings: Settings) -> tuple[str, str]:
    """The name passkeys are bound to, and the origin that browsers must report.

    Browsers bind passkeys to names, not to bare addresses: a node at 127.0.0.1 is reached as localhost.
    """
    parts = urlsplit(settings.address)
    host = parts.hostname or "localhost"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host, f"{parts.scheme}://{parts.netloc}"
    return "localhost", f"{parts.scheme}://localhost" + (f":{parts.port}" if parts.port else "")


async def passkeys_of(node: Node, person: Person) -> Sequence[KeyOfPerson]:
    """The passkeys of ``person``, oldest first."""
    async with node.store.transaction() as tx:
        found = await passkeys.of_person(tx, person.id)
    return [KeyOfPerson(_text(key.credential_id), key.name, key.made_at, key.used_at) for key in found]


async def begin_adding(node: Node, session: Session) -> str | Refused:
    """What the browser needs to make a passkey (JSON). Refused for a session older than ``FRESH``, or past ``MOST`` keys."""
    now, challenge = node.now(), node.random(32)
    if now - session.made > FRESH:
        return Refused("You signed in too long ago to add a passkey. Sign in again first.")
    async with node.store.transaction() as tx:
        known = await passkeys.of_person(tx, session.person.id)
        if len(known) >= MOST:
            return Refused(f"You have {MOST} passkeys. Remove one first.")
        await passkeys.add_challenge(tx, challenge, user_id=session.person.id, at=now, expires=now + CHALLENGE_TERM)
    options = generate_registration_options(
        rp_id=site_of(node.settings)[0],
        rp_name=node.settings.title,
        user_id=_handle(session.person),
        user_name=session.person.id,
        user_display_name=session.person.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_PRESENT
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in known],
    )
    return options_to_json(options)


async def finish_adding(node: Node, session: Session, response: bytes, name: str) -> KeyOfPerson | Refused:
    """Keep the passkey that the browser made (its answer as JSON). ``name``: what its owner calls it."""
    rp_id, origin = site_of(node.settings)
    name = " ".join(name.split())[:60] or "Passkey"
    async with node.store.transaction() as tx:
        challenge = await _answered(tx, response, session.person.id, node.now())
        if challenge is None or node.now() - session.made > FRESH:
            return Refused("This took too long or was done before. Try again.")
        try:
            made = verify_registration_response(
                credential=response.decode(),
                expected_challenge=challenge,
                expected_rp_id=rp_id,
                expected_origin=origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError):
            return Refused("The passkey could not be verified. Try again, with this site open under its own name.")
        key = passkeys.Passkey(
            made.credential_id, session.person.id, made.credential_public_key, made.sign_count, name, node.now()
        )
        if not await passkeys.add(tx, key):
            return Refused("This passkey is known already.")
        await _tell(node, tx, EventType.KEY_MADE, session.person, key.credential_id)
    return KeyOfPerson(_text(key.credential_id), name, key.made_at, None)


async def remove(node: Node, person: Person, key: str) -> None:
    """Forget a passkey of ``person``. Raises BadInput when it is not one of theirs."""
    async with node.store.transaction() as tx:
        credential = _bytes(key)
        if not await passkeys.remove(tx, credential, person.id):
            raise BadInput("you have no such passkey", where="key")
        await _tell(node, tx, EventType.KEY_RETIRED, person, credential)


async def begin_signing_in(node: Node) -> str:
    """What the browser needs to ask for a passkey (JSON). It names nobody: who has an account is told to no stranger."""
    now, challenge = node.now(), node.random(32)
    async with node.store.transaction() as tx:
        await passkeys.add_challenge(tx, challenge, user_id=None, at=now, expires=now + CHALLENGE_TERM)
    return options_to_json(
        generate_authentication_options(
            rp_id=site_of(node.settings)[0], challenge=challenge, user_verification=_PRESENT
        )
    )


async def sign_in(node: Node, response: bytes, *, agent: str = "", address: str = "") -> Session | Refused:
    """Begin a session for the owner of the passkey that answered (JSON). All reasons for a refusal sound alike."""
    async with node.store.transaction() as tx:
        found = await _proved(node, tx, response)
        if isinstance(found, passkeys.Passkey):
            person = await people.person(tx, found.user_id, node.now())
            if person is not None and person.active:
                return await begin(node, tx, person, Way("passkey", agent, address))
            found = "account closed"
        event = Event(EventType.LOGIN_FAILED, node.now(), node.settings.agency, {"address": address, "why": found})
        await ledger.append(node, tx, event)
    return Refused("This passkey does not sign anybody in here. Use a login link, or ask your administrator for one.")


async def _proved(node: Node, tx: Connection, response: bytes) -> passkeys.Passkey | str:
    """The passkey that signed the challenge, or the reason that goes to the ledger."""
    rp_id, origin = site_of(node.settings)
    challenge = await _answered(tx, response, None, node.now())
    if challenge is None:
        return "challenge unknown or used"
    try:
        key = await passkeys.passkey(tx, _bytes(msgspec.json.decode(response, type=_Answer).id))
        if key is None:
            return "passkey unknown"
        proved = verify_authentication_response(
            credential=response.decode(),
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, msgspec.MsgspecError):
        return "passkey not verified"
    await passkeys.used(tx, key.credential_id, sign_count=proved.new_sign_count, at=node.now())
    return key


class _ClientData(msgspec.Struct):
    challenge: str


class _Response(msgspec.Struct):
    client_data: str = msgspec.field(name="clientDataJSON")


class _Answer(msgspec.Struct):
    """The parts of a browser's answer that are read before it is verified."""

    id: str
    response: _Response


async def _answered(tx: Connection, response: bytes, user_id: str | None, at: datetime) -> bytes | None:
    """The challenge that ``response`` answers, used up now; None where it is none of ours or was used."""
    try:
        answer = msgspec.json.decode(response, type=_Answer)
        told = msgspec.json.decode(_bytes(answer.response.client_data), type=_ClientData)
        challenge = _bytes(told.challenge)
    except (msgspec.MsgspecError, ValueError):
        return None
    return challenge if await passkeys.use_challenge(tx, challenge, user_id=user_id, at=at) else None


async def _tell(node: Node, tx: Connection, event: EventType, person: Person, credential: bytes) -> None:
    body = {"key": hashlib.sha256(credential).hexdigest()[:16], "use": "login", "by": person.id}
    await ledger.append(node, tx, Event(event, node.now(), person.organisation, body))


def _handle(person: Person) -> bytes:
    """What a device keeps in place of the id: it says nothing to whoever finds the device."""
    return hashlib.sha256(f"plateward passkey {person.id}".encode()).digest()


def _text(credential: bytes) -> str:
    return urlsafe_b64encode(credential).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64url_to_bytes(text)
