from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from streams.audit.models import AuditEntry
from streams.sign_in.sso.client_secrets import client_secret, unknown_key_ids
from streams.sign_in.sso.domains import (
    DomainRefused,
    domains_of,
    provider_for,
    read_domains,
    set_domains,
)
from streams.sign_in.sso.models import SsoProvider
from streams.sign_in.sso.services import (
    SsoSettings,
    configure,
    mark_tested,
    set_enforced,
)
from tests import factories
from tests.connections.test_write_keys import ring

pytestmark = pytest.mark.django_db
SETTINGS = SsoSettings(issuer="https://login.example.com", client_id="portal")


@pytest.fixture
def petra():
    return factories.partner_member(factories.partner(), "admin")


@pytest.fixture
def partner(petra):
    return petra.partner_memberships.get().partner


def configured(partner, petra, secret="s3cret"):
    return configure(partner=partner, entered=SETTINGS, secret=secret, actor=petra)


def test_client_secrets_are_encrypted_again(partner, petra, settings):
    settings.ENCRYPTION_KEYS = ring("old")
    configured(partner, petra)
    settings.ENCRYPTION_KEYS = ring("new", "old")
    out = StringIO()

    call_command("reencrypt", stdout=out)

    settings.ENCRYPTION_KEYS = ring("new")
    assert client_secret(SsoProvider.objects.get()) == "s3cret"
    assert "Client secrets encrypted with 'new': 1." in out.getvalue()


def test_a_client_secret_without_its_key_is_reported(partner, petra, settings):
    settings.ENCRYPTION_KEYS = ring("old")
    configured(partner, petra)
    settings.ENCRYPTION_KEYS = ring("new")

    assert unknown_key_ids() == ["old"]
    with pytest.raises(CommandError, match=partner.slug):
        call_command("reencrypt", stdout=StringIO())


def test_a_test_of_an_earlier_configuration_counts_for_nothing(partner, petra):
    tested = configured(partner, petra)
    configured(partner, petra, secret="another")

    mark_tested(provider=tested, actor=petra)

    assert SsoProvider.objects.get().tested_at is None


def test_an_unchanged_requirement_leaves_no_entry(partner, petra):
    mark_tested(provider=configured(partner, petra), actor=petra)
    before = AuditEntry.objects.count()

    set_enforced(partner=partner, is_enforced=False, actor=petra)

    assert AuditEntry.objects.count() == before


def test_a_domain_belongs_to_one_partner(partner):
    set_domains(partner=partner, domains=["a.example", "b.example"], actor=None)
    rival = factories.partner()

    with pytest.raises(DomainRefused, match=r"b\.example already belongs"):
        set_domains(partner=rival, domains=["b.example"], actor=None)

    assert domains_of(partner) == ["a.example", "b.example"]


def test_a_domain_alone_is_no_provider(partner):
    set_domains(partner=partner, domains=["a.example"], actor=None)

    assert provider_for("x@a.example") is None


def test_domains_are_read_from_a_list():
    assert read_domains(" B.example,a.example\na.example ") == [
        "a.example",
        "b.example",
    ]


@pytest.mark.parametrize(
    "text", ["example", "a@b.example", "*.a.example", ".a.example", "ä.example", "a..b"]
)
def test_a_wrong_domain_is_refused(text):
    with pytest.raises(DomainRefused, match="is not a domain"):
        read_domains(text)
