"""Pages for second factors, which need an account that has some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from tests import factories
from tests.second_factors import App
from tests.surfaces.visits import Visit, Visitor, undone

if TYPE_CHECKING:
    from tests.portal.access_table import Scene


def factor_pages(scene: Scene) -> Iterator[Visit]:
    yield _with_a_passkey(scene)
    with undone():
        yield from _of_a_sign_in(App(scene.cast.bob), scene)
    with undone():
        yield from _of_an_account(scene)
    with undone():
        operator = Client()
        _send_password(operator, factories.staff("olaf@portal.example").email)
        yield Visit("operator: required", operator.get("/", follow=True).text)
        for name in ("mfa_activate_totp", "mfa_add_webauthn"):
            wrong = operator.post(
                reverse(name), {"code": "1", "name": "", "credential": ""}
            )
            yield Visit(f"operator: {name}", wrong.text)


def _of_a_sign_in(app: App, scene: Scene) -> Iterator[Visit]:
    """Yield the steps after the password, with a wrong code and the right one."""
    client = Client()
    yield Visit("second step", _send_password(client, scene.cast.bob.email).text)
    for code in ("1", app.code()):
        step = client.post(reverse("mfa_authenticate"), {"code": code}, follow=True)
        yield Visit("second step, sent", step.text)


def _of_an_account(scene: Scene) -> Iterator[Visit]:
    app, bob = App(scene.cast.bob), Visitor(scene, "bob")
    for name in (
        "mfa_index",
        "mfa_reauthenticate",
        "mfa_view_recovery_codes",
        "mfa_view_recovery_codes",  # shown once
        "mfa_generate_recovery_codes",
        "mfa_deactivate_totp",
    ):
        yield from bob.visit("get", reverse(name))
    for code in ("1", app.recovery[0]):
        with undone():  # the session gets a new key
            yield from bob.visit("post", reverse("mfa_reauthenticate"), {"code": code})
    yield from bob.visit("post", reverse("mfa_generate_recovery_codes"))
    passkey = Authenticator.objects.create(
        user=scene.cast.bob,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": scene.cast.workspace.name},
    )
    yield from bob.visit("get", reverse("mfa_index"))
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        yield from bob.visit("get", reverse(name, args=[passkey.pk]))
    yield from bob.visit("post", reverse("mfa_edit_webauthn", args=[passkey.pk]))
    yield from bob.visit("post", reverse("mfa_remove_webauthn", args=[passkey.pk]))
    yield from bob.visit("post", reverse("mfa_deactivate_totp"))


def _with_a_passkey(scene: Scene) -> Visit:
    """Return the page whose view needs the passkey of a real device."""
    request = RequestFactory().get("/")
    request.user, request.resolver_match = scene.cast.bob, None
    name = "mfa/webauthn/reauthenticate.html"
    others = [{"id": "mfa_reauthenticate", "url": reverse("mfa_reauthenticate")}]
    context = {
        "form": ReauthenticateWebAuthnForm(user=scene.cast.bob),
        "js_data": {},
        "redirect_field": "",
        "reauthentication_alternatives": others,
    }
    return Visit(name, render_to_string(name, context, request))


def _send_password(client: Client, email: str):
    form = {"login": email, "password": factories.PASSWORD}
    return client.post(reverse("account_login"), form, follow=True)
