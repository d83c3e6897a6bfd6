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
    """Exit with one line for an external cause: an unusable database or file.

    Raises the error if it is a bug, or with --traceback.
    """
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
        # Runs without the portal's settings: a partner's CI has none, and its environment
        # may contain the same names.
        settings.configure()
        check_events.Command().run_from_argv(sys.argv)
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
        try:
            execute_from_command_line(sys.argv)
        except (DatabaseError, InterfaceError, OSError) as error:
            exit_with_reason(error)
