"""What an operator sets: ``plateward.toml`` in the node's data folder, read into one frozen value.

A wrong setting is named by file and key with what would be right; an unknown key is an error, because a setting that is
silently ignored is a promise that is silently broken.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from plateward.core.agency import ID_PATTERN, AgencyKind
from plateward.core.errors import BadInput
from plateward.core.household import MOST_MINUTES, PLACE, Profile
from plateward.core.misfit import misfit

FILE_NAME = "plateward.toml"
EMBEDDED = "embedded"

_Agency = Annotated[str, msgspec.Meta(pattern=ID_PATTERN.pattern)]
_Minutes = Annotated[int, msgspec.Meta(ge=1, le=60 * 24 * 3660)]


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long reads are kept, in minutes. Nothing is collected for an agency without a value here."""

    minutes: _Minutes | None = None
    agencies: dict[_Agency, _Minutes] = msgspec.field(default_factory=dict)

    def of(self, agency: str) -> int | None:
        """Minutes that reads of ``agency`` are kept, or None when nobody has set it: then nothing is collected."""
        return self.agencies.get(agency, self.minutes)


class Promises(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rule packs in force by id, and files of the agency's own promises, relative to the data folder."""

    packs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Witness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outside party that cosigns the ledger: its name, address, and verifier key."""

    name: str
    url: str
    key: str


class Ledger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ledger's origin (its name for ever), the witnesses asked, and how many must cosign before anything is published."""

    origin: Annotated[str, msgspec.Meta(pattern=r"^[^\s+]*$", max_length=200)] = ""
    witnesses: tuple[Witness, ...] = ()
    quorum: Annotated[int, msgspec.Meta(ge=0)] = 0


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's mail server. ``tls``: starttls, tls, or none; ``password_file`` is relative to the data folder."""

    host: str
    sender: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str = ""


class Mqtt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's MQTT broker. Everything is published below ``prefix``; what introduces readers to Home Assistant, below
    ``discovery``.
    """

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 1883
    tls: bool = False
    user: str = ""
    password_file: str = ""
    prefix: str = "plateward"
    discovery: str = "homeassistant"


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may leave by message, and how. ``plates``: whether a message may name the plate, for people who are not signed in.

    ``private_hosts``: hosts of the own network that webhooks may reach.
    ``contact``: whom a push service may ask (mailto: or https:).
    """

    plates: bool = False
    private_hosts: tuple[str, ...] = ()
    contact: str = ""
    mail: Mail | None = None
    mqtt: Mqtt | None = None


class Backups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom backups are sealed: public keys of age (age1…) or SSH. The secret halves have no business on the node."""

    recipients: tuple[str, ...] = ()


class Unlisted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the node's agency says of itself where the registry does not hold it: its name, kind, and state (USPS code)."""

    name: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
    kind: AgencyKind
    state: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a node needs to start. ``data`` is the folder the settings were read from; it is not written in the file.

    ``area_map``: a GeoJSON file of the area, relative to the data folder, that pages draw under what they put on a map.
    ``unlisted``: what an agency says of itself that no registry holds; it is entered at the first start, with its event.
    ``profile``: an agency's node or a household's, for good. ``place``: where a household is (ISO 3166: US-CA, DE), for the law.
    """

    agency: _Agency
    unlisted: Unlisted | None = None
    profile: Profile = Profile.AGENCY
    place: Annotated[str, msgspec.Meta(pattern=PLACE)] = ""
    title: Annotated[str, msgspec.Meta(max_length=120)] = "Plateward"
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8731
    url: str = ""
    database: str = EMBEDDED
    database_account: str | None = None
    time_zone: str = "UTC"
    area_map: str = ""
    retention: Retention = Retention()
    promises: Promises = Promises()
    ledger: Ledger = Ledger()
    delivery: Delivery = Delivery()
    backups: Backups = Backups()
    demo: bool = False
    data: Path = Path()

    @property
    def address(self) -> str:
        """The address people and readers use, without a slash at its end."""
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def ledger_origin(self) -> str:
        """The ledger's origin: as set, or made of the agency's id."""
        return self.ledger.origin or f"plateward.{self.agency}/ledger"

    @property
    def home(self) -> bool:
        """Whether this is a household's node: one person, no shares, nothing kept but the own list (``core.household``)."""
        return self.profile is Profile.HOME

    @property
    def embedded(self) -> bool:
        """Whether the node starts its own PostgreSQL."""
        return self.database == EMBEDDED


def load_settings(file: Path) -> Settings:
    """Read ``file``, or the settings in that folder. Raises BadInput naming file, key and what would be right."""
    if file.is_dir():
        file = file / FILE_NAME
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(
            "there is no such file; name the node's with --config FILE, or make one with: plateward init DIR",
            where=str(file),
        ) from None
    except OSError as error:
        raise BadInput(f"it cannot be read: {error.strerror}", where=str(file)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"this is not TOML: {error}", where=str(file)) from None
    if "data" in raw:
        raise BadInput("the data folder is the one this file lies in; leave the key 'data' out", where=str(file))
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        said, key = misfit(error)
        raise BadInput(f"{said}. {_example(str(error))}", where=f"{file}, {key}" if key else str(file)) from None
    if not settings.embedded and not settings.database.startswith(("postgresql://", "postgres://")):
        raise BadInput(
            'database is "embedded" or an address such as "postgresql://user@host/name"', where=f"{file}, database"
        )
    if settings.home:
        settings = _of_household(settings, file)
    return msgspec.structs.replace(settings, data=file.resolve().parent)


def _of_household(settings: Settings, file: Path) -> Settings:
    """The settings of a home node, with the profile's retention where none is set. Raises BadInput for what no household has."""
    if settings.demo:
        raise BadInput("a demonstration is a town; leave demo out at home", where=f"{file}, demo")
    if set(settings.retention.agencies) - {settings.agency}:
        raise BadInput(
            "a home node keeps no reads of others; leave this table out", where=f"{file}, retention.agencies"
        )
    minutes = settings.retention.of(settings.agency) or MOST_MINUTES
    if minutes > MOST_MINUTES:
        raise BadInput(
            f"at home reads are kept {MOST_MINUTES} minutes (30 days) at most: who came by is nobody's history to keep",
            where=f"{file}, retention.minutes",
        )
    return msgspec.structs.replace(settings, retention=Retention(minutes))


def _example(error: str) -> str:
    for key, example in _EXAMPLES.items():
        if key in error:
            return f"For example: {example}"
    return "Every key is explained in docs/settings.md."


_EXAMPLES = {
    "agency": 'agency = "us-ca-ridgeport-pd"',
    "profile": 'profile = "home"',
    "place": 'place = "US-CA"',
    "port": "port = 8731",
    "retention": "[retention] minutes = 43200",
    "packs": 'packs = ["us-ca-sb34"]',
    "files": 'files = ["promises/no-ice.toml"]',
    "demo": "demo = false",
}

HOME_TEMPLATE = """\
# Plateward at home: settings of a household's node. Every key is explained in docs/settings.md, the profile in docs/home.md.
profile = "home"
agency = "{agency}"
title = "{title}"

# Where the household is (ISO 3166, as in "US-CA", "DE" or "GB"): its law is shown first.
place = "{place}"

# Where the node listens: on this machine alone. Cameras of other makers reach it in your own network with host = "0.0.0.0".
host = "{host}"
port = {port}
time_zone = "{time_zone}"

# How long reads of the plates on your own list are kept, 43200 (30 days) at most. Every other plate is never kept.
[retention]
minutes = 43200

# How alerts reach you when you are not looking. They name the plate: it is on your own list.
[delivery]
plates = true
# [delivery.mail]
# host = "mail.example.org"
# sender = "home@example.org"
# user = "home"
# password_file = "keys/mail-password"
# [delivery.mqtt]
# host = "192.168.1.20"
"""

TEMPLATE = """\
# Plateward: settings of this node. Every key is explained in docs/settings.md.
agency = "{agency}"
title = "{title}"

# Where the node listens. Put a web server with TLS in front of it before others can reach it.
host = "127.0.0.1"
port = 8731
# url = "https://plates.example.org"

# The node starts its own PostgreSQL, or uses a server of yours.
database = "embedded"
# database = "postgresql://plateward_owner@db.example.org/plateward"

time_zone = "{time_zone}"

# Nothing is collected before you say how long reads are kept. 1440 minutes are 24 hours.
[retention]
# minutes = 1440

# Rule packs in force (plateward promises list shows them), and your agency's own promises.
[promises]
packs = []
files = []

# The ledger's name is for ever. Witnesses cosign it; with a quorum, nothing is published that they have not seen.
[ledger]
# origin = "plates.example.org/ledger"
# quorum = 1
# [[ledger.witnesses]]
# name = "witness.example.net/w1"
# url = "https://witness.example.net"
# key = "witness.example.net/w1+1a2b3c4d+BA..."

# Who can open backups: plateward backups key FILE makes a key. Keep the file elsewhere than the node.
[backups]
# recipients = ["age1..."]

# How alerts reach people who are not looking, and other systems. A message names no plate unless plates = true.
[delivery]
# plates = false
# private_hosts = ["dispatch.example.org"]
# contact = "mailto:alpr@example.org"
# [delivery.mail]
# host = "mail.example.org"
# sender = "plates@example.org"
# user = "plates"
# password_file = "keys/mail-password"
# [delivery.mqtt]
# host = "mqtt.example.org"
{unlisted}"""

UNLISTED_TEMPLATE = """
# No registry holds this agency: this is what it says of itself, and what the node's ledger says that it said.
[unlisted]
name = "{name}"
kind = "{kind}"
state = "{state}"
"""
