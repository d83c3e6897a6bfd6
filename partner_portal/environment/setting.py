"""A row of the table of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partner_portal.environment.setting_types import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A row. `default` is text, as in `.env.example`; empty means None or an empty list."""

    name: str
    kind: Kind
    about: str  # sentences for operators
    default: str = ""
    required: bool = False
