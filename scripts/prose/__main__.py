"""Print every violation as `file:line: “words”: suggestion`; exit with 1 if there is one.

python -m scripts.prose            # the surfaces of rules.toml
python -m scripts.prose --all      # and those that it does not check yet
python -m scripts.prose FILE...    # these files alone
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.prose import html, markdown, python, strings
from scripts.prose.rules import Config, load

if TYPE_CHECKING:
    from scripts.prose.segments import Segment

ROOT = Path(__file__).resolve().parents[2]
EXTRACTORS: dict[str, Callable[[str], Iterator[Segment]]] = {
    "templates": html.segments,
    "messages": python.messages,
    "guides": markdown.segments,
    "docs": markdown.segments,
    "plans": strings.yaml_values,
    "scripts": strings.script_strings,
    "docstrings": python.docstrings,
    "comments": python.comments,
    "test_names": python.test_names,
}


def main() -> None:
    arguments = sys.argv[1:]
    everything = "--all" in arguments
    chosen = {name for name in arguments if name != "--all"}
    config = load()
    found = sorted(
        violation
        for surface, path in texts(config, tracked_files())
        if (everything or chosen or surface not in config.not_checked)
        and (not chosen or path in chosen)
        for violation in violations(config, surface, path)
    )
    for violation in found:
        print(violation)
    print(
        f"{len(found)} violation{'' if len(found) == 1 else 's'} of the writing rules"
    )
    sys.exit(bool(found))


def tracked_files() -> list[str]:
    """Return the paths of all files of the project, relative to its root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file()]


def texts(config: Config, paths: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each file with each of its surfaces. A glob with `!` in front excludes.

    The surfaces of a file are consecutive, because then it is parsed only once.
    """
    for path in paths:
        for surface, globs in config.surfaces.items():
            if any(fnmatch(path, glob[1:]) for glob in globs if glob[0] == "!"):
                continue
            if any(fnmatch(path, glob) for glob in globs):
                yield surface, path


def violations(config: Config, surface: str, path: str) -> Iterator[str]:
    """Yield what one file has against the rules."""
    source = (ROOT / path).read_text()
    return config.violations(surface, path, EXTRACTORS[surface](source))


if __name__ == "__main__":
    main()
