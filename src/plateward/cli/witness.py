"""``plateward witness``: run a witness for other people's ledgers, with a folder and no database."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import uvicorn
from cyclopts import App, Parameter

from plateward.cli.keys import key_argument
from plateward.cli.witness_server import WitnessFolder, witness_app
from plateward.core.errors import BadInput
from plateward.oversight.witness import WitnessedLog, origin_hash

app = App(name="witness", help="Run a witness that cosigns ledgers which only ever grow.")

Json = Annotated[bool, Parameter(name="--json")]


@app.command
def init(folder: Path, *, name: str, post_quantum: bool = False, json_: Json = False) -> int:
    """Make a new witness in FOLDER and print its public keys, which ledgers' keepers and verifiers need.

    Parameters
    ----------
    folder
        Where the witness keeps its keys and what it saw. Back up its keys; never run it from an old copy of the folder.
    name
        Its name: an address without scheme that you control, as witness.example.org/w1.
    post_quantum
        Cosign with ML-DSA-44 as well, which a quantum computer cannot forge.
    json_
        Print one JSON document.
    """
    kinds = ["ed25519", "ml-dsa-44"] if post_quantum else ["ed25519"]
    made = WitnessFolder.make(folder, name, [(kind, os.urandom(32)) for kind in kinds])
    keys = [str(cosigner.key) for cosigner in made.cosigners()]
    print(json.dumps({"name": name, "keys": keys}) if json_ else "\n".join(keys))
    return 0


@app.command
def add(folder: Path, *keys: str) -> int:
    """Accept ledgers from now on.

    Parameters
    ----------
    folder
        The witness's folder.
    keys
        Keys of ledgers (name+id+base64), or files that hold one. Get them from the ledgers' keepers, not from the ledgers alone.
    """
    if not keys:
        raise BadInput("name at least one ledger's key", where="KEYS")
    WitnessFolder.open(folder).add([key_argument(key, "KEYS") for key in keys])
    return 0


@app.command(name="list")
def list_(folder: Path, *, json_: Json = False) -> int:
    """Show the witness's keys, the ledgers that it accepts, and the last size that it cosigned of each.

    Parameters
    ----------
    folder
        The witness's folder.
    json_
        Print one JSON document.
    """
    witness = WitnessFolder.open(folder)
    keys, logs = [str(cosigner.key) for cosigner in witness.cosigners()], witness.logs()
    if json_:
        print(json.dumps({"keys": keys, "logs": [_log(log) for log in logs]}))
        return 0
    print("\n".join(keys))
    for log in logs:
        seen = f"{log.head.size} entries, root {log.head.root.hex()}" if log.latest else "nothing cosigned yet"
        print(f"{log.origin}: {seen}")
    return 0


@app.command
def serve(folder: Path, *, host: str = "127.0.0.1", port: int = 8460) -> int:
    """Answer ledgers that ask for a cosignature, until stopped.

    Parameters
    ----------
    folder
        The witness's folder.
    host
        Address to listen on. Put a web server with TLS before it when others than this machine are to reach it.
    port
        Port to listen on.
    """
    witness = WitnessFolder.open(folder)
    with witness.lock():
        print(f"Witness at http://{host}:{port}/add-checkpoint", flush=True)
        uvicorn.run(witness_app(witness), host=host, port=port, log_level="warning", server_header=False)
    return 0


def _log(log: WitnessedLog) -> dict[str, object]:
    size, root = (log.head.size, log.head.root.hex()) if log.latest else (None, None)
    hashed = origin_hash(log.origin)
    return {
        "origin": log.origin,
        "keys": [str(key) for key in log.keys],
        "size": size,
        "root": root,
        "path": f"{hashed}/checkpoint",
    }
