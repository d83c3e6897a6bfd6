from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from streams.tenancy.invitations import read_invitation, sign_up
from streams.tenancy.models import Partner
from tests import factories

pytestmark = pytest.mark.django_db


def create_partner(*arguments, **options):
    out = StringIO()
    call_command("create_partner", *arguments, stdout=out, **options)
    return out.getvalue()


def test_a_partner_is_created_and_its_admin_invited():
    printed = create_partner(
        "Post & Box", "petra@postbox.example", url="https://portal.example/"
    )

    partner = Partner.objects.get(slug="post-box")
    assert [stream.slug for stream in partner.streams.all()] == ["post-box"]
    link = printed.splitlines()[-1]
    assert link.startswith("https://portal.example/")
    token = link.rstrip("/").rpartition("/")[2]
    petra = sign_up(
        invitation=read_invitation(token), name="Petra", password=factories.PASSWORD
    )
    assert partner.memberships.get(user=petra).role == "admin"


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["Postbox", "no address"], {}),
        (["Postbox", "petra@postbox.example"], {"slug": "not a slug"}),
        (["!", "petra@postbox.example"], {}),
        (["Taken", "petra@postbox.example"], {"slug": "taken"}),
    ],
)
def test_invalid_input_is_reported_and_creates_nothing(arguments, options):
    factories.partner(slug="taken")

    with pytest.raises(CommandError):
        create_partner(*arguments, **options)

    assert Partner.objects.count() == 1


@pytest.mark.parametrize(
    ("https", "hosts", "start"),
    [
        (True, ["portal.example.com"], "https://portal.example.com/"),
        (False, ["portal.example.com"], "http://localhost:9000/"),
    ],
)
def test_the_link_leads_to_this_portal(settings, https, hosts, start):
    settings.HTTPS, settings.ALLOWED_HOSTS, settings.PORT = https, hosts, 9000

    printed = create_partner("Postbox", "petra@postbox.example")

    assert printed.splitlines()[-1].startswith(start)


def test_the_setting_decides_where_the_link_leads(settings):
    settings.PORTAL_URL = "https://www.example.com/portal"

    printed = create_partner("Postbox", "petra@postbox.example")

    assert printed.splitlines()[-1].startswith("https://www.example.com/portal/")


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("http://portal.example.com", ["portal.example.com"]),
        ("portal.example.com", ["portal.example.com"]),
        ("https://", ["portal.example.com"]),
        ("https://u:p@portal.example.com", ["portal.example.com"]),
        ("https://portal.example.com?x", ["portal.example.com"]),
        ("https://portal.example.com#x", ["portal.example.com"]),
        ("", ["portal.example.com"]),
        (None, []),
        (None, ["*"]),
        (None, [".example.com"]),
    ],
)
def test_no_link_that_others_could_not_open_is_printed(settings, url, hosts):
    settings.HTTPS, settings.ALLOWED_HOSTS = True, hosts

    with pytest.raises(CommandError, match="--url"):
        create_partner("Postbox", "petra@postbox.example", url=url)

    assert not Partner.objects.exists()
