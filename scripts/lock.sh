#!/bin/sh
# Locks the newest dependencies that fit requirements/*.in. What is locked holds no
# address and no path, and serves every supported Python and system.
set -eu
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile --quiet --universal --generate-hashes --upgrade \
        --python-version 3.12 "requirements/$1.in" -o "requirements/$1.txt"
}

compile run
# The tests run on the very versions that the portal runs on.
compile dev --constraint requirements/run.txt
