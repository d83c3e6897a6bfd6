from __future__ import annotations

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_signing_out_of_the_admin_leads_to_the_sign_in_page(staff):
    page = f"http://testserver{reverse('admin:index')}"

    response = staff.post(
        reverse("admin:logout"),
        headers={"referer": page, "origin": "http://testserver"},
        follow=True,
    )

    [*_, (last, _status)] = response.redirect_chain
    assert last == "/accounts/login/?next=%2Fadmin%2F"
    assert "_auth_user_id" not in staff.session
