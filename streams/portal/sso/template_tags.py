"""Template tags of the sign-in page."""

from __future__ import annotations

from django import template

from streams.identity.sso import operators

register = template.Library()


@register.simple_tag
def operators_provider() -> str:
    """Return the ID of the operators' provider, or nothing if none is configured."""
    return operators.PROVIDER_ID if operators.is_configured() else ""
