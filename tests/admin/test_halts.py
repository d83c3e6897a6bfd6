"""Halts: nothing stops before its preview is confirmed, and lifting needs a reason."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.delivery.limits import halts as services
from streams.delivery.limits.models import Halt
from tests import factories

pytestmark = pytest.mark.django_db

EVERYTHING = {"stream": "all", "region": "all", "reason": "Fire drill."}


def stop_page():
    return reverse("admin:streams_halt_add")


def lift_page(*halts):
    return reverse("admin:streams_halt_lift", query={"halt": [h.pk for h in halts]})


def previewed(staff, form):
    """Submit the form of a halt; return its preview as text, and the fields to confirm it."""
    page = staff.post(stop_page(), form)
    assert not Halt.objects.exists()
    scope = page.context["confirm"].scope
    return " ".join(page.text.split()), {**form, "previewed": scope, "stop": "yes"}


def helper_with(*codenames):
    """Return an operator with these permissions only."""
    person = factories.user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


@pytest.mark.parametrize(
    ("of_stream", "region", "counts"),
    [
        (False, "all", ("3 connections", "3 workspaces", "2 streams")),
        (False, "eu", ("1 connection", "1 workspace", "1 stream")),
        (True, "all", ("2 connections", "2 workspaces", "1 stream")),
    ],
)
def test_a_halt_shows_what_it_stops_before_it_starts(staff, of_stream, region, counts):
    feed = factories.feed(factories.stream(name="Postbox"))
    factories.connection(feed, region="us")
    factories.connection(factories.feed(feed.stream), region="us")
    factories.connection(region="eu")
    factories.connection(region="us", deleted_at=factories.NOW)
    stream = feed.stream.pk if of_stream else "all"

    page, _ = previewed(staff, {**EVERYTHING, "stream": stream, "region": region})

    assert [f"<li> {count} </li>" in page for count in counts] == [True] * 3


def test_creating_and_lifting_a_halt_are_audited_with_their_reasons(staff, olga):
    stream = factories.stream()
    form = {"stream": stream.pk, "region": "eu", "reason": "Segment asked us to stop."}

    _, confirmed = previewed(staff, form)
    staff.post(stop_page(), confirmed)
    halt = Halt.objects.get()
    staff.post(lift_page(halt), {"reason": "Segment allows it again."})

    fields = ("action", "actor", "partner", "detail__reason")
    entries = AuditEntry.objects.order_by("pk").values_list(*fields)
    by = (olga.pk, stream.partner_id)
    assert list(entries) == [
        ("delivery.halted", *by, "Segment asked us to stop."),
        ("delivery.halt_lifted", *by, "Segment allows it again."),
    ]
    assert (halt.stream, halt.region) == (stream, "eu")
    assert not Halt.objects.exists()


def test_a_halt_of_everything_needs_its_word(staff):
    page, confirmed = previewed(staff, EVERYTHING)
    assert "This halt stops everything" in page

    refused = staff.post(stop_page(), {**confirmed, "word": "yes"})
    assert "To halt everything, enter the word “everything”." in refused.text
    assert not Halt.objects.exists()

    staff.post(stop_page(), {**confirmed, "word": " Everything "})
    assert Halt.objects.get().reason == "Fire drill."


def test_a_preview_of_one_scope_does_not_confirm_a_wider_one(staff):
    _, confirmed = previewed(staff, {**EVERYTHING, "region": "eu"})

    staff.post(stop_page(), {**confirmed, "region": "all", "word": "everything"})

    assert not Halt.objects.exists()


def test_a_halt_is_lifted_from_the_list_and_from_its_page_after_confirmation(staff):
    one = Halt.objects.create(reason="Drill.")
    listed = staff.get(reverse("admin:streams_halt_changelist")).text
    shown = staff.get(reverse("admin:streams_halt_change", args=[one.pk])).text

    assert [page.count(f'href="{lift_page(one)}"') for page in (listed, shown)] == [
        1,
        1,
    ]
    assert ["Select an option" in page for page in (listed, shown)] == [False, False]
    assert staff.get(lift_page(one)).status_code == 200
    assert Halt.objects.get() == one


def test_several_halts_are_lifted_at_once(staff):
    halts = [Halt.objects.create(reason=reason) for reason in ("Drill.", "Fire.")]

    staff.post(lift_page(*halts), {"reason": "Done."})

    assert not Halt.objects.exists()


def test_a_halt_says_who_set_it_when_and_why(staff, olga, django_assert_num_queries):
    stream = factories.stream()
    other = factories.user("otto@portal.example")
    by_olga = services.halt(stream=stream, region="eu", reason="Drill.", actor=olga)
    by_other = services.halt(stream=None, region="eu", reason="Fire.", actor=other)
    again = services.halt(stream=stream, region="eu", reason="Drill.", actor=other)
    by_none = Halt.objects.create(reason="From a script.")
    every = [by_olga, by_other, again, by_none]

    with django_assert_num_queries(1):
        found = services.operators_of(every)
    page = staff.get(reverse("admin:streams_halt_change", args=[by_olga.pk])).text

    assert found == {by_olga.pk: olga, by_other.pk: other, again.pk: other}
    for text in (olga.email, "Drill.", f"{by_olga.created_at:%Y-%m-%d %H:%M:%S}"):
        assert text in page


def test_lifting_needs_a_reason(staff):
    halt = Halt.objects.create(reason="Drill.")

    page = staff.post(lift_page(halt), {"reason": " "})

    assert "This field is required." in page.text
    assert Halt.objects.exists()


def test_a_halt_that_is_already_lifted_says_so(staff):
    halt = Halt.objects.create(reason="Drill.")
    page = lift_page(halt)
    halt.delete()

    done = staff.post(page, {"reason": "Done."}, follow=True)

    assert "These halts are already lifted." in done.text
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("codenames", "may_stop", "may_lift"),
    [
        (["view_halt"], False, False),
        (["view_halt", "add_halt"], True, False),
        (["view_halt", "delete_halt"], False, True),
    ],
)
def test_stopping_and_lifting_need_their_permissions(
    client, codenames, may_stop, may_lift
):
    halt = Halt.objects.create(reason="Drill.")
    client.force_login(helper_with(*codenames))

    listed = client.get(reverse("admin:streams_halt_changelist")).text
    stopped = client.post(stop_page(), EVERYTHING)
    lifted = client.post(lift_page(halt), {"reason": "Done."})

    assert (stopped.status_code == 200, lifted.status_code == 302) == (
        may_stop,
        may_lift,
    )
    assert ("Lift halt…" in listed) == may_lift
    assert Halt.objects.exists() != may_lift


def test_the_page_of_a_stream_leads_to_a_halt_of_this_stream(staff):
    stream = factories.stream()
    page = staff.get(reverse("admin:streams_stream_change", args=[stream.pk]))
    url = reverse("admin:streams_halt_add", query={"stream": stream.pk})

    assert f'href="{url}"' in page.text
    assert f'<option value="{stream.pk}" selected>' in staff.get(url).text
    assert staff.get(stop_page(), {"stream": "none"}).status_code == 200


def test_only_operators_who_may_stop_delivery_see_the_link_to_it(client):
    stream = factories.stream()
    client.force_login(helper_with("view_stream"))

    page = client.get(reverse("admin:streams_stream_change", args=[stream.pk]))

    assert reverse("admin:streams_halt_add") not in page.text


def test_the_page_of_a_partner_leads_to_the_suspension_of_its_streams(staff):
    stream = factories.stream(name="Postbox", stage="live")
    empty = factories.partner()
    address = "admin:streams_partner_change"
    url = reverse("admin:streams_stream_review", args=[stream.pk])

    page = staff.get(reverse(address, args=[stream.partner_id]))

    assert f'<a href="{url}">Postbox (Live)</a>' in page.text
    nothing = staff.get(reverse(address, args=[empty.pk]))
    assert "This partner has no streams." in nothing.text


def test_lists_show_that_a_halt_stops_delivery_and_no_next_attempt(staff):
    cursor = factories.due_cursor(events=3)
    Halt.objects.create(reason="Segment is down", stream=cursor.stream)

    for name in ("connection", "cursor", "feed"):
        page = staff.get(reverse(f"admin:streams_{name}_changelist"))

        assert "Halted by operator" in rows_of(page)
        assert f"{cursor.due_at:%Y-%m-%d %H:%M:%S}" not in rows_of(page)
    page = staff.get(reverse("admin:streams_connection_changelist"))
    assert "Delivery halted by the operator: Segment is down." in rows_of(page)


def test_a_halt_of_another_stream_does_not_stop_a_connection_in_the_lists(staff):
    cursor = factories.due_cursor(events=3)
    Halt.objects.create(reason="Segment is down", stream=factories.stream())

    page = staff.get(reverse("admin:streams_connection_changelist"))

    assert "Halted" not in rows_of(page)
    assert f"{cursor.due_at:%Y-%m-%d %H:%M:%S}" in rows_of(page)


def test_the_page_of_a_stream_names_its_halts_and_leads_to_the_pages_that_lift_them(
    staff,
):
    stream = factories.stream()
    other = Halt.objects.create(reason="Not here", stream=factories.stream())
    own = Halt.objects.create(reason="Too many errors", stream=stream)
    of_all = Halt.objects.create(reason="Segment is down")

    page = staff.get(reverse("admin:streams_stream_change", args=[stream.pk])).text

    for halt in (own, of_all):
        assert halt.reason in page
        assert f'href="{lift_page(halt).replace("&", "&amp;")}"' in page
    assert other.reason not in page


def test_the_page_of_a_stream_without_halts_says_so(staff):
    stream = factories.stream()

    page = staff.get(reverse("admin:streams_stream_change", args=[stream.pk])).text

    assert "No halts." in page


def rows_of(page):
    """Return the rows of a list, without its filters."""
    return page.text.split('id="result_list"')[1].split("</table>")[0]


def test_a_halt_needs_a_choice_of_its_scope(staff):
    page = staff.get(stop_page())
    refused = staff.post(stop_page(), {"stream": "", "region": "", "reason": "Drill"})

    assert page.text.count('<option value="" selected>Choose…</option>') == 2
    assert refused.context["impact"] is None
    assert set(refused.context["form"].errors) == {"stream", "region"}


def test_the_list_of_halts_leads_to_those_that_were_lifted(staff, olga):
    halt = services.halt(stream=None, region="eu", reason="Drill.", actor=olga)
    services.lift(halt=halt, reason="Fixed.", actor=olga)

    page = staff.get(reverse("admin:streams_halt_changelist")).text
    log = reverse("admin:streams_auditentry_changelist", query={"kind": "delivery"})

    assert "No halt is in effect." in page
    assert f'href="{log}"' in page
    assert "Fixed." in staff.get(log).text


def test_a_connections_page_names_its_customer_and_its_stream(staff):
    connection = factories.connection()
    url = reverse("admin:streams_connection_change", args=[connection.pk])

    assert staff.get(url).context["subtitle"] == f"{connection.feed}: {connection}"
