#!/usr/bin/env python
from __future__ import annotations

import os
import sys
from typing import NoReturn

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError

from streams.management.commands import check_events


def exit_with_reason(error: Exception) -> NoReturn:
    """End with one line where the cause is outside: a database, or a file, that cannot be
    used. Raises the error if it is a fault of ours, or if the trace was asked for."""
    if "--traceback" in sys.argv or isinstance(error, (IntegrityError, DataError)):
        raise error
    if isinstance(error, OSError):
        if error.filename is None:
            raise error
        sys.exit(f"CommandError: {error.filename} cannot be used: {error.strerror}.")
    reason = str(error).partition("\n")[0]
    sys.exit(f"CommandError: The database cannot be used: {reason}.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["check_events"]:
        # It reads one file. A partner's CI has no settings for it, and its environment
        # may hold names like ours.
        settings.configure()
        check_events.Command().run_from_argv(sys.argv)
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
        try:
            execute_from_command_line(sys.argv)
        except (DatabaseError, InterfaceError, OSError) as error:
            exit_with_reason(error)
