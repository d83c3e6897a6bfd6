#!/bin/sh
# Locks the newest dependencies that requirements/*.in allow. The lock files contain no
# addresses and no paths, and work on every supported Python version and system.
set -eu
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile --quiet --universal --generate-hashes --upgrade \
        --python-version 3.12 "requirements/$1.in" -o "requirements/$1.txt"
}

compile run
# The tests use the same versions as the portal.
compile dev --constraint requirements/run.txt
compile bench --constraint requirements/dev.txt
