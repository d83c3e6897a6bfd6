"""Loads all settings. Nothing else reads them from the environment.

To add a setting:

1. Add a row to `settings_table.py`: name, type with bounds and unit (`setting_types.py`), default,
   and one or two sentences for operators.
2. Run `python -m partner_portal.environment example >.env.example`.
3. Read it in `partner_portal/settings.py`: `NAME = _values["NAME"]`.
4. Add unusual and malformed values to `tests/settings/typical_values.py`. A test fails if they
   are missing.
"""

from __future__ import annotations

from partner_portal.environment.loader import InvalidSettings, load, load_or_exit
from partner_portal.environment.setting import Setting
from partner_portal.environment.setting_types import Invalid
from partner_portal.environment.settings_table import SETTINGS

__all__ = ["SETTINGS", "Invalid", "InvalidSettings", "Setting", "load", "load_or_exit"]
