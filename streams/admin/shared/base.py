"""Base classes and columns shared by the admin's models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst

from streams.admin.shared.links import list_url
from streams.admin.shared.usable_actions import UsableActions
from streams.audit.models import AuditEntry
from streams.audit.support_access import OPENED, record_access
from streams.web.recent_sign_in import confirm, must_confirm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.tenancy.models import User


LIST_AND_FORM = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)


def staff_of(request: HttpRequest) -> User:
    """Return the signed-in staff member."""
    return cast("User", request.user)


def _along(row: Any, path: str) -> Any:
    """Return the value at a path of attributes; None if one of them is None."""
    for name in filter(None, path.split(".")):
        row = getattr(row, name) if row is not None else None
    return row


class UncountedList(ChangeList):
    """A list that doesn't count all rows. Only a search has a “Show all” link."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query:
            self.full_result_count = self.result_count


class LightAdmin(UsableActions):
    """Titles a list and a page with the name of their rows, without Django's verbs.

    Loads no XRegExp: a third of a page's weight, for slugs that aren't ASCII, which none here is.
    """

    # Whose entries of the activity log a row's page links to: the parameter of that list,
    # and the path from the row to its value.
    activity_scope: tuple[str, str] | None = None
    # Above the list: the purpose of its rows. Below an empty one: where rows come from.
    lead: StrOrPromise = ""
    when_empty: StrOrPromise = ""

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Redirect to the activity log. Django's own history lacks changes made in the portal."""
        row = self.get_object(request, object_id)
        if row is None or self.activity_scope is None:
            return super().history_view(request, object_id, extra_context)
        return HttpResponseRedirect(list_url(AuditEntry, **self.activity_of(row)))

    def activity_of(self, row: Model) -> dict[str, str]:
        """Return the query of the row's entries in the activity log. Empty: it has none.

        A row may have no workspace, such as an alert of the portal.
        """
        name, path = self.activity_scope or ("", "")
        value = _along(row, path) if path else None
        return {name: str(value)} if value is not None else {}

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Record that an operator opens a row of a customer's workspace."""
        row, (name, path) = kwargs.get("obj"), self.activity_scope or ("", "")
        if row is not None:
            context["title"] = capfirst(self.opts.verbose_name)
            context["has_activity"] = bool(self.activity_of(row))
            owner = path.rpartition(".")[0]  # empty: the row is the workspace
            workspace = _along(row, owner) if name == "workspace" else None
            if workspace is not None:
                record_access(OPENED, workspace=workspace, operator=staff_of(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(
            request, {"title": title, **(extra_context or {})}
        )

    @property
    def media(self) -> Media:
        media: Any = super().media  # the type stubs lack its two lists
        scripts = [name for name in media._js if "xregexp" not in str(name)]
        return Media(css=media._css, js=scripts)


class ReadOnlyAdmin(LightAdmin):
    """Read-only rows. The change permission grants `operate`: the right to run actions."""

    show_facets = admin.ShowFacets.NEVER
    empty_value_display = "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


class ServiceAdmin(LightAdmin):
    """Rows that operators can add and change but not delete, always through services.

    Django itself writes no row. The services lock, validate, and record each change.
    """

    show_facets = admin.ShowFacets.NEVER
    empty_value_display = "–"
    # Errors of the services, raised if another operator was faster.
    refusals: tuple[type[Exception], ...] = ()
    # Whether the rows are about roles or credentials, so that operators confirm it's them.
    confirms = False

    def create(self, request: HttpRequest, form: Any) -> Model:
        """Create the row of a valid form."""
        raise NotImplementedError

    def change(self, request: HttpRequest, row: Any, form: Any) -> None:
        """Change the row as a valid form says."""
        raise NotImplementedError

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        changes = request.method == "POST" or object_id is None
        if self.confirms and changes and must_confirm(request):
            return confirm(request)
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except self.refusals as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - the admin calls it so
    ) -> None:
        if change:
            self.change(request, obj, form)
        else:
            obj.pk = self.create(request, form).pk

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001 - the admin calls it so
    ) -> None:
        # Without the many-to-many fields, which the services have saved.
        for formset in formsets:
            self.save_formset(request, form, formset, change)


def time_column(
    field: str, description: StrOrPromise = ""
) -> Callable[[Any, Any], str]:
    """Return a column that shows a time to the second, in UTC."""

    @admin.display(description=description or field.replace("_", " "), ordering=field)
    def shown(_: Any, row: Any) -> str:
        return to_the_second(getattr(row, field))

    return shown


def yes_column(
    field: str, yes: StrOrPromise, description: StrOrPromise = ""
) -> Callable[[Any, Any], str]:
    """Return a column that shows the word `yes` for true and a dash for false.

    Django's icons show a red cross for false, which looks like a failure.
    """

    @admin.display(description=description or field.replace("_", " "), ordering=field)
    def shown(_: Any, row: Any) -> str:
        return str(yes) if getattr(row, field) else "–"

    return shown


def to_the_second(at: datetime | None) -> str:
    """Format a time to the second, in UTC. A dash stands for no time."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "–"


def to_list(request: HttpRequest, model: type[Model]) -> HttpResponse:
    """Redirect to the list after an action that removes rows.

    The action may have run on a row's own page, which no longer exists.
    """
    url = list_url(model)
    return HttpResponseRedirect(request.get_full_path() if request.path == url else url)
