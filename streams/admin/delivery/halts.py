from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.base import (
    LIST_AND_FORM,
    ServiceAdmin,
    staff_of,
    time_column,
    to_list,
)
from streams.delivery.limits import halts
from streams.delivery.limits.models import Halt
from streams.delivery.limits.send_policy import halted_connections


class HaltForm(forms.ModelForm):
    """Shows how many connections a halt stops, and asks for confirmation of that scope."""

    confirm = forms.BooleanField(
        required=False,
        label=_("Stop delivery"),
        help_text=_(
            "Save once to see how many connections this stops. Then check this box and"
            " save again."
        ),
    )
    # The scope that was previewed. A change of scope needs a new confirmation.
    previewed = forms.CharField(required=False, label="", widget=forms.HiddenInput)

    class Meta:
        model = Halt
        fields = ("stream", "region", "reason")

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        if self.errors:
            return asked
        stream, region = asked["stream"], asked["region"]
        scope = f"{stream.pk if stream else 'all'}:{region or 'all'}"
        if asked["confirm"] and asked["previewed"] == scope:
            return asked
        shown = {**self.data.dict(), "previewed": scope}  # type: ignore[attr-defined] # a QueryDict
        shown.pop("confirm", None)
        self.data = shown
        count = halted_connections(stream=stream, region=region).count()
        text = ngettext(
            "Nothing is stopped yet. This halt (%(halt)s) stops delivery for %(count)s"
            " connection. Its events stay queued. To confirm, check “Stop delivery” and"
            " save again.",
            "Nothing is stopped yet. This halt (%(halt)s) stops delivery for %(count)s"
            " connections. Their events stay queued. To confirm, check “Stop delivery”"
            " and save again.",
            count,
        )
        halt = Halt(stream=stream, region=region)
        raise forms.ValidationError(text % {"halt": halt, "count": f"{count:,}"})


@admin.register(Halt)
class HaltAdmin(ServiceAdmin):
    """The kill switch. Adding a halt stops delivery; the action “Lift” resumes it."""

    form = HaltForm
    list_display = ("__str__", "reason", "since")
    list_select_related = ("stream",)
    ordering = ("-pk",)
    autocomplete_fields = ("stream",)
    since = time_column("created_at", _("since"))
    actions = ("lift",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj:
            return ("stream", "region", "reason", "since")
        return ("stream", "region", "reason", "confirm", "previewed")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        return ("since",) if obj else ()

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "region":
            kwargs["choices"] = [("", _("All regions")), *db_field.choices]
            kwargs["help_text"] = ""  # for existing halts, whose region may be empty
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request)

    def create(self, request: HttpRequest, form: Any) -> Halt:
        wanted: Halt = form.instance
        return halts.halt(
            stream=wanted.stream,
            region=wanted.region,
            reason=wanted.reason,
            actor=staff_of(request),
        )

    @admin.action(
        description=_("Lift halt and resume delivery"),
        description_plural=_("Lift halts and resume delivery"),
        permissions=["lift"],
        location=LIST_AND_FORM,
    )
    def lift(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        for halt in queryset.select_related("stream__partner"):
            halts.lift(halt=halt, actor=staff_of(request))
            text = gettext("Lifted the halt: %(halt)s.") % {"halt": halt}
            self.message_user(request, text, messages.SUCCESS)
        return to_list(request, Halt)
