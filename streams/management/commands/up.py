from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.color import supports_color
from django.db import OperationalError

from streams.devtools.first_run import lock
from streams.devtools.first_run.console import Console
from streams.devtools.first_run.installation import Layout, PortInUse
from streams.devtools.first_run.lock import AlreadyRunning
from streams.devtools.first_run.process_group import ChildExited, ProcessGroup
from streams.devtools.first_run.processes import NAMES
from streams.devtools.first_run.stop_signals import StopRequest, stop_request
from streams.devtools.first_run.supervisor import NotReady, Supervisor


class Command(BaseCommand):
    """Starts the first run; see "First run" in README.md."""

    help = (
        "Run the whole portal on this machine, in the foreground: web, ingest, worker,"
        " beat, its own Valkey (unless REDIS_URL is set) and the sandbox, with a"
        " demonstration to sign in to. Ctrl-C stops all processes. PORT sets the first"
        " port, VAR_DIR the folder for data."
    )

    requires_system_checks = ()  # they open the database, whose folder is created first

    def handle(self, *args: object, **options: object) -> None:
        if settings.HTTPS and not settings.TRUST_PROXY:
            raise CommandError(
                "HTTPS is on, but `manage.py up` serves http for one machine. Set"
                " HTTPS=off, or start each process as described in the operator guide."
            )
        os.umask(0o077)  # others cannot read the files that we and our children write
        layout = Layout(
            var_dir=Path(settings.VAR_DIR).resolve(),
            port=settings.PORT,
            own_broker=not settings.REDIS_URL,
        )
        layout.var_dir.mkdir(parents=True, exist_ok=True)
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        try:
            self.check()
            with stop_request() as stop, lock.held(layout.lock_file) as held_lock:
                self._run(layout, stop, held_lock, colour=not options["no_color"])
        except (AlreadyRunning, ChildExited, NotReady, PortInUse) as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            raise CommandError(f"The database is unavailable: {error}") from None

    def _run(
        self, layout: Layout, stop: StopRequest, held_lock: int, *, colour: bool
    ) -> None:
        layout.check_ports()
        # Left by a portal that was killed together with its watchdog.
        layout.run_file.unlink(missing_ok=True)
        console = Console(
            self.stdout, NAMES, colour=colour and supports_color(), on_lost=stop.ask
        )
        with ProcessGroup(console, run_file=layout.run_file, lock=held_lock) as group:
            Supervisor(layout, group, console, stop).run()
