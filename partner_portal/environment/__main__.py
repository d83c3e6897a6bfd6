"""`python -m partner_portal.environment`: checks the settings, exits with 1 if one is
invalid. With `example`, prints `.env.example`."""

from __future__ import annotations

import sys

from partner_portal.environment import example, load_or_exit

if sys.argv[1:] == ["example"]:
    sys.stdout.write(example.text())
else:
    load_or_exit()
