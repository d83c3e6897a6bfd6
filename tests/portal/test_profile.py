"""The user's own profile."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry


@pytest.fixture
def page() -> str:
    return reverse("portal:profile")


def test_a_user_changes_the_name_that_others_see(as_bob, cast, page):
    answer = as_bob.post(page, {"name": " Bob Ray "}, follow=True)

    assert "Saved your profile." in answer.text
    cast.bob.refresh_from_db()
    assert cast.bob.name == "Bob Ray"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.detail["changed"]) == (
        "user.changed", cast.bob, "name: – → Bob Ray",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", "x" * 101, "Bob\u2028Ray"])
def test_a_name_that_cannot_be_shown_is_refused(as_bob, cast, page, name):
    answer = as_bob.post(page, {"name": name})

    assert answer.context["form"].errors["name"]
    cast.bob.refresh_from_db()
    assert cast.bob.name == ""


def test_the_menu_of_the_account_leads_to_the_profile(as_bob, cast, page):
    members = reverse("portal:members", args=[cast.workspace.public_id])

    assert f'href="{page}"' in as_bob.get(members).text


def test_the_profile_and_the_notifications_lead_to_each_other(as_bob, cast, page):
    notifications = reverse("portal:notifications")

    assert f'href="{notifications}"' in as_bob.get(page).text
    shown = as_bob.get(notifications, follow=True).text
    assert f'<a href="{page}">← Profile</a>' in shown


def test_notifications_opened_from_alerts_lead_back_to_them(as_bob, cast):
    args = [cast.workspace.public_id]
    alerts = reverse("portal:alerts", args=args)
    opened = reverse("portal:notifications-workspace", args=args) + "?from=alerts"

    assert f'href="{opened}"' in as_bob.get(alerts).text
    shown = as_bob.get(opened)
    assert f'<a href="{alerts}">← Alerts</a>' in shown.text
    form = shown.context["form"]
    choices = {name: field.initial for name, field in form.fields.items()}
    assert as_bob.post(opened, choices).url == opened


def save(client, page, **fields):
    return client.post(page, {"name": "Bob Ray", **fields}, follow=True)


def zone_of(client, cast) -> str:
    """Return the time zone that a page of the workspace names."""
    members = reverse("portal:members", args=[cast.workspace.public_id])
    return client.get(members).context["zone"]


def test_times_are_in_the_zone_of_the_profile_in_every_browser(as_bob, cast, page):
    as_bob.cookies["zone"] = "Asia/Tokyo"
    browsers = zone_of(as_bob, cast)
    save(as_bob, page, time_zone="America/New_York")
    own = zone_of(as_bob, cast)
    save(as_bob, page, time_zone="")

    assert (browsers, own) == ("Asia/Tokyo", "America/New_York")
    assert zone_of(as_bob, cast) == "Asia/Tokyo"


@pytest.mark.parametrize("field", ["time_zone", "theme"])
@pytest.mark.parametrize("value", ["../../etc/passwd", "Europe/Nowhere", "x" * 200])
def test_a_choice_that_does_not_exist_is_refused(as_bob, cast, page, field, value):
    answer = save(as_bob, page, **{field: value})

    assert answer.context["form"].errors[field]
    cast.bob.refresh_from_db()
    assert getattr(cast.bob, field) == ""


def test_zones_are_named_by_places(as_bob, page):
    names = [
        name for name, _ in as_bob.get(page).context["form"].fields["time_zone"].choices
    ]

    assert names[:2] == ["", "UTC"]
    assert {"Europe/Berlin", "Asia/Kolkata"} < set(names)
    assert not [name for name in names if name.startswith("Etc/")]


@pytest.mark.parametrize(("theme", "scheme"), [("dark", "dark"), ("", "light dark")])
def test_every_page_of_the_portal_arrives_in_the_theme_of_the_profile(
    as_bob, cast, page, theme, scheme
):
    save(as_bob, page, theme=theme)
    members = reverse("portal:members", args=[cast.workspace.public_id])

    for path in (page, members, "/w/unknown/"):
        text = as_bob.get(path).text
        assert f'<meta name="color-scheme" content="{scheme}">' in text
        assert (f'<html lang="en" data-theme="{theme}">' in text) == bool(theme)


def test_a_visitor_sees_the_theme_of_the_device(client, db):
    text = client.get(reverse("account_login")).text

    assert '<meta name="color-scheme" content="light dark">' in text


def test_the_activity_log_has_the_changes(as_bob, cast, page):
    save(as_bob, page, time_zone="Europe/Berlin", theme="dark")

    entry = AuditEntry.objects.get()
    assert entry.detail["changed"] == (
        "name: – → Bob Ray, time_zone: – → Europe/Berlin, theme: – → dark"
    )
