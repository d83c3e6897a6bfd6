"""`python -m partner_portal.environment` checks the settings: it exits with 1 if one is
invalid. With the argument `example`, it prints `.env.example` instead."""

from __future__ import annotations

import sys

from partner_portal.environment import env_example, load_or_exit

if sys.argv[1:] == ["example"]:
    sys.stdout.write(env_example.text())
else:
    load_or_exit()
