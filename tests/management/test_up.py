"""`manage.py up` itself, from an empty folder, with all its processes."""

from __future__ import annotations

import json
import random
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from tests.management.process_checks import alive, eventually, gone
from tests.servers.keeper import ROOT

pytestmark = pytest.mark.processes

MANAGE = [sys.executable, "manage.py"]
START_WITHIN_S = 300


class Up:
    """A running portal, and its environment."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self.environ = environ
        self.log = log
        self.run_file = Path(environ["VAR_DIR"], "run.json")
        self.start()

    def start(self, **changes: str) -> None:
        """Start it; return when everything responds.

        Can be called again after it ended.
        """
        self.environ |= changes
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [*MANAGE, "up"],
                cwd=ROOT,
                env=self.environ,
                stdout=output,
                stderr=output,
            )
        try:
            self._wait()
        except BaseException:
            self.end()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not self.run_file.exists():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    @property
    def family(self) -> list[psutil.Process]:
        """Return everything that it has started and that still runs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        """Return the process with this word in its command line."""
        children = psutil.Process(self.process.pid).children()
        [child] = [one for one in children if word in one.cmdline()]
        return child

    @property
    def facts(self):
        return json.loads(self.run_file.read_text())

    def track(self, message_id: str) -> str:
        """Send an event to the first workspace; return its status."""
        answer = requests.post(
            f"{self.facts['ingest']}/v1/batch",
            json={"batch": [event(message_id)]},
            auth=(self.facts["feeds"][0]["ingest_key"], ""),
            timeout=10,
        )
        return answer.json()["results"][0]["outcome"]

    def arrived(self) -> list[str]:
        """Return the messageIds in the sandbox."""
        url = f"{self.facts['sandbox']}/_sandbox/events?limit=2000"
        shown = requests.get(url, timeout=10).json()["events"]
        return [one["event"]["messageId"] for one in shown]

    def arrives(self, *message_ids: str) -> bool:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if set(message_ids) <= set(self.arrived()):
                return True
            time.sleep(0.1)
        return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it; return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def end(self) -> None:
        """End it in whatever state it is."""
        self.process.kill()
        self.process.wait()


def event(message_id: str) -> dict[str, object]:
    return {
        "type": "track",
        "event": "Email Opened",
        "userId": "cus_1",
        "messageId": message_id,
        "properties": {"email_id": "e1", "email_subject": "Hello", "campaign_id": "c1"},
    }


def free_port() -> int:
    """Return the first of four free ports, below those of outgoing connections."""
    while True:
        first = random.randrange(20_000, 32_000, 4)
        if all(_is_free(first + place) for place in range(4)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def environ_for(services, folder: Path) -> dict[str, str]:
    """Return the environment of `make run`, or one with the servers of this run."""
    environ = services.environ(
        VAR_DIR=str(folder / "var"),
        PORT=str(free_port()),
        REQUIRE_SECOND_FACTOR="off",  # as `make run` sets it
    )
    if "sqlite" in environ["DATABASE_URL"]:
        environ |= {"DATABASE_URL": "", "REDIS_URL": ""}
    return environ


@pytest.fixture(scope="module")
def up(services, tmp_path_factory):
    """A portal for all tests here, because starting is slow; the last tests end it."""
    folder = tmp_path_factory.mktemp("up")
    up = Up(environ_for(services, folder), folder / "up.log")
    yield up
    up.end()


def manage(environ: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MANAGE, *argv],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_only_the_owner_can_read_the_run_file(up):
    assert stat.S_IMODE(up.run_file.stat().st_mode) == 0o600


def test_everything_responds_once_the_run_file_exists(up):
    port = int(up.environ["PORT"])
    assert [up.facts[name] for name in ("web", "ingest", "sandbox")] == [
        f"http://127.0.0.1:{port + place}" for place in range(3)
    ]

    ready = requests.get(f"{up.facts['web']}/readyz", timeout=10)

    assert ready.status_code == 200, ready.text


def test_there_is_a_sign_in_of_each_kind(up):
    assert [one["role"] for one in up.facts["sign_ins"]] == [
        "operator",
        "partner admin",
        "partner developer",
        "partner support",
        "workspace admin",
        "workspace editor",
        "workspace viewer",
        "workspace editor",
    ]


def test_every_sign_in_opens_the_portal(up):
    for one in up.facts["sign_ins"]:
        with requests.Session() as browser:
            page = f"{up.facts['web']}/accounts/login/"
            browser.get(page, timeout=10)
            answer = browser.post(
                page,
                {
                    "login": one["email"],
                    "password": one["password"],
                    "csrfmiddlewaretoken": browser.cookies["csrftoken"],
                },
                allow_redirects=False,
                timeout=10,
            )

        assert (one["email"], answer.status_code) == (one["email"], 302)


def test_an_event_of_the_first_feed_arrives_in_the_sandbox(up):
    assert up.track("first-event") == "accepted"

    assert up.arrives("first-event")


def test_demo_sends_a_day_of_events_that_arrive(up):
    before = len(up.arrived())

    demo = manage(up.environ, "demo", "--events=300")

    assert demo.returncode == 0, demo.stderr
    assert "Events sent for northwind: 300 accepted." in demo.stdout
    deadline = time.monotonic() + 15
    while len(up.arrived()) < before + 300:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_scripts_can_send_events_as_segment_does(up):
    feed = up.facts["feeds"][0]
    event = {"type": "identify", "userId": "u1", "anonymousId": "a1"}

    response = requests.post(
        feed["inbound_url"],
        json=event,
        headers={"Authorization": f"Bearer {feed['inbound_secret']}"},
        timeout=10,
    )

    assert (response.status_code, response.json()["learned"]) == (200, 1)


def test_demo_for_a_workspace_without_a_connection_says_why_events_are_queued(up):
    demo = manage(up.environ, "demo", "--events=20", "--workspace=fern-and-field")

    assert demo.returncode == 0, demo.stderr
    assert "Events sent for fern-and-field: 20 held." in demo.stdout
    assert "queued until the workspace is connected" in demo.stdout


def test_the_output_has_urls_and_sign_ins_and_no_token(up):
    output, facts = up.log.read_text(), up.facts

    told = [facts["web"], facts["sandbox"], *(s["password"] for s in facts["sign_ins"])]
    secret = [facts["partner_token"]]
    for feed in facts["feeds"]:
        secret += [feed["ingest_key"], feed["inbound_secret"]]
    assert [text for text in told if text not in output] == []
    assert [text for text in secret if text in output] == []


def test_a_second_up_on_the_same_folder_is_refused(up):
    second = manage(up.environ | {"PORT": str(free_port())}, "up")

    assert second.returncode == 1
    assert f"already running in {up.environ['VAR_DIR']}" in second.stderr
    assert up.run_file.exists()


def test_a_second_up_on_the_same_port_names_the_port(up, tmp_path):
    second = manage(up.environ | {"VAR_DIR": str(tmp_path)}, "up")

    assert second.returncode == 1
    port = up.environ["PORT"]
    assert f"Port {port} (for web) is in use by another program" in second.stderr


def test_a_killed_worker_is_named_and_another_sends_the_queued_events(up):
    worker = up.child("worker")

    worker.kill()
    gone([worker])
    up.track("after-the-death")

    assert up.arrives("after-the-death")
    assert "worker ended unexpectedly: killed by SIGKILL" in up.log.read_text()


def test_a_killed_web_process_responds_again(up):
    web = up.child("partner_portal.web")

    web.kill()
    gone([web])

    ended = "web ended unexpectedly: killed by SIGKILL"
    eventually(lambda: ended in up.log.read_text())
    eventually(lambda: answers(f"{up.facts['web']}/healthz"), within_s=60)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).status_code == 200
    except requests.RequestException:
        return False


def test_without_a_portal_demo_says_how_to_start_one(services, tmp_path):
    demo = manage(services.environ(VAR_DIR=str(tmp_path)), "demo")

    assert demo.returncode == 1
    assert "No portal is running here" in demo.stderr


def test_a_database_that_does_not_respond_is_reported(services, tmp_path):
    environ = environ_for(services, tmp_path)

    up = manage(environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}, "up")

    assert up.returncode == 1
    assert "CommandError: The database is unavailable" in up.stderr


def test_a_broker_that_does_not_respond_is_reported(services, tmp_path):
    environ = environ_for(services, tmp_path)

    up = manage(environ | {"REDIS_URL": "redis://127.0.0.1:9/0"}, "up")

    assert up.returncode == 1
    assert "broker: no response from REDIS_URL (ConnectionError)" in up.stderr


def test_it_stops_cleanly_and_keeps_its_data_for_a_start_on_another_port(up):
    up.track("before-the-stop")
    sign_ins, family = up.facts["sign_ins"], up.family

    assert up.stop() == 0
    assert alive(family) == []
    assert not up.run_file.exists()
    up.start(PORT=str(free_port()))

    assert up.facts["web"] == f"http://127.0.0.1:{up.environ['PORT']}"
    assert up.facts["sign_ins"] == sign_ins
    assert up.track("before-the-stop") == "duplicate"


def test_people_sign_in_behind_a_proxy_that_forwards_only_the_scheme(up):
    [person, *_] = up.facts["sign_ins"]
    assert up.stop() == 0
    proxied = {"HTTPS": "on", "TRUST_PROXY": "on", "ALLOWED_HOSTS": "portal.example"}
    up.start(**proxied, REQUIRE_SECOND_FACTOR="on")
    page = f"{up.facts['web']}/accounts/login/"
    origin = "https://portal.example"
    proxy = {"X-Forwarded-Proto": "https"}  # and our own address as Host

    ready = requests.get(f"{up.facts['web']}/readyz", timeout=10)
    shown = requests.get(page, headers=proxy, timeout=10)
    cookie = shown.headers["Set-Cookie"].partition(";")[0]
    token = shown.text.split('name="csrfmiddlewaretoken" value="')[1].partition('"')[0]
    answer = requests.post(
        page,
        {
            "login": person["email"],
            "password": person["password"],
            "csrfmiddlewaretoken": token,
        },
        headers=proxy | {"Origin": origin, "Cookie": cookie},
        allow_redirects=False,
        timeout=10,
    )

    assert (ready.status_code, shown.status_code) == (200, 200)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_nothing_is_left_when_it_is_killed(up):
    """The last test here, because it ends the portal that all tests share."""
    family = up.family

    up.stop(signal.SIGKILL)

    gone(family)
    assert not up.run_file.exists()
