"""``plateward bridge``: from systems that publish to a broker, and cameras that are asked, to a node."""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import Parameter

from plateward.cli.caller import print_json
from plateward.core.errors import BadInput

if TYPE_CHECKING:
    from plateward.reader.bridge import Bridge
    from plateward.reader.dahua_stream import DahuaBridge

app = cyclopts.App(name="bridge", help="From systems that publish to a broker, and cameras that are asked, to a node.")


@app.command
def mqtt(
    broker: str,
    *,
    node: str,
    reader: Annotated[list[str], Parameter(negative="")],
    keys: Path,
    topic: Annotated[list[str], Parameter(negative="")] = ["frigate/tracked_object_update"],  # noqa: B006
    folder: Path = Path("plateward-bridge"),
    sender: str = "",
    zone: str = "",
    map_: Annotated[str, Parameter(name="--map")] = "",
    pictures: str = "",
    user: str = "",
    password_file: Path | None = None,
    ca: Path | None = None,
    client: str = "",
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Deliver what is published to an MQTT broker, as readers. Runs until it is stopped; nothing is lost then.

    Parameters
    ----------
    broker
        mqtt://host:1883, or mqtts://host:8883 for TLS.
    node
        Address of the node.
    reader
        Which reader a camera is, as in driveway=rpd-main-10th-s; *=ID for every other camera. May be given more than once.
    keys
        A file with a reader's id and its key on each line. Nobody else should be able to read it.
    topic
        A topic, + and # allowed; may be given more than once.
    folder
        Where messages wait for the node.
    sender
        Who wrote the messages; left out, the node finds out.
    zone
        What a time without offset is in.
    map
        For other senders: where our fields lie, as in plate=event.lpr,read_at=event.time.
    pictures
        Address of Frigate, as in http://frigate:5000, to fetch the picture of each event from.
    user
        Account at the broker.
    password_file
        A file with its password.
    ca
        Certificates of the broker's authority, where it is none that the machine knows.
    client
        Name at the broker: two bridges need two names.
    json
        Print the counts as JSON when it is stopped.
    """
    from plateward.reader.bridge import Bridge, Broker
    from plateward.reader.forward import Plan, read_keys

    password = _text(password_file).strip() if password_file else ""
    plan = Plan(
        node, tuple(topic), _readers(reader), read_keys(_text(keys), str(keys)), folder, sender, zone, map_, pictures
    )
    plan.check()
    bridge = Bridge(
        Broker.at(broker, ca, user, password, client), plan, lambda sentence: print(sentence, file=sys.stderr)
    )
    return _run(bridge, json_)


@app.command
def dahua(
    cameras: Annotated[list[str], Parameter(negative="")],
    /,
    *,
    node: str,
    keys: Path,
    user: str,
    password_file: Path,
    event: str = "TrafficJunction",
    folder: Path = Path("plateward-bridge"),
    zone: str = "",
    ca: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Pull the events of Dahua cameras with number plate recognition, as readers. Runs until it is stopped.

    Parameters
    ----------
    cameras
        Each as http://10.0.0.5=READER; http://10.0.0.5#2=READER for the second channel of a recorder.
    node
        Address of the node.
    keys
        A file with a reader's id and its key on each line. Nobody else should be able to read it.
    user
        Account at the cameras.
    password_file
        A file with its password.
    event
        TrafficJunction for cars that pass, or All.
    folder
        Where events wait for the node.
    zone
        What a time without offset is in.
    ca
        Certificates of the cameras' authority, for cameras asked over https.
    json
        Print the counts as JSON when it is stopped.
    """
    import ssl

    from plateward.reader.dahua_stream import Account, Camera, DahuaBridge
    from plateward.reader.forward import Plan, read_keys

    if not cameras:
        raise BadInput("name a camera, as in http://10.0.0.5=rpd-main-10th-s", where="CAMERA")
    if not event.isalnum():
        raise BadInput("write an event's name, as in TrafficJunction", where="--event")
    known = [Camera.at(camera) for camera in cameras]
    readers = {camera.reader: camera.reader for camera in known}
    plan = Plan(node, (), readers, read_keys(_text(keys), str(keys)), folder, "dahua", zone)
    plan.check()
    try:
        tls = ssl.create_default_context(cafile=str(ca)) if ca else None
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"cannot be read as certificates: {error}", where="--ca") from None
    account = Account(user, _text(password_file).strip(), tls)
    return _run(DahuaBridge(known, account, plan, lambda sentence: print(sentence, file=sys.stderr), event), json_)


def _run(bridge: Bridge | DahuaBridge, json_: bool) -> int:
    """Run until a signal, and say what happened."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: bridge.stop())
    counts = bridge.run()
    if json_:
        print_json(asdict(counts))
    else:
        print(f"{counts.received} received, {counts.accepted} reads accepted, {counts.duplicates} duplicates,")
        print(f"{counts.refused} messages refused, {counts.unknown} of cameras that are no reader.")
    return 0


def _readers(pairs: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        camera, separator, reader = pair.partition("=")
        if not separator or not camera.strip() or not reader.strip():
            raise BadInput(f"{pair!r}: write CAMERA=READER", where="--reader")
        found[camera.strip()] = reader.strip()
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {error}", where=str(file)) from None
