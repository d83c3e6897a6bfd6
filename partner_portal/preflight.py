"""`python -m partner_portal.preflight` exits with 1 and prints the reason if the portal must
not start. gunicorn.conf.py runs it as a separate program, so that gunicorn's master process
loads no code or settings that a reload has to replace."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
django.setup()

from streams.observability.preflight import exit_if_refused  # noqa: E402 - needs setup

if __name__ == "__main__":
    exit_if_refused()
