"""The operator guide's commands, run as they are written, while events flow."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from environ import Env

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.delivery.connection import services
from streams.events.data_loss.models import Generation
from streams.events.erasure.models import Erasure
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind
from streams.privacy.requests import request_erasure
from streams.tenancy.models import User
from tests import factories
from tests.connections.test_write_keys import ring
from tests.faults.conftest import connected_to
from tests.faults.experiment import RECOVERY_BOUND_S, under_traffic
from tests.faults.flows import Flow, open_flows
from tests.faults.operator_guide import DRILLS, Guide, drills, sections
from tests.faults.previous_version import (
    checked_out,
    ingest_of,
    previous_commit,
    web_of,
)
from tests.faults.supervisor import Supervisor
from tests.portal_processes import ROOT, until
from tests.second_factors import App
from tests.servers.valkey import free_port

pytestmark = [pytest.mark.processes]
FIRST_EVENT = {
    "type": "track",
    "event": "Email Opened",
    "userId": "user-1",
    "messageId": "first",
}
# Headers of a proxy with TLS.
PROXIED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
OPERATOR = "ops@portal.example"
# What `check --deploy` finds unsafe in the settings of tests.
SAFE = {"HTTPS": "on", "TRUST_PROXY": "on", "EMAIL_URL": "smtp+tls://mail.example:587"}
NOT_OF_A_RELEASE = (".git", ".venv", ".*_cache", "__pycache__", "node_modules", "var")


def places(folder: Path) -> dict[str, str]:
    """Return the paths and names of the guide and the units, with those of the test."""
    ports = {name: free_port() for name in ("web", "ingest")}
    return {
        "/srv/partner-portal": f"{folder}/srv",
        "/etc/partner-portal": f"{folder}/etc",
        "/etc/systemd/system": f"{folder}/units",
        "/var/lib/partner-portal": f"{folder}/var",
        "-g partner-portal": f"-g {os.getgid()}",
        "127.0.0.1:8000": f"127.0.0.1:{ports['web']}",
        "127.0.0.1:8001": f"127.0.0.1:{ports['ingest']}",
        "{{ portal-url }}": f"https://127.0.0.1:{ports['web']}",  # a proxy's
    }


@pytest.fixture
def guide(request, deployment):
    """The commands of this drill, which has to run them all."""
    found = sections()
    blocks = {heading: found[heading] for heading in DRILLS[request.node.name]}
    made = Guide(deployment.portal.environ, blocks)
    yield made
    assert made.left() == []


def test_every_command_of_the_guide_is_in_a_drill():
    drilled = [heading for headings in DRILLS.values() for heading in headings]

    assert sorted(drilled) == sorted(sections())


@contextmanager
def visited(url: str):
    """Request a page again and again; fail on a 5xx or a sign-in page."""
    browser = Client()
    browser.force_login(factories.user())
    session = requests.Session()
    session.cookies.update({n: m.value for n, m in browser.cookies.items()})
    ended, bad, seen = threading.Event(), [], []

    def visit():
        while not ended.wait(0.5):
            try:
                response = session.get(f"{url}/", timeout=10)
            except requests.RequestException:
                continue  # the only web process restarts
            seen.append(response.status_code)
            if response.status_code != 200 or "/login/" in response.url:
                bad.append((response.url, response.status_code, response.text[:300]))

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert bad == []
    assert seen


def restart(deployment, *names: str) -> None:
    """Restart all at once."""
    deployment.stop(*names)
    deployment.start(*names)


def save_new_key(flow, keys: list[str], settings) -> None:
    """Save a customer's key through a web process with this keyring."""
    settings.ENCRYPTION_KEYS = keys
    feed = factories.feed(flow.cursor.stream)
    services.connect(
        feed=feed, write_key=factories.write_key(), region="sandbox", actor=None
    )


def nobody_was_switched_off() -> None:
    assert not AuditEntry.objects.filter(action="connection.needs_attention").exists()
    assert set(Connection.objects.values_list("status", flat=True)) == {"active"}


@drills("### Encryption key", "### With systemd", "### First users")
def test_the_portal_is_installed_and_the_first_partner_sends(
    deployment, guide, services, settings, tmp_path
):
    prepare, begin = guide["### With systemd"]
    [make_key] = guide["### Encryption key"]
    create_operator, create_partner = guide["### First users"]
    guide.places = ours = places(tmp_path)
    web, ingest = (f"http://{ours[f'127.0.0.1:{port}']}" for port in (8000, 8001))
    calls = record_calls(guide, tmp_path, "useradd", "systemctl")
    guide.run(prepare)
    assert calls.read_text().split()[-1] == "partner-portal"  # as the units name it
    install_release(Path(ours["/srv/partner-portal"]))
    url, key = services.new_database(), guide.run(make_key).strip()
    configure(
        Path(ours["/etc/partner-portal"]), deployment, url=url, key=key, ingest=ingest
    )

    with ExitStack() as stack:
        supervisor = Supervisor(
            Path(ours["/etc/systemd/system"]), ours, deployment.portal.log, stack
        )
        calls.write_text("")
        guide.run(begin)
        run_as_systemd(supervisor, calls.read_text())
        dumps = Path(f"{ours['/var/lib/partner-portal']}-backups")
        assert len([*dumps.glob("portal-*.dump")]) == 1
        guide.folder = Path(ours["/srv/partner-portal"]) / "current"
        guide.environ["ENV_FILE"] = f"{ours['/etc/partner-portal']}/portal.env"
        type_operator(guide, create_operator)
        invitation = guide.run(create_partner).split()[-1].replace("https", "http")
        until(lambda: ready(web) and ready(ingest), within_s=90)
        page = requests.get(invitation, headers=PROXIED, timeout=30)
        assert (page.status_code, "Postbox" in page.text) == (200, True)
        settings.ENCRYPTION_KEYS = [key]
        send_first_event(ingest, first_ingest_key(url))
        until(lambda: received(deployment) == 1, within_s=RECOVERY_BOUND_S)


def configure(folder: Path, deployment, *, url: str, key: str, ingest: str) -> None:
    """Write the settings and the backup's connection, as an operator does."""
    write_settings(
        folder / "portal.env",
        SECRET_KEY="of this drill $1 #2 " * 5,
        ENCRYPTION_KEYS=key,
        IDENTITY_KEYS=key,
        ALLOWED_HOSTS="127.0.0.1",
        INGEST_URL=ingest,
        TRUST_PROXY="on",
        DATABASE_URL=url,
        REDIS_URL=deployment.portal.environ["REDIS_URL"],
        SANDBOX_URL=deployment.segment.url,
    )
    server = Env.db_url_config(url)
    (folder / "backup.env").write_text(
        f"PGHOST={server['OPTIONS']['host']}\nPGUSER={server['USER']}\n"
        f"PGDATABASE={server['NAME']}\n"
    )


def run_as_systemd(supervisor: Supervisor, calls: str) -> None:
    """Do what systemctl was asked for; this must start every unit of the release."""
    for call in calls.splitlines():
        supervisor.systemctl(*call.split()[1:])
    units = {unit.name for unit in supervisor.units.iterdir()}
    assert units == set(supervisor.started)


def type_operator(guide: Guide, create_operator: str) -> None:
    """Create the operator at a terminal."""
    password = "a long one of this drill"
    guide.typed(
        create_operator,
        [
            ("Email", OPERATOR),
            ("Password:", password),
            ("Password (again):", password),
        ],
    )


def first_ingest_key(url: str) -> str:
    """Connect a workspace of the new partner, and return the text of its ingest key."""
    with connected_to(url):
        assert User.objects.get(email=OPERATOR).is_superuser
        feed = factories.feed(Stream.objects.get())
        factories.cursor(factories.connection(feed))
        return factories.ingest_key(feed).text


def send_first_event(ingest: str, ingest_key: str) -> None:
    sent = requests.post(
        f"{ingest}/v1/batch",
        json={"batch": [FIRST_EVENT]},
        auth=(ingest_key, ""),
        headers=PROXIED,
        timeout=30,
    )
    assert (sent.status_code, sent.json()["rejected"]) == (200, 0)


def record_calls(guide: Guide, folder: Path, *programs: str) -> Path:
    """Replace these programs of the machine: they only record their arguments."""
    calls, bin_ = folder / "calls", folder / "bin"
    bin_.mkdir()
    for name in programs:
        (bin_ / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {calls}\n')
        (bin_ / name).chmod(0o755)
    (folder / "units").mkdir()  # as systemd's is there
    guide.environ = {"PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"}
    return calls


def install_release(folder: Path) -> None:
    """Copy this release, with its installed packages, and point `current` at it."""
    release = folder / "releases" / "2026-11-29"
    shutil.copytree(ROOT, release, ignore=shutil.ignore_patterns(*NOT_OF_A_RELEASE))
    (release / ".venv").symlink_to(sys.prefix)
    (folder / "current").symlink_to(release)


def write_settings(file: Path, **values: str) -> None:
    """Edit the lines of the example, as an operator does."""
    text = file.read_text()
    for name, value in values.items():
        before, _, after = re.split(rf"^({name}=.*)$", text, flags=re.MULTILINE)
        text = f"{before}{name}='{value}'{after}"
    file.write_text(text)


def ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=10).status_code == 200
    except requests.RequestException:
        return False


@drills("### Two-factor authentication")
def test_the_factors_of_someone_who_lost_them_all_are_removed(deployment, guide):
    person = factories.user(email="ada@postbox.example")
    App(person)
    deployment.start("web")
    [reset] = guide["### Two-factor authentication"]

    guide.run(reset)

    assert not Authenticator.objects.filter(user=person).exists()


@drills("### Rotate ENCRYPTION_KEYS")
def test_both_keys_are_rotated_with_processes_restarted_in_the_worst_order(
    deployment, guide, settings
):
    [reencrypt] = guide["### Rotate ENCRYPTION_KEYS"]
    environ, old, new = (
        deployment.portal.environ,
        settings.SECRET_KEY,
        "of this drill " * 5,
    )
    settings.SANDBOX_URL = deployment.segment.url
    settings.ENCRYPTION_KEYS = ring("k1")
    environ["ENCRYPTION_KEYS"] = ",".join(ring("k1"))
    flows = open_flows("a", "b")
    deployment.start("ingest", "web", "beat", "worker-1")
    with (
        under_traffic(deployment, flows) as experiment,
        visited(deployment.urls["web"]),
    ):
        for names, secret, fallback in (("k1 k2", old, new), ("k2 k1", new, old)):
            keys = ring(*names.split())
            environ |= {"SECRET_KEY": secret, "SECRET_KEY_FALLBACKS": fallback}
            environ["ENCRYPTION_KEYS"] = ",".join(keys)
            # Web first, and a customer saves a key before any worker has restarted.
            restart(deployment, "web")
            save_new_key(flows[0], keys, settings)
            experiment.recover("web is ahead")
            restart(deployment, "ingest", "beat", "worker-1")
        guide.run(reencrypt)
        environ["ENCRYPTION_KEYS"] = ",".join(ring("k2"))
        environ["SECRET_KEY_FALLBACKS"] = ""
        restart(deployment, "web", "worker-1", "ingest", "beat")
        experiment.recover("a rotation of both keys")
    assert not [r for r in experiment.traffic.refusals if r.status == 500]
    nobody_was_switched_off()


@drills("## Upgrade", "### Downgrade")
def test_an_upgrade_and_a_downgrade_use_separate_folders(deployment, guide, tmp_path):
    collect, migrate, point, check = guide["## Upgrade"]
    [back] = guide["### Downgrade"]
    current = tmp_path / "current"
    processes = ("web", "ingest", "worker-1", "beat")
    flows = open_flows("a", "b")
    with checked_out(previous_commit()) as before:
        names = {"NEW_RELEASE": ROOT, "OLD_RELEASE": before, "CURRENT": current}
        guide.run(back, **names)
        start_from(deployment, current, *processes)
        with (
            under_traffic(deployment, flows) as experiment,
            visited(deployment.urls["web"]),
        ):
            experiment.recover("the release before")
            for block in (collect, migrate, point):
                guide.run(block, **names)
            for name in processes:
                start_from(deployment, current, name)
            guide.run(check, **names, **SAFE)
            experiment.recover("an upgrade")
            guide.run(back, **names)
            start_from(deployment, current, *processes)
            experiment.recover("a downgrade")
    assert not [r for r in experiment.traffic.refusals if r.status == 500]
    nobody_was_switched_off()


def start_from(deployment, current: Path, *names: str) -> None:
    """Restart these from the release that the link names."""
    code, portal = current.resolve(), deployment.portal
    deployment.stop(*[name for name in names if name in deployment.running])
    for name in names:
        if name in deployment.urls:
            what = (web_of if name == "web" else ingest_of)(code)
            deployment.running[name] = portal.serve(
                deployment.urls[name], what, code=current
            )
        elif name == "beat":
            deployment.running[name] = portal.beat(code=current)
        else:
            deployment.start_worker(name, code=current)
    for name in deployment.urls.keys() & set(names):
        portal.answering(deployment.running[name], deployment.urls[name])


@drills("## Backups", "## Restore")
def test_a_backup_under_traffic_is_restored_into_a_new_database(
    deployment, guide, tmp_path
):
    dump, erasures = guide["## Backups"]
    create, migrate, history, acknowledge, replay, reconcile = guide["## Restore"]
    environ, flows = deployment.portal.environ, open_flows("a", "b")
    guide.environ = names = environ | names_of_restore(environ, tmp_path)
    link_ada(flows[0])
    deployment.start("ingest", "web", "beat", "worker-1")
    with under_traffic(deployment, flows) as experiment:
        experiment.recover("the start")
        guide.run(dump)
        dumped = ticks()
        erase_ada(flows[0])
        guide.run(erasures)
        experiment.recover("a dump")
        until(lambda: ticks() > dumped)  # else no counter shows that the dump is older
    deployment.stop(*deployment.running)
    acknowledged = {flow.name: flow.acknowledged for flow in flows}

    guide.run(create)
    environ["DATABASE_URL"] = names["DATABASE_URL"] = names["NEW_DATABASE_URL"]
    guide.run(migrate)
    deployment.start("web", "beat", "worker-1")
    until(lambda: "went back in time" in guide.printed(history), within_s=60)
    guide.run(history, exits=1)
    assert readiness(deployment) == 503
    assert "The data of a person who was erased" in guide.run(acknowledge)
    deployment.start("ingest")
    send_again(deployment, flows, acknowledged)

    guide.run(replay)
    assert guide.run(history) == "The database has not gone back in time.\n"
    until(
        lambda: received(deployment) == sum(acknowledged.values()),
        within_s=RECOVERY_BOUND_S,
    )
    until(lambda: "Inconsistent feeds: 0." in guide.printed(reconcile), within_s=60)


def names_of_restore(environ: dict[str, str], folder: Path) -> dict[str, str]:
    old = connection.settings_dict["NAME"]
    return {
        "BACKUP": str(folder / "portal.dump"),
        "ERASURES": str(folder / "erasures.jsonl"),
        "NEW_DATABASE": f"{old}_restored",
        "NEW_DATABASE_URL": environ["DATABASE_URL"].replace(old, f"{old}_restored"),
    }


def link_ada(flow: Flow) -> None:
    """Link a person who has no events, so that no count changes when she is erased."""
    email = Identifier(IdentifierKind.EMAIL, "ada@example.com")
    fact = IdentityFact("ada", (email,), now(), Origin(OriginKind.API))
    learn(flow.cursor.feed_id, [fact])


def erase_ada(flow: Flow) -> None:
    """Have a worker erase her."""
    by = {"origin": Erasure.Origin.PAGE, "actor": None}
    erasure = request_erasure(flow.cursor.feed, user_id="ada", **by)
    until(lambda: Erasure.objects.exclude(ended_at=None).exists())
    erasure.refresh_from_db()
    assert erasure.links == 1


def readiness(deployment) -> int:
    url = f"{deployment.urls['web']}/readyz"
    return requests.get(url, timeout=10).status_code


def ticks() -> int:
    """Return the counter whose last value the portal also keeps outside the database."""
    return Generation.objects.get().ticks


def received(deployment) -> int:
    """Return how many different events of the flows are at Segment."""
    found, last = set(), 0
    while page := deployment.segment.events_after(last):
        last = page[-1]["number"]
        found |= {shown["event"]["messageId"] for shown in page}
    return len(found)


def send_again(deployment, flows, acknowledged) -> None:
    """Have every partner send everything again, with the same messageIds."""
    for flow in flows:
        for number in range(1, acknowledged[flow.name] + 1, 100):
            last = min(number + 99, acknowledged[flow.name])
            sent = requests.post(
                f"{deployment.urls['ingest']}/v1/batch",
                json={"batch": [flow.event(n) for n in range(number, last + 1)]},
                auth=(flow.ingest_key, ""),
                timeout=30,
            )
            assert sent.status_code == 200
