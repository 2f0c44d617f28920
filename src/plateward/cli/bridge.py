"""``plateward bridge``: from systems that publish to a broker, to a node."""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from plateward.cli.caller import print_json
from plateward.core.errors import BadInput

app = cyclopts.App(name="bridge", help="From systems that publish to a broker, to a node.")


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
    from plateward.reader.bridge import Bridge, Broker, Plan, read_keys

    password = _text(password_file).strip() if password_file else ""
    plan = Plan(
        node, tuple(topic), _readers(reader), read_keys(_text(keys), str(keys)), folder, sender, zone, map_, pictures
    )
    plan.check()
    bridge = Bridge(
        Broker.at(broker, ca, user, password, client), plan, lambda sentence: print(sentence, file=sys.stderr)
    )
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
