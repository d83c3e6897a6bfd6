from __future__ import annotations

from django.urls import reverse


def test_the_page_says_how_long_data_of_people_is_kept(as_alice, cast):
    cast.stream.retention_days = 45
    cast.stream.save()

    page = as_alice.get(reverse("portal:privacy", args=[cast.workspace.public_id]))

    assert "45 days" in page.content.decode()
