"""Actions that can't work for any row of a page are not offered there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

CHECKBOX = "action_checkbox"  # Django's column with the checkboxes of rows


class UsableActions(admin.ModelAdmin):
    """Offers an action only if it works for the page's row, or for one of the list's rows.

    A list with several pages offers all actions, because rows of other pages can be selected.
    If a row has changed since, the action itself says why it didn't work.
    """

    def works_for(self, action: str, rows: Sequence[Any]) -> bool:
        """Return whether an action, by its name, can work for at least one of the rows."""
        return True

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        rows = context.get("cl")
        if rows is not None and rows.result_list and not rows.multi_page:
            self._offer_usable(context, list(rows.result_list))
            if context.get("action_form") is None and CHECKBOX in rows.list_display:
                rows.list_display = [
                    one for one in rows.list_display if one != CHECKBOX
                ]
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            self._offer_usable(context, [row])
        return super().render_change_form(request, context, *args, **kwargs)

    def _offer_usable(self, context: dict[str, Any], rows: Sequence[Any]) -> None:
        """Leave unusable actions out of the form of the page; without any, show no form."""
        form = context.get("action_form")
        if form is None:
            return
        field = form.fields["action"]
        field.choices = [
            (name, text)
            for name, text in field.choices
            if not name or self.works_for(name, rows)
        ]
        if not any(name for name, _ in field.choices):
            context["action_form"] = None
