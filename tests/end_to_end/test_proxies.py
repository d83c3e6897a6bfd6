"""docker/nginx.conf and docker/Caddyfile, with TLS, in front of web and ingest."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from streams.catalog.pages.models import Logo
from streams.events.models import Event
from streams.sign_in.sign_in_limits import FROM_ADDRESS_TO_ACCOUNT
from tests import factories
from tests.end_to_end.proxies import caddy, nginx
from tests.ingest.sender_requests import basic, bearer, track
from tests.portal_processes import (
    INGEST,
    ROOT,
    RunningPortal,
    database_url,
    running,
    until,
)
from tests.servers.certificates import Certificates
from tests.servers.child_processes import start, stop
from tests.servers.valkey import free_port

pytestmark = [pytest.mark.processes]

FROM_CLIENT = "0123456789abcdef0123456789abcdef"  # an ID that no proxy passes on
ADA = "ada@example.com"
AFTER_RESTART = 50  # requests that must succeed after each restart


@dataclass
class Site:
    """One proxy, and the processes behind it."""

    web: str
    events: str
    verify: str
    portal: RunningPortal
    listening: socket.socket
    proxy_log: Path
    ingest: subprocess.Popen | None = None

    def start_ingest(self) -> None:
        """Start ingest as systemd does: with a socket that outlives the process."""
        command = [sys.executable, "-m", "gunicorn", "--no-control-socket", *INGEST]
        activated = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0', "sh", *command]  # fmt: skip
        with self.portal.log.open("ab") as log:
            self.ingest = start(
                activated, at_our_death=signal.SIGKILL, process_group=0, cwd=ROOT,
                env=self.portal.environ, stdin=self.listening, stdout=log, stderr=log,
            )  # fmt: skip

    def stop_ingest(self) -> None:
        stop(self.ingest, signal.SIGTERM, timeout_s=60)

    def logged(self, event: str) -> list[dict]:
        lines = self.portal.log.read_text().splitlines()
        return [json.loads(line) for line in lines if f'"{event}"' in line]


@pytest.fixture(autouse=True)
def hashed_as_in_production(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


@contextmanager
def proxied(kind, services, folder, **settings):
    Certificates.make(folder)
    ports = {name: free_port() for name in ("http", "web", "events")}
    environ = services.environ(
        DATABASE_URL=database_url(), HTTPS="on", TRUST_PROXY="on", TRUSTED_PROXY_COUNT="1", LOG_LEVEL="INFO",
        ALLOWED_HOSTS="localhost,127.0.0.1", INGEST_URL=f"https://localhost:{ports['events']}",
        **settings,
    )  # fmt: skip
    with ExitStack() as stack:
        portal = stack.enter_context(running(environ, folder))
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512))  # fmt: skip
        upstreams = {
            "web": portal.web().removeprefix("http://"),
            "events": f"127.0.0.1:{listening.getsockname()[1]}",
        }
        command = kind(folder, ports, upstreams)
        log = stack.enter_context((folder / "proxy.log").open("wb"))
        proxy = start(
            command, at_our_death=signal.SIGKILL, process_group=0, stdout=log, stderr=log,
            env={**environ, "HOME": str(folder)},
        )  # fmt: skip
        stack.callback(stop, proxy, signal.SIGTERM)
        site = Site(
            web=f"https://localhost:{ports['web']}",
            events=f"https://localhost:{ports['events']}",
            verify=str(folder / "good.pem"), portal=portal, listening=listening,
            proxy_log=folder / "proxy.log",
        )  # fmt: skip
        until(lambda: answers(site.web, site.verify))
        site.start_ingest()
        stack.callback(site.stop_ingest)
        yield site


def answers(url, verify):
    try:
        return requests.get(f"{url}/healthz", verify=verify, timeout=5).ok
    except requests.RequestException:
        return False


def test_nginx_forwards_everything_and_no_request_fails_in_a_restart(
    transactional_db, services, settings, tmp_path, far_segment
):
    settings.SANDBOX_URL = far_segment.url
    with proxied(nginx, services, tmp_path, SANDBOX_URL=far_segment.url) as site:
        feed, request_id = sign_in_and_deliver(site, far_segment)
        assert f'"request_id":"{request_id}"' in site.proxy_log.read_text()
        upload_a_logo(site, feed.stream)
        check_that_guesses_count_by_real_address(site)
        restart_without_a_failed_request(
            site, factories.cursor(factories.connection()).feed
        )


def test_caddy_forwards_the_first_hour_of_a_partner(
    transactional_db, services, settings, tmp_path, far_segment
):
    settings.SANDBOX_URL = far_segment.url
    with proxied(caddy, services, tmp_path, SANDBOX_URL=far_segment.url) as site:
        sign_in_and_deliver(site, far_segment)


def sign_in_and_deliver(site, segment):
    """Go from sign-in to delivery, with the largest batch that a partner can send."""
    feed = factories.cursor(factories.connection(factories.feed())).feed
    key, (_, token) = factories.ingest_key(feed), factories.token(feed.stream)
    factories.partner_member(feed.stream.partner, email=ADA)
    site.portal.worker()
    site.portal.beat()
    assert sign_in(site)[1].status_code == 302

    event = post(site, "track", track("m1"), {**basic(key), "X-Request-Id": FROM_CLIENT})  # fmt: skip
    large = post(site, "batch", large_batch(feed), bearer(token))

    assert (event.status_code, event.json()["accepted"]) == (200, 1)
    assert (large.status_code, large.json()["accepted"]) == (200, 2_500)
    until(lambda: segment.stats()["unique_message_ids"] == 2_501, within_s=60)
    return feed, trace_to_delivery(site, feed, event.headers["X-Request-Id"])


def post(site, call, body, headers):
    return requests.post(
        f"{site.events}/v1/{call}", json=body, headers=headers, verify=site.verify, timeout=60
    )  # fmt: skip


def large_batch(feed):
    """Return a batch of slightly less than 5 MB."""
    about = {"workspace": feed.workspace.external_id, "properties": {"t": "x" * 1_800}}
    return {"batch": [track(f"b{n}", **about) for n in range(2_500)]}


def trace_to_delivery(site, feed, request_id):
    """Follow a request by the proxy's ID to the delivery attempt of its event."""
    assert request_id.replace("-", "") != FROM_CLIENT
    entries = [e for line in site.logged("ingest.stored") for e in line["requests"]]
    [entry] = [e for e in entries if e["request_id"] == request_id]
    assert (entry["feed"], entry["first_seq"], entry["last_seq"]) == (feed.pk, 1, 1)

    def attempts():
        return [
            line for line in site.logged("delivery.finished")
            if line["feed"] == feed.pk and line["first_seq"] <= 1 <= line["last_seq"]
        ]  # fmt: skip

    until(attempts)
    return request_id


class From(HTTPAdapter):
    """Connect from this address of the loopback, as another client would."""

    def __init__(self, address):
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args, **options):
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))


def sign_in(site, password=factories.PASSWORD, address="127.0.0.1", **headers):
    """Return the browser that tried to sign in, and the response."""
    browser = requests.Session()
    browser.mount("https://", From(address))
    browser.trust_env = False  # its certificates would be used instead of ours
    browser.verify = site.verify
    return browser, submit(site, browser, "/accounts/login/", headers=headers, data={"login": ADA, "password": password})  # fmt: skip


def submit(site, browser, form, *, action="", data=(), files=None, headers=()):
    """Submit a page's form as a browser does: with its token and its origin."""
    page = browser.get(f"{site.web}{form}", timeout=30)
    [token, *_] = re.findall('csrfmiddlewaretoken" value="(.+?)"', page.text)
    return browser.post(
        f"{site.web}{action or form}", timeout=30, allow_redirects=False, files=files,
        data={**dict(data), "csrfmiddlewaretoken": token},
        headers={"Origin": site.web, "Referer": f"{site.web}{form}", **dict(headers)},
    )  # fmt: skip


def upload_a_logo(site, stream):
    browser, _ = sign_in(site)
    docs = f"/p/{stream.partner.slug}/streams/{stream.slug}/docs/"

    uploaded = submit(site, browser, docs, action=f"{docs}logo/", files={"logo": factories.LOGO})  # fmt: skip

    assert uploaded.status_code == 302
    assert Logo.objects.filter(stream=stream).exists()


def check_that_guesses_count_by_real_address(site):
    """Neither the proxy's address counts, nor one that the client made up."""
    guesses = [
        sign_in(site, "a guess", "127.0.0.2", **{"X-Forwarded-For": f"203.0.113.{n}"})[1]
        for n in range(FROM_ADDRESS_TO_ACCOUNT.amount + 1)
    ]  # fmt: skip
    elsewhere = sign_in(site, address="127.0.0.3")[1]

    assert [guess.status_code for guess in guesses][-2:] == [200, 429]
    assert elsewhere.status_code == 302


def restart_without_a_failed_request(site, feed):
    """Use clients that do not retry: new workers of one master, then another master."""
    key, done, results = factories.ingest_key(feed), threading.Event(), {}

    def send(number):
        while not done.is_set():
            name = f"r{number}-{len(results)}"
            try:
                results[name] = post(site, "track", track(name), basic(key)).status_code
            except requests.RequestException as error:
                results[name] = repr(error)

    def more():
        target = len(results) + AFTER_RESTART
        until(lambda: len(results) > target, within_s=60)

    senders = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for sender in senders:
        sender.start()
    try:
        more()
        site.ingest.send_signal(signal.SIGHUP)
        more()
        site.stop_ingest()
        site.start_ingest()
        more()
    finally:
        done.set()
        for sender in senders:
            sender.join()

    assert {name: result for name, result in results.items() if result != 200} == {}
    stored = Event.objects.filter(feed=feed).values_list("message_id", flat=True)
    assert sorted(stored) == sorted(results)
