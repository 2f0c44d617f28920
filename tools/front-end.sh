#!/bin/sh
# Install the locked front-end parts and copy the few files the pages use. Uses the machine's npm; where there is none, the one in
# a Python wheel. Pages work without these parts, so a failure is told and does not stop the set-up.
set -eu
cd "$(dirname "$0")/.."
stamp="node_modules/.plateward-parts${1:-}"
if [ -f "$stamp" ] && [ "$stamp" -nt package-lock.json ]; then exit 0; fi
if command -v npm >/dev/null 2>&1; then
  npm=npm
else
  .venv/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements-node.lock
  npm=.venv/bin/npm
  PATH="$PWD/.venv/bin:$PATH"
  export PATH
fi
omit="--omit=dev"
[ "${1:-}" = "--with-tests" ] && omit=""
if $npm ci --silent --no-audit --no-fund --prefer-offline --ignore-scripts $omit && .venv/bin/python -m plateward.web.parts; then
  touch "$stamp"
else
  echo "The front-end parts could not be installed: pages work, without live updates. Run make setup again when npm works." >&2
fi
