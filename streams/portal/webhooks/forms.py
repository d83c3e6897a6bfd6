from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from streams.alerts.models import Alert
from streams.alerts.webhooks.models import WebhookEndpoint
from streams.alerts.webhooks.services import read_url
from streams.base.customer_urls.urls import MAX_LENGTH, UrlRefused
from streams.base.text.validation import validate_one_line
from streams.portal.notices.choices import kinds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

    from streams.tenancy.models import Partner, Workspace

Kind = WebhookEndpoint.Kind
HINTS: dict[str, StrOrPromise] = {
    Kind.WEBHOOK: _("JSON for your own server, signed with a secret."),
    Kind.SLACK: _(
        "Text for a channel. Paste the URL of an incoming webhook of Slack, or of a tool"
        " that accepts the same messages."
    ),
}


class EndpointForm(forms.Form):
    """The URL and the description of an endpoint, and the alerts that it gets."""

    # By this name, it is a secret that no page repeats (web/kept_forms.py).
    webhook_url = forms.CharField(
        max_length=MAX_LENGTH,
        label=_("URL"),
        help_text=_("Starts with https:// and has a public host name."),
        widget=forms.TextInput(
            # forms.js keeps no draft of a secret.
            attrs={"autocomplete": "off", "spellcheck": "false", "data-secret": ""}
        ),
    )
    description = forms.CharField(
        max_length=100,
        required=False,
        validators=[validate_one_line],
        label=_("Description"),
        help_text=_("Such as “On-call channel”."),
    )

    conditions = forms.MultipleChoiceField(
        required=False,
        label=_("Alerts"),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, *arguments: object, owner: Workspace | Partner, **options: object
    ) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # passed on
        kinds = dict.fromkeys(condition for condition, _channel in kinds_of(owner))
        self.fields["conditions"].choices = [  # type: ignore[attr-defined]  # it has them
            (kind, Alert.Condition(kind).label) for kind in kinds
        ]

    def clean_webhook_url(self) -> str:
        """Refuse URLs that the portal sends nothing to."""
        text: str = self.cleaned_data["webhook_url"].strip()
        try:
            return read_url(text).text if text else ""
        except UrlRefused as refused:
            raise ValidationError(str(refused), code="refused") from None


class NewEndpointForm(EndpointForm):
    """The same for a new endpoint, with its kind."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=Kind.choices,
        initial=Kind.WEBHOOK,
        widget=forms.RadioSelect,
    )
    field_order = ("kind", "webhook_url", "description", "conditions")

    def kinds(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each kind's radio button and its hint."""
        for radio in self["kind"]:
            yield radio, HINTS[radio.data["value"]]


class ChangedEndpointForm(EndpointForm):
    """The same for an endpoint whose URL no one can read again."""

    def __init__(
        self, *arguments: object, owner: Workspace | Partner, **options: object
    ) -> None:
        super().__init__(*arguments, owner=owner, **options)
        self.fields["webhook_url"].required = False
        self.fields["webhook_url"].label = _("New URL")
        self.fields["webhook_url"].help_text = _("Leave it empty to keep the URL.")
