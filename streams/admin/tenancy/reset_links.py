"""Texts about the links with which users reset their passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from streams.base.outbox import outbox_folder

if TYPE_CHECKING:
    from streams.tenancy.models import User


def sent_to(user: User) -> str:
    """Say where a reset link is now."""
    if outbox_folder() is None:
        return format_html(
            gettext("Emailed a reset link to {email}."), email=user.email
        )
    text = gettext(
        "The email with the reset link for {email} is in the"
        ' <a href="{outbox}">Outbox</a>. Forward the link.'
    )
    return format_html(text, email=user.email, outbox=reverse("outbox"))


def about() -> str:
    """Say who sees a reset link, and for how long it works."""
    if outbox_folder() is None:
        return gettext(
            "The link works once and expires in 4 hours. Only the user sees it."
        )
    return gettext(
        "The link works once and expires in 4 hours. This portal keeps emails instead of"
        " sending them, so superusers see the link in the Outbox and forward it."
    )
