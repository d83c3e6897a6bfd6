"""Make a release: set the version, date the changelog, commit and tag. Pushes nothing.

    python scripts/release.py 0.2.0

The tree must be clean and on main, and the top section of CHANGELOG.md must be
`## 0.2.0 (unreleased)`. CONTRIBUTING.md describes the steps before and after.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
CHANGELOG = ROOT / "CHANGELOG.md"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
VERSION_LINE = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)
SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)


class NotReady(Exception):
    """A release cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Release:
    """The new text of the files, and the notes of the tag."""

    version: str
    project: str
    changelog: str
    notes: str


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Usage: python scripts/release.py VERSION")
    try:
        check_repository(sys.argv[1])
        release = prepare(
            sys.argv[1], PROJECT.read_text(), CHANGELOG.read_text(), today()
        )
    except NotReady as reason:
        sys.exit(str(reason))
    write(release)
    print(f"Tagged v{release.version}. To publish it: git push --follow-tags")


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def check_repository(version: str) -> None:
    if changed := git("status", "--porcelain"):
        raise NotReady(f"Commit or remove these changes first:\n{changed}")
    if (branch := git("branch", "--show-current")) != "main":
        raise NotReady(f"Releases are made on main, not on {branch or 'no branch'}.")
    if git("tag", "--list", f"v{version}"):
        raise NotReady(f"The tag v{version} exists already.")


def prepare(version: str, project: str, changelog: str, date: str) -> Release:
    """The new text of both files, from their current text."""
    if not VERSION.fullmatch(version):
        raise NotReady(f"{version} is not a version such as 1.2.3.")
    (current,) = VERSION_LINE.findall(project)
    if parts(version) < parts(current):
        raise NotReady(f"{version} is older than {current}, the version in {PROJECT.name}.")  # fmt: skip
    top = SECTION.search(changelog)
    if not top or top[1] != f"{version} (unreleased)":
        found = f"it is '## {top[1]}'" if top else "there is none"
        raise NotReady(
            f"The top section of {CHANGELOG.name} must be '## {version} (unreleased)';"
            f" {found}."
        )
    notes = top[2].strip()
    if not notes:
        raise NotReady(f"The section of {version} in {CHANGELOG.name} is empty.")
    return Release(
        version=version,
        project=VERSION_LINE.sub(f'version = "{version}"', project),
        changelog=changelog.replace(f"## {top[1]}\n", f"## {version} ({date})\n", 1),
        notes=notes,
    )


def parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def write(release: Release) -> None:
    PROJECT.write_text(release.project)
    CHANGELOG.write_text(release.changelog)
    git("add", PROJECT.name, CHANGELOG.name)
    git("commit", "--quiet", "--message", f"Release {release.version}")
    # Lines of the notes that start with # are headings, not comments.
    message = f"Version {release.version}\n\n{release.notes}\n"
    git("tag", "--annotate", "--cleanup=verbatim", "--message", message, f"v{release.version}")  # fmt: skip


def git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
