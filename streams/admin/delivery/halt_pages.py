"""The pages that create and lift halts. Both show what changes before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.admin.shared.base import staff_of
from streams.admin.shared.row_ids import row_ids
from streams.base.text.validation import validate_one_line
from streams.catalog.models import Stream
from streams.connections.regions import Region
from streams.delivery.limits import halts
from streams.delivery.limits.models import Halt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise

    from streams.delivery.limits.halts import HaltImpact

ALL = "all"  # the value of a choice that covers everything
CHOOSE = gettext_lazy("Choose…")  # the widest halt is never the default
EVERYTHING = gettext_lazy("everything")  # the word that confirms a halt of everything


def _streams() -> list[tuple[object, StrOrPromise]]:
    streams = Stream.objects.order_by("name")
    named: list[tuple[object, StrOrPromise]] = [(one.pk, str(one)) for one in streams]
    return [("", CHOOSE), (ALL, gettext_lazy("All streams")), *named]


class HaltForm(forms.Form):
    """The scope and the reason of a halt."""

    required_css_class = "required"
    stream = forms.ChoiceField(label=gettext_lazy("Stream"), choices=_streams)
    region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        choices=[
            ("", CHOOSE), (ALL, gettext_lazy("All regions")), *Region.choices,
        ],
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        validators=[validate_one_line],
        help_text=gettext_lazy("Customers see it."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def clean_stream(self) -> Stream | None:
        """Return the stream; None stands for all."""
        value: str = self.cleaned_data["stream"]
        return None if value == ALL else Stream.objects.get(pk=value)

    def clean_region(self) -> str:
        """Return the region; an empty one stands for all."""
        value: str = self.cleaned_data["region"]
        return "" if value == ALL else value

    @property
    def halt(self) -> Halt:
        """The halt that a valid form describes, not stored."""
        fields = ("stream", "region", "reason")
        return Halt(**{name: self.cleaned_data[name] for name in fields})


class ConfirmForm(forms.Form):
    """Confirms the scope that was previewed, and that of everything by its word."""

    previewed = forms.CharField(required=False, widget=forms.HiddenInput)
    word = forms.CharField(required=False)

    def __init__(self, data: QueryDict, halt: Halt) -> None:
        super().__init__(data)
        self.needs_word = halt.stream is None and not halt.region
        self.scope = f"{halt.stream_id or 'all'}:{halt.region or 'all'}"

    def clean_previewed(self) -> str:
        previewed: str = self.cleaned_data["previewed"]
        if previewed != self.scope:
            raise forms.ValidationError(_("Check the preview first."))
        return previewed

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if self.needs_word and word.strip().lower() != str(EVERYTHING).lower():
            text = _("To halt everything, enter the word “%(word)s”.")
            raise forms.ValidationError(text % {"word": EVERYTHING})
        return word


def stop(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show the form of a halt, then what it stops; create it if that is confirmed."""
    form = HaltForm(request.POST or None, initial=_scope_in(request))
    impact: HaltImpact | None = None
    confirm: ConfirmForm | None = None
    if form.is_valid():
        halt = form.halt
        impact = halts.impact(stream=halt.stream, region=halt.region)
        confirm = ConfirmForm(request.POST, halt)
        if "stop" in request.POST and confirm.is_valid():
            new = halts.halt(actor=staff_of(request), **form.cleaned_data)
            messages.success(request, _("Halted delivery: %(halt)s.") % {"halt": new})
            return redirect("admin:streams_halt_changelist")
    content = {
        "title": _("Halt delivery"),
        "form": form,
        "impact": impact,
        "confirm": confirm,
        "is_refused": "stop" in request.POST,
        "everything": EVERYTHING,
    }
    return _page(request, site, "admin/halt_add.html", content)


def _scope_in(request: HttpRequest) -> dict[str, str]:
    """Return the scope of a halt of the stream in the URL; without one, nothing is chosen."""
    stream = request.GET.get("stream", "")
    return {"stream": stream, "region": ALL} if stream else {}


def lift(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask for the reason to lift the halts that the URL names, then lift them."""
    if not request.user.has_perm("streams.delete_halt"):
        raise PermissionDenied
    ids = row_ids(request.GET.getlist("halt"))
    chosen = Halt.objects.filter(pk__in=ids).select_related("stream__partner")
    found = list(chosen.order_by("pk"))
    if not found:
        messages.warning(request, _("These halts are already lifted."))
        return redirect("admin:streams_halt_changelist")
    form = LiftForm(request.POST or None)
    if form.is_valid():
        _lift(request, found, form.cleaned_data["reason"])
        return redirect("admin:streams_halt_changelist")
    content = {
        "title": _("Lift halts"),
        "form": form,
        "rows": [
            (halt, halts.impact(stream=halt.stream, region=halt.region))
            for halt in found
        ],
    }
    return _page(request, site, "admin/halt_lift.html", content)


class LiftForm(forms.Form):
    required_css_class = "required"
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        validators=[validate_one_line],
        help_text=gettext_lazy("Recorded in the activity log. Customers don't see it."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


def _lift(request: HttpRequest, found: Sequence[Halt], reason: str) -> None:
    for halt in found:
        try:
            halts.lift(halt=halt, reason=reason, actor=staff_of(request))
        except halts.AlreadyLifted as refusal:
            messages.warning(request, str(refusal))
        else:
            text = _("Lifted the halt: %(halt)s.") % {"halt": halt}
            messages.success(request, text)


def _page(
    request: HttpRequest, site: AdminSite, template: str, content: dict[str, Any]
) -> HttpResponse:
    page = {**site.each_context(request), "opts": Halt._meta, **content}
    return TemplateResponse(request, template, page)
