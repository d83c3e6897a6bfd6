"""Marks for texts that the portal translates; this package works without Django."""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """Mark a text for translation, and return it unchanged."""
    return text
