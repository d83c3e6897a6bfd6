"""The life of one portal, from start to stop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from streams.devtools.demo import accounts, seeding
from streams.devtools.first_run import processes, readiness
from streams.devtools.first_run.process_group import POLL_S, ChildExited, ProcessGroup
from streams.devtools.first_run.processes import Broker
from streams.devtools.first_run.stop_signals import StopRequest, StopRequested
from streams.devtools.first_run.summary import summary
from streams.devtools.run_file import RunFacts

if TYPE_CHECKING:
    from streams.devtools.first_run.console import Console
    from streams.devtools.first_run.installation import Layout
    from streams.devtools.first_run.readiness import Probe

READY_WITHIN_S = 300.0  # enough for a small, busy machine
NEWS_EVERY_S = 15.0  # while waiting
LATE_S = 10.0  # after this, probe only once per second, because each probe is logged
LATE_POLL_S = 1.0
BROKER_WITHIN_S = 5.0  # an external broker must be running already


class NotReady(Exception):
    """A child runs but does not respond. The message lists those children."""


class Supervisor:
    """Starts the children, waits until they are ready, and stops them in order."""

    def __init__(
        self, layout: Layout, group: ProcessGroup, console: Console, stop: StopRequest
    ) -> None:
        self._layout = layout
        self._group = group
        self._console = console
        self._stop = stop

    def run(self) -> None:
        """Run until stopped. Raises ChildExited, NotReady."""
        try:
            self._start()
            while True:
                self._stop.check(within_s=POLL_S)
                self._group.revive()
        except StopRequested:
            self._console.say("\n  Stopping. Press Ctrl-C again to stop immediately.\n")
        except ChildExited as ended:
            self._console.say(
                f"\n  {ended.name} ended unexpectedly. Stopping the other processes.\n"
            )
            raise
        finally:
            self._layout.run_file.unlink(missing_ok=True)
            self._group.stop(at_once=lambda: self._stop.at_once)

    def _start(self) -> None:
        broker = self._start_broker()
        env = processes.environment(self._layout, broker)
        self._group.start(processes.sandbox(self._layout, env))
        self._console.say("  Migrating the database …")
        call_command("migrate", interactive=False, verbosity=0)
        probes = self._start_seeding(env)
        connections.close_all()  # only the children use it from here on
        self._start_rest(env)
        self._wait_for(probes | self._probes(broker))
        facts = self._facts(has_demo="seed" in probes)
        facts.write(self._layout.run_file)
        self._console.say(summary(facts, self._layout.run_file))
        if settings.HTTPS:
            self._console.say(
                "  HTTPS is on. Open the portal at your proxy's https address. The proxy"
                f" must connect to {facts.web} and set X-Forwarded-Proto.\n"
            )

    def _start_broker(self) -> Broker:
        if not self._layout.own_broker:
            external = Broker(url=settings.REDIS_URL)
            probe = {"broker": readiness.broker(external.url)}
            self._wait_for(probe, within_s=BROKER_WITHIN_S)
            return external
        password = secrets.token_urlsafe(24)
        address = self._layout.address("valkey")
        broker = Broker(url=f"redis://:{password}@{address}/0", password=password)
        self._group.start(processes.valkey(self._layout, broker))
        self._wait_for({"valkey": readiness.broker(broker.url)})
        return broker

    def _start_seeding(self, env: Mapping[str, str]) -> dict[str, Probe]:
        """Start seeding if it is allowed here. Returns the probe for its end."""
        obstacle = seeding.obstacle()
        if obstacle:
            self._console.say(f"  No demonstration data is created: {obstacle}")
            return {}
        self._wait_for(self._sandbox_probe())  # seeding looks up its write key there
        seed = self._group.start(processes.seed(env))
        return {"seed": lambda: None if seed.is_done else "still running"}

    def _start_rest(self, env: Mapping[str, str]) -> None:
        self._group.start(processes.web(self._layout, env))
        self._group.start(processes.ingest(self._layout, env))
        self._group.start(processes.worker(env))
        self._group.start(processes.beat(env))

    def _probes(self, broker: Broker) -> dict[str, Probe]:
        url = self._layout.url
        return {
            **self._sandbox_probe(),
            "ingest": readiness.http(f"{url('ingest')}/healthz"),
            "worker": readiness.worker(processes.worker_name(), broker.url),
            "web": readiness.http(f"{url('web')}/readyz"),
        }

    def _sandbox_probe(self) -> dict[str, Probe]:
        url = self._layout.url("sandbox")
        return {"sandbox": readiness.http(f"{url}/_sandbox/healthz")}

    def _wait_for(
        self, probes: Mapping[str, Probe], *, within_s: float = READY_WITHIN_S
    ) -> None:
        """Wait until all probes succeed. Raises ChildExited, NotReady, StopRequested."""
        missing = dict(probes)
        began = reported = time.monotonic()
        while missing:
            is_late = time.monotonic() > began + LATE_S
            self._stop.check(within_s=LATE_POLL_S if is_late else POLL_S)
            self._group.check()
            problems = {name: probe() for name, probe in missing.items()}
            missing = {name: missing[name] for name in missing if problems[name]}
            if missing and time.monotonic() > began + within_s:
                reasons = "".join(f"\n    {name}: {problems[name]}" for name in missing)
                raise NotReady(f"Not ready after {within_s:.0f} s:{reasons}")
            if missing and time.monotonic() > reported + NEWS_EVERY_S:
                reported = time.monotonic()
                self._console.say(f"  Still waiting for {', '.join(missing)} …")

    def _facts(self, *, has_demo: bool) -> RunFacts:
        return RunFacts(
            web=self._layout.url("web"),
            ingest=self._layout.url("ingest"),
            sandbox=self._layout.url("sandbox"),
            sign_ins=accounts.sign_ins() if has_demo else [],
            partner_token=accounts.partner_token().text if has_demo else "",
            feeds=accounts.feeds(self._layout.url("ingest")) if has_demo else [],
        )
