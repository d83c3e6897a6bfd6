"""Workflows and pre-commit hooks are valid and cover all supported versions."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from tests.servers import postgres
from tests.servers.keeper import ROOT

CI = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
JOB = CI["jobs"]["all"]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", ".github/workflows/*.yml"),
        ("dependabot", ".github/dependabot.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("compose-spec", "docker/compose.yaml"),
    ],
)
def test_a_file_conforms_to_its_schema(schema, files):
    found = sorted(ROOT.glob(files))
    checker = ROOT / ".venv" / "bin" / "check-jsonschema"

    done = subprocess.run(
        [checker, "--builtin-schema", f"vendor.{schema}", *found],
        capture_output=True,
        text=True,
    )

    assert found
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


def test_the_workflow_runs_every_supported_python():
    (oldest,) = re.findall(r'requires-python = ">=(.+)"', (ROOT / "pyproject.toml").read_text())  # fmt: skip
    fetched = re.findall(r"python(3\.\d\d)", (ROOT / "scripts" / "python.sh").read_text())  # fmt: skip

    tested = JOB["strategy"]["matrix"]["python"]
    assert (tested[0], set(tested)) == (oldest, set(fetched))


def test_the_workflow_runs_postgresql_from_the_oldest_supported_version():
    assert JOB["strategy"]["matrix"]["postgresql"] == ["15", "16", "17"]
    assert postgres.OLDEST == 15


def test_the_workflow_ends_with_the_script_that_anyone_can_run():
    assert JOB["steps"][-1]["run"] == ".ci/run"
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_every_hook_runs_a_program_of_the_environment():
    hooks = [hook for repo in HOOKS["repos"] for hook in repo["hooks"]]
    programs = {h["entry"].split()[0] for h in hooks if h["language"] == "system"}

    assert {repo["repo"] for repo in HOOKS["repos"]} == {"local"}
    assert programs
    assert [p for p in programs if not (ROOT / p).exists()] == []
