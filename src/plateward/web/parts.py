"""Copy the front-end parts that are not ours from ``node_modules`` into ``static/vendor``: ``python -m plateward.web.parts``.

They are locked npm dependencies (``package-lock.json``) and never committed. Without them every page still works: it has the
system's fonts, and does without scripts.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from plateward.core.errors import Fault

_FONTS = "@fontsource-variable"

PARTS: dict[str, str] = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "htmx-sse.js": "htmx.org/dist/ext/hx-sse.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "public-sans.woff2": f"{_FONTS}/public-sans/files/public-sans-latin-wght-normal.woff2",
    "public-sans-ext.woff2": f"{_FONTS}/public-sans/files/public-sans-latin-ext-wght-normal.woff2",
    "public-sans.LICENSE": f"{_FONTS}/public-sans/LICENSE",
    "overpass-mono.woff2": f"{_FONTS}/overpass-mono/files/overpass-mono-latin-wght-normal.woff2",
    "overpass-mono.LICENSE": f"{_FONTS}/overpass-mono/LICENSE",
}
"""What is copied: name in ``static/vendor``, and the file in ``node_modules``. Each licence travels with its part."""

VENDOR = Path(__file__).parent / "static" / "vendor"


def copy_parts(modules: Path, vendor: Path = VENDOR) -> tuple[str, ...]:
    """Copy every part. Raises Fault naming the first that is missing, before anything is copied."""
    for source in PARTS.values():
        if not (modules / source).is_file():
            raise Fault(f"{modules / source} is missing.", next_step="Run npm ci in the checkout first.")
    vendor.mkdir(parents=True, exist_ok=True)
    for stale in vendor.iterdir():
        if stale.name not in PARTS:
            stale.unlink()
    for name, source in PARTS.items():
        shutil.copyfile(modules / source, vendor / name)
    return tuple(PARTS)


def main() -> int:
    """Copy from the folder given, by default ``node_modules`` of the current folder."""
    parser = argparse.ArgumentParser(prog="python -m plateward.web.parts", description="Copy the front-end parts.")
    parser.add_argument("modules", nargs="?", type=Path, default=Path("node_modules"))
    try:
        copied = copy_parts(parser.parse_args().modules)
    except Fault as error:
        print(error, file=sys.stderr)
        return 3
    print(f"{len(copied)} front-end files are in {VENDOR}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
