from __future__ import annotations

import pytest
from django.utils import timezone

from streams.tenancy.time_zones import zone_named
from streams.web.time_zones import ZoneMiddleware


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "Europe/Nowhere", "x" * 4000])
def test_an_unknown_zone_is_utc(name):
    assert zone_named(name) is None


def test_a_page_is_rendered_in_its_readers_zone(rf):
    request = rf.get("/")
    request.COOKIES["zone"] = "Europe/Berlin"

    name = ZoneMiddleware(lambda _: timezone.get_current_timezone_name())(request)

    assert name == "Europe/Berlin"
