#!/usr/bin/env python
from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

from streams.management.commands import check_events

if __name__ == "__main__":
    if sys.argv[1:2] == ["check_events"]:
        # It reads one file. A partner's CI has no settings for it, and its environment
        # may hold names like ours.
        settings.configure()
        check_events.Command().run_from_argv(sys.argv)
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
        execute_from_command_line(sys.argv)
