from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _var(settings, tmp_path):
    """Erasures are also recorded in files."""
    settings.VAR_DIR = tmp_path
