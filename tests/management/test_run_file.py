from __future__ import annotations

import stat

from streams.devtools.run_file import FeedFacts, RunFacts, SignIn

FACTS = RunFacts(
    web="http://127.0.0.1:8000",
    ingest="http://127.0.0.1:8001",
    sandbox="http://127.0.0.1:8002",
    sign_ins=[SignIn("operator", "olga@portal.example", "a password")],
    partner_token="pt_a",
    feeds=[FeedFacts("northwind", "postbox", "ik_a")],
)


def test_facts_are_read_as_they_were_written(tmp_path):
    FACTS.write(tmp_path / "run.json")

    assert RunFacts.read(tmp_path / "run.json") == FACTS
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_only_the_owner_can_read_the_file(tmp_path):
    FACTS.write(tmp_path / "run.json")

    mode = (tmp_path / "run.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_secrets_are_not_in_its_representation():
    shown = repr(FACTS)

    assert not [secret for secret in ("pt_a", "ik_a", "a password") if secret in shown]
