"""Operators assign email domains to partners on the page of the partner."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.sign_in.sso.domains import domains_of, set_domains
from tests import factories

pytestmark = pytest.mark.django_db
NO_MEMBERSHIPS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


def change(staff, partner, domains):
    page = reverse("admin:streams_partner_change", args=[partner.pk])
    data = {"name": partner.name, "slug": partner.slug, "email_domains": domains}
    return page, staff.post(page, {**data, **NO_MEMBERSHIPS})


def test_an_operator_assigns_email_domains(staff):
    partner = factories.partner()

    page, response = change(staff, partner, "Postbox.example, b.example")

    assert response.status_code == 302
    assert domains_of(partner) == ["b.example", "postbox.example"]
    assert "b.example, postbox.example" in staff.get(page).text
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.partner) == ("sso.domains_changed", partner)


@pytest.mark.parametrize("domains", ["not a domain", "taken.example"])
def test_a_domain_that_cannot_be_assigned_changes_nothing(staff, domains):
    set_domains(partner=factories.partner(), domains=["taken.example"], actor=None)
    partner = factories.partner()

    change(staff, partner, domains)

    assert domains_of(partner) == []
