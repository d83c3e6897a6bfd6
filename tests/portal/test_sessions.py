from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.sign_in.session_ending import end_sessions, sign_out_everywhere
from streams.tasks import clear_sessions
from streams.tenancy.models import User
from tests import factories

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LIST = "/accounts/sessions/"


@pytest.fixture
def bob():
    return factories.user()


def by_operator(user) -> None:
    sign_out_everywhere(user=user, reason="Stolen phone", actor=factories.staff())


def signed_in(user, agent: str = FIREFOX, address: str = "192.0.2.7") -> Client:
    """A browser in which the user signed in."""
    browser = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    form = {"login": user.email, "password": factories.PASSWORD}
    browser.post(reverse("account_login"), form)
    return browser


def test_the_list_has_each_browser_with_its_address(bob):
    here = signed_in(bob)
    signed_in(bob, "curl/8.1", "2001:db8::5")

    sessions = here.get(LIST).context["sessions"]

    assert [(one.device, one.address, one.is_current) for one in sessions] == [
        ("Firefox on Linux", "192.0.2.7", True),
        ("curl/8.1", "2001:db8::", False),
    ]


def test_a_session_behind_a_unix_socket_has_no_address(bob):
    here = signed_in(bob, address="")

    assert here.get(LIST).context["sessions"][0].address == ""


def test_one_session_is_ended(bob):
    here, there = signed_in(bob), signed_in(bob)
    [other] = [one for one in here.get(LIST).context["sessions"] if not one.is_current]

    here.post(f"{LIST}{other.pk}/end/")

    assert get_user(there).is_anonymous
    assert get_user(here) == bob
    assert AuditEntry.objects.filter(action="user.sessions_ended").count() == 1


def test_no_one_ends_the_session_of_another_user(bob):
    here, eve = signed_in(bob), signed_in(factories.user())
    row = UserSession.objects.get(user=bob)

    eve.post(f"{LIST}{row.pk}/end/")

    assert get_user(here) == bob


def test_signing_out_everywhere_ends_all_sessions_of_the_user_only(bob):
    here, there, other = signed_in(bob), signed_in(bob), signed_in(factories.user())

    left = here.post(f"{LIST}end/")

    assert left.url == reverse("portal:home")
    assert get_user(here).is_anonymous
    assert get_user(there).is_anonymous
    assert not get_user(other).is_anonymous
    assert UserSession.objects.count() == 1


@pytest.mark.parametrize("end", [end_sessions, by_operator])
def test_a_sign_in_that_began_before_signing_out_everywhere_is_invalid(bob, end):
    as_read_at_sign_in = User.objects.get(pk=bob.pk)
    end(bob)
    there = Client()
    there.force_login(as_read_at_sign_in)  # ends after the search for sessions

    assert there.get(LIST).status_code == 302
    assert get_user(there).is_anonymous


def test_the_next_sign_in_after_signing_out_everywhere_is_valid(bob):
    for _ in range(2):
        signed_in(bob).post(f"{LIST}end/")

    assert get_user(signed_in(bob)) == bob


def test_sessions_are_shown_and_ended_only_after_a_recent_sign_in(bob):
    here = signed_in(bob)
    with time_machine.travel(now() + timedelta(minutes=16)):
        shown, ended = here.get(LIST), here.post(f"{LIST}end/")

    assert shown.url.startswith(reverse("account_reauthenticate"))
    assert ended.url.startswith(reverse("account_reauthenticate"))
    assert UserSession.objects.exists()


def test_a_confirmation_gives_the_session_a_new_key(bob):
    here = signed_in(bob)
    before = here.cookies["sessionid"].value

    confirmed = {"password": factories.PASSWORD}
    here.post(reverse("account_reauthenticate"), confirmed)

    after = here.cookies["sessionid"].value
    assert before != after
    assert get_user(here) == bob
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [after]
    with_old_key = Client()
    with_old_key.cookies["sessionid"] = before
    assert get_user(with_old_key).is_anonymous


def test_a_new_password_ends_the_other_sessions(bob):
    here, there = signed_in(bob), signed_in(bob)
    new = "an entirely new passphrase"
    form = {"oldpassword": factories.PASSWORD, "password1": new, "password2": new}

    here.post(reverse("account_change_password"), form)

    assert get_user(there).is_anonymous
    assert [one.is_current for one in here.get(LIST).context["sessions"]] == [True]


def test_an_inactive_account_has_no_session(bob):
    here = signed_in(bob)
    bob.is_active = False
    bob.save()

    assert get_user(here).is_anonymous


def test_rows_about_ended_sessions_are_deleted_each_day(bob):
    signed_in(bob)
    with time_machine.travel(now() + timedelta(days=2)):
        clear_sessions()

    assert not UserSession.objects.exists()
