from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from streams.admin.shared.base import staff_of
from streams.base.outbox import newest_emails, outbox_folder

if TYPE_CHECKING:
    from django.http import HttpRequest

SHOWN = 50


def outbox(request: HttpRequest) -> TemplateResponse:
    """Show emails that are kept instead of sent, to superusers: their links sign in."""
    if not staff_of(request).is_superuser:
        raise PermissionDenied
    folder = outbox_folder()
    if folder is None:
        raise Http404(_("Emails are sent by the email server. None are kept here."))
    content = {
        **admin.site.each_context(request),
        "title": _("Outbox"),
        "emails": newest_emails(folder, SHOWN),
        "most": SHOWN,
    }
    return TemplateResponse(request, "admin/outbox.html", content)
