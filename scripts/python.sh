#!/bin/sh
# Prints the path of a suitable Python: 3.12 or newer.
#
# Every candidate is run, because a name on PATH can be an old Python or a pyenv shim that
# fails with "command not found". If there is none, uv downloads one; without uv, an older
# Python installs uv. All downloads stay in .uv/.
set -eu
cd "$(dirname "$0")/.."

supported() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

path_of() {
    "$1" -c 'import sys; print(sys.executable)'
}

candidates() {
    echo .venv/bin/python # the Python that .venv was created with, while it works
    for name in python3.13 python3.14 python3.12 python3 python; do
        command -v "$name" || true
    done
    ls "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3.1[234] 2>/dev/null || true
}

# Installs uv into .uv/, with a Python that has pip, or venv, which includes pip.
own_uv() {
    [ -x .uv/bin/uv ] && return
    mkdir -p .uv
    sed -n '/^uv==/,/[^\\]$/p' requirements/dev.txt >.uv/requirements.txt
    install_uv_by python3 ||
        { python3 -m venv .uv/venv >&2 && install_uv_by .uv/venv/bin/python; }
}

install_uv_by() {
    "$1" -m pip install --quiet --disable-pip-version-check --require-hashes \
        --target .uv --requirement .uv/requirements.txt >&2
}

fetch_with() {
    uv=$1
    export UV_PYTHON_INSTALL_DIR="$PWD/.uv/python" UV_CACHE_DIR="$PWD/.uv/cache"
    "$uv" python install --no-bin 3.13 >&2 && "$uv" python find --managed-python 3.13
}

if [ -n "${PYTHON:-}" ]; then
    supported "$PYTHON" && path_of "$PYTHON" && exit
    echo "PYTHON=$PYTHON is not a working Python 3.12 or newer." >&2
    exit 1
fi

python=$(candidates | while IFS= read -r candidate; do
    supported "$candidate" && path_of "$candidate" && break
done) || true
if [ -n "$python" ]; then
    echo "$python"
    exit
fi

echo "No Python 3.12 or newer was found. Trying to download one with uv." >&2
if command -v uv >/dev/null; then
    fetch_with uv && exit
else
    own_uv && fetch_with .uv/bin/uv && exit
fi

cat >&2 <<'END'

The portal needs Python 3.12 or newer. None was found, and downloading one failed.
Install it in one of these ways, then try again:
  Debian 13, Ubuntu 24.04 or newer:  apt install python3 python3-venv
  Debian 12, Ubuntu 22.04: apt has no suitable Python; with apt install python3-venv,
                   this script can download one, if it can reach PyPI and GitHub
  Fedora:          dnf install python3.13
  macOS:           brew install python@3.13
  Other systems:   pyenv install 3.13, or uv python install 3.13 (docs.astral.sh/uv)
If Python is in an unusual place: PYTHON=/path/to/python3.13 make run
END
exit 1
