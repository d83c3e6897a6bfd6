from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from streams.admin.base import LIST_AND_FORM, moment, staff_of, to_list
from streams.delivery import halts
from streams.delivery.models import Halt


class HaltForm(forms.ModelForm):
    """Says how many connections a halt stops, and asks for confirmation of that scope."""

    confirm = forms.BooleanField(
        required=False,
        label="Yes, stop sending",
        help_text="Save once to see how many connections it stops, then check this box.",
    )
    # The scope whose number was shown: another one is not confirmed.
    previewed = forms.CharField(required=False, widget=forms.HiddenInput)

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
        count = halts.connections_of(stream=stream, region=region).count()
        halt = Halt(stream=stream, region=region)
        raise forms.ValidationError(
            f"Nothing is stopped yet. This stops sending from {halt}:"
            f" {count:,} connection{'' if count == 1 else 's'}. Their events stay queued."
            " To confirm, check “Yes, stop sending” and save again."
        )


@admin.register(Halt)
class HaltAdmin(admin.ModelAdmin):
    """The kill switch: adding a halt stops sending, the action “Lift” starts it again."""

    form = HaltForm
    list_display = ("__str__", "reason", "since")
    list_select_related = ("stream",)
    ordering = ("-pk",)
    autocomplete_fields = ("stream",)
    since = moment("created_at", "since")
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
            kwargs["choices"] = [("", "All regions"), *db_field.choices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return super().has_delete_permission(request)

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        made = halts.halt(
            stream=obj.stream,
            region=obj.region,
            reason=obj.reason,
            actor=staff_of(request),
        )
        obj.pk = made.pk

    @admin.action(
        description="Lift: resume sending",
        permissions=["lift"],
        location=LIST_AND_FORM,
    )
    def lift(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        for halt in queryset.select_related("stream__partner"):
            halts.lift(halt=halt, actor=staff_of(request))
            self.message_user(request, f"Lifted: {halt}.", messages.SUCCESS)
        return to_list(request, Halt)
