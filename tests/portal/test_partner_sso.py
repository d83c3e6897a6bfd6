"""A partner's team signs in through its own OpenID Connect provider, which runs in the tests."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.sign_in.sso.domains import set_domains
from streams.sign_in.sso.id_tokens import check_authenticated_since
from streams.sign_in.sso.models import SsoProvider
from streams.sign_in.sso.refusals import SENTENCES, Refusal, SsoRefused
from streams.sign_in.sso.services import (
    SsoSettings,
    configure,
    mark_tested,
    set_enforced,
)
from streams.tenancy.invitations import make_invitation, token_of
from streams.tenancy.models import PartnerMembership, User
from tests import factories
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET
from tests.portal.test_operator_sso import changed

pytestmark = pytest.mark.django_db
ADDRESSES = itertools.count(1)
PAGE = "/p/postbox/sso/"


@pytest.fixture
def client(client):
    """A browser whose address no other test has used: sign-ins are limited."""
    client.defaults["REMOTE_ADDR"] = f"203.0.113.{next(ADDRESSES)}"
    return client


@pytest.fixture
def partner():
    partner = factories.partner(name="Postbox", slug="postbox")
    set_domains(partner=partner, domains=["postbox.example"], actor=None)
    return partner


@pytest.fixture
def petra(partner):
    return factories.partner_member(partner, "admin", "petra@postbox.example")


@pytest.fixture
def sso(partner, petra, customers_provider):
    """The partner's provider, tested, and Petra and Nora at it."""
    entered = SsoSettings(issuer=customers_provider.issuer, client_id=CLIENT_ID)
    sso = configure(partner=partner, entered=entered, secret=CLIENT_SECRET, actor=petra)
    mark_tested(provider=sso, actor=petra)
    callback = reverse("openid_connect_callback", args=[sso.public_id])
    customers_provider.set(
        redirectUris=[f"http://testserver{callback}"],
        people={
            "petra": person("petra@postbox.example"),
            "nora": person("nora@postbox.example", name="Nora North"),
        },
    )
    sso.refresh_from_db()
    return sso


def person(email, **claims) -> dict[str, object]:
    return {"email": email, "email_verified": True, **claims}


def sign_in(client, sso, provider, name, query=""):
    start = reverse("openid_connect_login", args=[sso.public_id])
    return client.get(provider.sign_in(client.get(start + query).url, name))


def invite(place, email="nora@postbox.example", role="developer", **changes):
    invitation = make_invitation(place=place, email=email, role=role, actor=None)
    for name, value in changes.items():
        setattr(invitation, name, value)
    invitation.save()
    return invitation


def assert_refused(client, response, reason):
    assert response.status_code == 403
    assert response.context["sentence"] == SENTENCES[reason]
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()


# --- Who gets in -------------------------------------------------------------------------


def test_a_member_signs_in(client, sso, customers_provider, petra):
    response = sign_in(client, sso, customers_provider, "petra")

    assert response.url == "/"
    assert client.session["_auth_user_id"] == str(petra.pk)


def test_an_invited_person_gets_an_account_and_joins(
    client, sso, customers_provider, partner
):
    invite(partner)

    response = sign_in(client, sso, customers_provider, "nora")

    nora = User.objects.get(email="nora@postbox.example")
    assert response.url == "/"
    assert client.session["_auth_user_id"] == str(nora.pk)
    assert nora.name == "Nora North"
    assert not nora.has_usable_password()
    assert partner.memberships.get(user=nora).role == "developer"


def test_an_invitation_to_a_workspace_stays_for_the_person_to_accept(
    client, sso, customers_provider
):
    invitation = invite(factories.workspace(), role="viewer")
    link = reverse("portal:invitation", args=[token_of(invitation)])

    response = sign_in(client, sso, customers_provider, "nora", f"?next={link}")

    assert response.url == link
    assert "Accept invitation" in client.get(link).text


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": factories.NOW},
        {"withdrawn_at": factories.NOW},
        {"accepted_at": factories.NOW},
        {"email": "another@postbox.example"},
    ],
)
def test_an_invitation_must_be_valid(client, sso, customers_provider, partner, changes):
    invite(partner, **changes)

    response = sign_in(client, sso, customers_provider, "nora")

    assert_refused(client, response, Refusal.NO_ACCESS)
    assert User.objects.count() == 1


def test_a_stranger_gets_no_account(client, sso, customers_provider):
    response = sign_in(client, sso, customers_provider, "nora")

    assert_refused(client, response, Refusal.NO_ACCESS)
    assert User.objects.count() == 1


def test_an_account_without_access_is_refused(client, sso, customers_provider):
    factories.user("nora@postbox.example")

    response = sign_in(client, sso, customers_provider, "nora")

    assert_refused(client, response, Refusal.NO_ACCESS)


def test_a_provider_vouches_only_for_its_own_domains(client, sso, customers_provider):
    rival = factories.partner()
    factories.partner_member(rival, "admin", "rita@rival.example")
    set_domains(partner=rival, domains=["rival.example"], actor=None)
    customers_provider.set(people={"rita": person("rita@rival.example")})

    response = sign_in(client, sso, customers_provider, "rita")

    assert_refused(client, response, Refusal.FOREIGN_DOMAIN)


@pytest.mark.parametrize("domain", ["sub.postbox.example", "xpostbox.example"])
def test_a_similar_domain_is_another_domain(client, sso, customers_provider, domain):
    factories.partner_member(sso.partner, "admin", f"eve@{domain}")
    customers_provider.set(people={"eve": person(f"eve@{domain}")})

    response = sign_in(client, sso, customers_provider, "eve")

    assert_refused(client, response, Refusal.FOREIGN_DOMAIN)


def test_operators_never_sign_in_through_a_partner(client, sso, customers_provider):
    olga = factories.staff("olga@postbox.example")
    PartnerMembership.objects.create(user=olga, partner=sso.partner, role="admin")
    customers_provider.set(people={"olga": person("olga@postbox.example")})

    response = sign_in(client, sso, customers_provider, "olga")

    assert_refused(client, response, Refusal.IS_OPERATOR)


def test_a_deactivated_member_is_refused(client, sso, customers_provider):
    User.objects.update(is_active=False)

    response = sign_in(client, sso, customers_provider, "petra")

    assert_refused(client, response, Refusal.INACTIVE)


@pytest.mark.parametrize("verified", [False, None, "false"])
def test_an_email_must_be_verified(client, sso, customers_provider, verified):
    claims = {"email": "petra@postbox.example", "email_verified": verified}
    customers_provider.set(people={"petra": claims})

    response = sign_in(client, sso, customers_provider, "petra")

    assert_refused(client, response, Refusal.NOT_VERIFIED)


def test_a_link_of_one_provider_is_none_of_another(client, sso, customers_provider):
    rival = factories.partner()
    rita = factories.partner_member(rival, "admin", "rita@rival.example")
    set_domains(partner=rival, domains=["rival.example"], actor=None)
    entered = SsoSettings(issuer=customers_provider.issuer, client_id=CLIENT_ID)
    other = configure(partner=rival, entered=entered, secret=CLIENT_SECRET, actor=rita)
    start = reverse("openid_connect_login", args=[sso.public_id])
    back = customers_provider.sign_in(client.get(start).url, "petra")

    response = client.get(back.replace(sso.public_id, other.public_id))

    assert_refused(client, response, Refusal.STATE)


def test_a_new_person_with_the_same_address_takes_the_place_of_the_previous_one(
    client, sso, customers_provider, petra
):
    sign_in(client, sso, customers_provider, "petra")
    client.logout()
    customers_provider.set(people={"petra-2": person("petra@postbox.example")})

    response = sign_in(client, sso, customers_provider, "petra-2")

    assert response.url == "/"
    assert list(SocialAccount.objects.values_list("user", "uid")) == [
        (petra.pk, "petra-2")
    ]


def test_a_secret_that_cannot_be_decrypted_is_a_page(client, sso, customers_provider):
    SsoProvider.objects.update(secret_ring_id="lost")

    response = client.get(reverse("openid_connect_login", args=[sso.public_id]))

    assert_refused(client, response, Refusal.UNREADABLE)


def test_a_private_address_is_never_asked(client, sso, monkeypatch):
    monkeypatch.undo()  # the network of the fixture

    response = client.get(reverse("openid_connect_login", args=[sso.public_id]))

    assert_refused(client, response, Refusal.UNREACHABLE)


# --- Roles -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["staff", "portal-admins"], "admin"),
        (["portal-support", "portal-devs"], "developer"),
        ("portal-support", "support"),
        (["staff"], "support"),
        (None, "support"),
        ([{"a": 1}, 5], "support"),
    ],
)
def test_a_claim_gives_the_role_at_each_sign_in(
    client, sso, customers_provider, groups, role
):
    sso.role_claim, sso.default_role = "groups", "support"
    sso.role_values = {
        "admin": ["portal-admins"],
        "developer": ["portal-devs"],
        "support": ["portal-support"],
    }
    sso.save()
    nora = factories.partner_member(sso.partner, "developer", "nora@postbox.example")
    claims = {} if groups is None else {"groups": groups}
    customers_provider.set(people={"nora": person(nora.email, **claims)})

    sign_in(client, sso, customers_provider, "nora")

    assert sso.partner.memberships.get(user=nora).role == role


def test_without_a_claim_the_role_stays(client, sso, customers_provider, petra):
    sign_in(client, sso, customers_provider, "petra")

    assert sso.partner.memberships.get(user=petra).role == "admin"


def test_the_last_admin_stays_one(client, sso, customers_provider, petra):
    sso.role_claim, sso.default_role = "groups", "support"
    sso.save()

    response = sign_in(client, sso, customers_provider, "petra")

    assert response.url == "/"
    assert sso.partner.memberships.get(user=petra).role == "admin"


# --- The sign-in page --------------------------------------------------------------------


def test_an_email_leads_to_the_provider_of_its_domain(client, sso):
    start = reverse("openid_connect_login", args=[sso.public_id])

    page = client.post(
        reverse("sso"), {"email": "Anyone@Postbox.example", "next": "/p/postbox/"}
    )

    assert f'content="0; url={start}?next=' in page.text


def test_an_email_of_another_domain_says_so(client, sso):
    page = client.post(reverse("sso"), {"email": "petra@elsewhere.example"})

    assert "There is no single sign-on for this email domain." in page.text
    assert "SAML is not supported." in page.text


def test_the_sign_in_page_offers_it_for_a_typed_email(client, sso):
    start = reverse("openid_connect_login", args=[sso.public_id])

    found = client.post(reverse("sso-hint"), {"login": "anyone@postbox.example"})
    other = client.post(reverse("sso-hint"), {"login": "anyone@elsewhere.example"})

    assert start in found.text
    assert other.text.strip() == ""


# --- Confirmation ------------------------------------------------------------------------

FACTOR = "/accounts/2fa/app/add/"  # a page that needs a recent sign-in


@pytest.fixture
def nora(sso):
    return factories.partner_member(sso.partner, "developer", "nora@postbox.example")


def request_of(client, sso, **without) -> str:
    """The request that leads the browser to the provider, which the person can change."""
    start = reverse("openid_connect_login", args=[sso.public_id])
    return changed(client.get(start).url, **without)


@pytest.fixture
def later(client, sso, customers_provider, nora):
    """A quarter of an hour after Nora signed in, there and here."""
    sign_in(client, sso, customers_provider, "nora")
    assert client.get(FACTOR).status_code == 200
    with time_machine.travel(now() + timedelta(minutes=16)):
        yield client


def test_a_session_at_the_provider_confirms_nothing(later, sso, customers_provider):
    url = request_of(later, sso, prompt=[], max_age=["3600"])

    response = later.get(customers_provider.recognize(url))

    assert response.status_code == 403
    assert response.context["sentence"] == SENTENCES[Refusal.OLD_SIGN_IN]
    assert later.get(FACTOR).status_code == 302


def test_a_provider_that_says_no_time_confirms_nothing(later, sso, customers_provider):
    url = request_of(later, sso, prompt=[], max_age=[])

    response = later.get(customers_provider.recognize(url))

    assert response.status_code == 403
    assert response.context["sentence"] == SENTENCES[Refusal.NO_AUTH_TIME]
    assert reverse("account_reauthenticate_code") in response.text
    assert later.get(FACTOR).status_code == 302


@pytest.mark.parametrize("at", ["yesterday", True, float("nan"), 10**400, -1, None])
def test_an_invalid_time_is_none(at):
    with pytest.raises(SsoRefused, match="no_auth_time"):
        check_authenticated_since({"auth_time": at}, asked_at_s=0)


def test_clocks_may_differ_by_a_minute():
    check_authenticated_since({"auth_time": 940}, asked_at_s=1000)

    with pytest.raises(SsoRefused, match="old_sign_in"):
        check_authenticated_since({"auth_time": 939}, asked_at_s=1000)


def test_signing_out_and_in_with_the_session_at_the_provider_confirms_nothing(
    later, sso, customers_provider, nora
):
    later.logout()

    later.get(customers_provider.recognize(request_of(later, sso)))

    assert get_user(later) == nora
    start = reverse("openid_connect_login", args=[sso.public_id])
    assert later.get(FACTOR).url.startswith(start)


def test_people_of_a_provider_that_says_no_time_confirm_with_an_emailed_code(
    client, required, customers_provider, nora
):
    url = request_of(client, required, max_age=[])

    client.get(customers_provider.sign_in(url, "nora"))

    asked = reverse("account_reauthenticate_code", query={"next": FACTOR})
    assert get_user(client) == nora
    assert client.get(FACTOR).url == asked
    assert client.get(asked).status_code == 200


# --- Required ----------------------------------------------------------------------------


@pytest.fixture
def required(sso, petra):
    set_enforced(partner=sso.partner, is_enforced=True, actor=petra)
    return sso


@pytest.mark.parametrize("password", [factories.PASSWORD, "not it"])
@pytest.mark.parametrize("email", ["petra@postbox.example", "no-one@postbox.example"])
def test_a_password_is_refused_alike_for_everyone_of_the_domain(
    client, required, email, password
):
    page = client.post(reverse("account_login"), {"login": email, "password": password})

    assert page.status_code == 403
    assert "Everyone with an email address of postbox.example" in page.text
    assert reverse("openid_connect_login", args=[required.public_id]) in page.text
    assert "_auth_user_id" not in client.session


def test_a_password_reset_signs_in_no_one(client, required, petra, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": petra.email})
    link = next(part for part in mailoutbox[0].body.split() if "/reset/key/" in part)
    form = client.get(link.removeprefix("http://testserver")).url
    new = "an entirely new passphrase"

    page = client.post(form, {"password1": new, "password2": new})

    assert page.status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_code_by_email_signs_in_no_one(client, required, petra, mailoutbox):
    client.post(reverse("account_request_login_code"), {"email": petra.email})
    code = re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mailoutbox[0].body, re.MULTILINE)

    page = client.post(reverse("account_confirm_login_code"), {"code": code[0]})

    assert page.status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_person_without_a_password_signs_in_again_before_a_change(
    client, required, customers_provider, partner
):
    invite(partner)
    sign_in(client, required, customers_provider, "nora")
    tokens = "/p/postbox/tokens/"
    start = reverse("openid_connect_login", args=[required.public_id])

    with time_machine.travel(now() + timedelta(minutes=16)):
        to = client.get(f"{reverse('account_reauthenticate')}?next={tokens}").url
        customers_provider.set(clockS=16 * 60)
        again = client.get(to).url
        back = customers_provider.sign_in(again, "nora")
        response = client.get(back)

    assert to.startswith(start)
    assert "prompt=login" in again
    assert "max_age=0" in again  # the provider asks, even if it knows the browser
    assert response.url == tokens
    records = client.session["account_authentication_methods"]
    assert [record["method"] for record in records] == ["socialaccount"]


def test_members_sign_in_through_the_provider(client, required, customers_provider):
    assert sign_in(client, required, customers_provider, "petra").url == "/"


def test_people_of_other_domains_and_operators_keep_their_passwords(client, required):
    others = [
        factories.partner_member(required.partner, "admin", "adviser@other.example"),
        factories.staff("olga@postbox.example"),
    ]

    for user in others:
        data = {"login": user.email, "password": factories.PASSWORD}
        assert client.post(reverse("account_login"), data).url == "/"
        client.logout()


def test_an_invited_person_is_led_to_the_provider(client, required):
    link = reverse("portal:invitation", args=[token_of(invite(required.partner))])
    start = reverse("openid_connect_login", args=[required.public_id])

    for page in (client.get(link), client.post(link, {"name": "N", "password": "x"})):
        assert f'content="0; url={start}"' in page.text
    assert User.objects.count() == 1


def test_if_an_operator_removes_the_domain_passwords_work_again(client, required):
    set_domains(partner=required.partner, domains=[], actor=None)

    data = {"login": "petra@postbox.example", "password": factories.PASSWORD}
    assert client.post(reverse("account_login"), data).url == "/"


# --- The page of the partner's admins ----------------------------------------------------


@pytest.fixture
def admin(client, petra):
    client.force_login(petra)
    return client


def entered(provider, **changes) -> dict[str, str]:
    fields = {
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "default_role": "",
    }
    return fields | changes


def actions():
    rows = AuditEntry.objects.filter(action__startswith="sso.").order_by("pk")
    return list(rows.values_list("action", flat=True))[1:]  # without the domains


def test_an_admin_configures_tests_and_requires_single_sign_on(
    admin, petra, partner, customers_provider
):
    assert admin.post(PAGE, entered(customers_provider)).url == PAGE
    sso = SsoProvider.objects.get()
    callback = reverse("openid_connect_callback", args=[sso.public_id])
    customers_provider.set(
        redirectUris=[f"http://testserver{callback}"],
        people={"petra": person(petra.email)},
    )
    assert f"http://testserver{callback}" in admin.get(PAGE).text

    there = admin.get(f"{PAGE}test/").url
    assert admin.get(customers_provider.sign_in(there, "petra")).url == PAGE
    assert "Single sign-on works: the provider vouched for" in admin.get(PAGE).text
    admin.post(f"{PAGE}enforce/")
    assert "Required: people with your email domains" in admin.get(PAGE).text
    admin.post(f"{PAGE}passwords/")
    admin.post(f"{PAGE}remove/")

    assert not SsoProvider.objects.exists()
    assert actions() == [
        "sso.configured", "sso.tested", "sso.enforced", "sso.not_enforced", "sso.removed",
    ]  # fmt: skip
    assert CLIENT_SECRET not in str(list(AuditEntry.objects.values()))
    assert SocialAccount.objects.count() == 0  # a test links no one


def test_it_cannot_be_required_before_it_was_tested(admin, sso):
    SsoProvider.objects.update(tested_at=None)

    admin.post(f"{PAGE}enforce/")

    assert not SsoProvider.objects.get().is_enforced
    assert "Test single sign-on first" in admin.get(PAGE).text


@pytest.mark.parametrize("name", ["nora", "sam", "eve"])
def test_a_test_passes_only_for_an_admin(admin, sso, customers_provider, name):
    SsoProvider.objects.update(tested_at=None)
    factories.partner_member(sso.partner, "support", "sam@postbox.example")
    invite(sso.partner)
    customers_provider.set(
        people={
            "nora": person("nora@postbox.example"),
            "sam": person("sam@postbox.example"),
            "eve": person("petra@elsewhere.example"),
        }
    )

    there = admin.get(f"{PAGE}test/").url
    page = admin.get(customers_provider.sign_in(there, name))

    assert page.status_code == 403
    assert SsoProvider.objects.get().tested_at is None
    assert not User.objects.filter(email="nora@postbox.example").exists()


def test_a_test_in_a_session_that_has_ended_is_refused(admin, sso, customers_provider):
    SsoProvider.objects.update(tested_at=None)
    there = admin.get(f"{PAGE}test/").url
    back = customers_provider.sign_in(there, "petra")
    sso.partner.memberships.update(role="support")

    assert admin.get(back).status_code == 403
    assert SsoProvider.objects.get().tested_at is None


@pytest.mark.parametrize(
    "changes", [{"client_id": "other"}, {"client_secret": "another"}]
)
def test_a_change_must_be_tested_again(admin, required, customers_provider, changes):
    admin.post(PAGE, entered(customers_provider, **changes))

    sso = SsoProvider.objects.get()
    assert (sso.tested_at, sso.is_enforced) == (None, False)
    assert actions()[-1] == "sso.changed"


def test_a_change_of_roles_needs_no_test_and_no_secret(
    admin, required, customers_provider
):
    data = entered(
        customers_provider,
        client_secret="",
        role_claim="groups",
        admin_values=" a, b ,,",
        default_role="support",
    )
    admin.post(PAGE, data)

    sso = SsoProvider.objects.get()
    assert sso.is_enforced
    assert sso.role_values == {"admin": ["a", "b"]}


def test_the_secret_is_never_sent_to_another_server(admin, sso, customers_provider):
    data = entered(customers_provider, client_id="other", client_secret="")

    page = admin.post(PAGE, data)

    assert "Enter the client secret." in page.text
    assert SsoProvider.objects.get().client_id == CLIENT_ID


def test_the_secret_is_never_shown(admin, sso, customers_provider):
    wrong = entered(customers_provider, issuer="https://elsewhere.example")

    assert CLIENT_SECRET not in admin.get(PAGE).text
    assert CLIENT_SECRET not in admin.post(PAGE, wrong).text
    assert CLIENT_SECRET.encode() not in bytes(
        SsoProvider.objects.get().secret_ciphertext
    )


@pytest.mark.parametrize(
    ("issuer", "error"),
    [
        ("http://login.example.com", "Enter a URL that starts with https://."),
        ("https://127.0.0.1", "public host name"),
        ("https://user:secret@login.example.com", "without a username or password"),
        ("https://login.example.com?x=1", "without a query"),
        ("https://elsewhere.example", "discovery document"),
    ],
)
def test_a_wrong_issuer_is_explained(admin, partner, customers_provider, issuer, error):
    page = admin.post(PAGE, entered(customers_provider, issuer=issuer))

    assert error in page.context["form"].errors["issuer"][0]
    assert not SsoProvider.objects.exists()


def test_an_issuer_must_be_the_one_of_the_document(admin, partner, customers_provider):
    document = {"issuer": "https://evil.example"}
    customers_provider.set(publish={"/.well-known/openid-configuration": document})

    page = admin.post(PAGE, entered(customers_provider))

    assert page.context["form"].errors["issuer"] == [str(SENTENCES[Refusal.ISSUER])]


def test_an_invented_test_of_someone_else_is_not_found(client, sso):
    client.force_login(factories.user())

    assert client.get(f"{PAGE}test/").status_code == 404
