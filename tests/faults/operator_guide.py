"""Run the operator guide's commands as they are written."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streams.docs.guides.index import GUIDES
from tests.portal_processes import ROOT

TEXT = GUIDES["operators"].text
# Headings of the guide, by the test that runs all blocks below them.
DRILLS: dict[str, tuple[str, ...]] = {}
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def drills[Test: Callable](*headings: str) -> Callable[[Test], Test]:
    """Mark the test that runs every command below these headings (fixture `guide`)."""

    def marked(test: Test) -> Test:
        DRILLS[test.__name__] = headings
        return test

    return marked


def sections() -> dict[str, list[str]]:
    """Return the blocks of commands by the heading directly above them, in order."""
    found, heading = {}, ""
    for part in re.split(r"^(#{2,4} .+)\n", TEXT, flags=re.MULTILINE):
        if re.match(r"#{2,4} ", part):
            heading = part
        elif blocks := _FENCE.findall(part):
            found[heading] = [
                re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
                for indent, _, block in blocks
            ]
    return found


@dataclass(slots=True)
class Guide:
    """The commands that one drill runs, with `places` replaced by those of the test."""

    environ: dict[str, str]
    blocks: Mapping[str, list[str]]
    places: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    ran: set[str] = field(default_factory=set)

    def __getitem__(self, heading: str) -> list[str]:
        return self.blocks[heading]

    def run(self, block: str, *, exits: int = 0, **names: object) -> str:
        """Run a block in an operator's shell; return its output."""
        ended = self._shell(block, names)
        assert ended.returncode == exits, (block, ended.stdout, ended.stderr)
        return ended.stdout

    def printed(self, block: str) -> str:
        """Run a block with any exit status; return its output."""
        return self._shell(block, {}).stdout

    def typed(self, block: str, replies: Sequence[tuple[str, str]]) -> None:
        """Run a block at a terminal; each prompt gets its reply."""
        ours, theirs = pty.openpty()
        script = f'exec <>"{os.ttyname(theirs)}" >&0 2>&1\n{self._ours(block)}'
        child = subprocess.Popen(
            ["bash", "-euc", script],
            cwd=self.folder,
            env=self._environ({}),
            start_new_session=True,  # so that the terminal becomes its own
        )
        said = ""
        for prompt, reply in replies:
            said = ""
            while prompt not in said:
                said += os.read(ours, 1024).decode()
            os.write(ours, f"{reply}\n".encode())
        assert child.wait(timeout=60) == 0, said
        os.close(ours)
        os.close(theirs)

    def left(self) -> list[str]:
        """Return the blocks that the drill has not run."""
        return [
            b for blocks in self.blocks.values() for b in blocks if b not in self.ran
        ]

    def _shell(self, block: str, names: Mapping[str, object]):
        return subprocess.run(
            ["bash", "-euc", self._ours(block)],
            cwd=self.folder,
            env=self._environ(names),
            capture_output=True,
            text=True,
        )

    def _ours(self, block: str) -> str:
        self.ran.add(block)
        for place, ours in self.places.items():
            block = block.replace(place, ours)
        return block

    def _environ(self, names: Mapping[str, object]) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{self.environ['PATH']}"
        named = {name: str(value) for name, value in names.items()}
        return self.environ | named | {"PATH": path}
