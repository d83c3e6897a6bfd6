"""`python -m partner_portal.preflight`: exits with 1, and says why, if the portal must not
start. gunicorn runs it (gunicorn.conf.py) as a program, so that its own process loads
neither code nor settings that a reload has to replace."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
django.setup()

from streams.observability.preflight import exit_if_refused  # noqa: E402 - needs setup

if __name__ == "__main__":
    exit_if_refused()
