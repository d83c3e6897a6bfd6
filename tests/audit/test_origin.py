from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import RequestFactory
from django.urls import reverse

from streams.audit.device import MAX_DEVICE, device_of
from streams.audit.models import AuditEntry
from streams.audit.origin import NOWHERE, Origin, current_origin, within_request
from streams.audit.services import record, record_each
from streams.base.clock import now
from tests import factories

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36"
)
EDGE = f"{CHROME} Edg/131.0.0.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML,"
    " like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


def request_from(address: str, agent: str = FIREFOX, **headers: str):
    return RequestFactory().post(
        "/", REMOTE_ADDR=address, headers={"User-Agent": agent, **headers}
    )


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (EDGE, "Edge on Windows"),
        (SAFARI, "Safari on iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("python-requests/2.32 (internal)", "python-requests/2.32"),
        ("", ""),
        ("<script>alert(1)</script>", ""),
        ("x" * 5_000, "x" * MAX_DEVICE),
    ],
)
def test_a_device_has_a_short_name(agent, device):
    assert device_of(agent) == device


@pytest.mark.django_db
def test_an_entry_names_the_address_and_the_device_of_the_request():
    cast = factories.cast()

    with within_request(request_from("203.0.113.7")):
        record("connection.paused", actor=cast.anna, workspace=cast.workspace)
        record_each("workspace.created", [(cast.workspace, {})], at=now())

    assert set(AuditEntry.objects.values_list("address", "device")) == {
        ("203.0.113.7", "Firefox on Linux")
    }


@pytest.mark.django_db
def test_an_entry_of_a_task_has_no_origin():
    record("connection.needs_attention", actor=None, workspace=factories.workspace())

    entry = AuditEntry.objects.get()
    assert (entry.address, entry.device) == ("", "")


def test_the_address_is_the_one_that_the_trusted_proxy_saw(settings):
    settings.TRUST_PROXY, settings.TRUSTED_PROXY_COUNT = True, 1
    forged = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}

    with within_request(request_from("10.0.0.2", **forged)):
        assert current_origin().address == "203.0.113.9"


def test_a_request_is_not_the_origin_in_other_threads_or_afterward():
    with within_request(request_from("203.0.113.7", "curl/8.5.0")):
        here = current_origin()
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(current_origin).result()

    assert (here, elsewhere) == (Origin("203.0.113.7", "curl/8.5.0"), NOWHERE)
    assert current_origin() == NOWHERE


@pytest.mark.django_db
def test_a_page_records_the_origin_of_its_request(client):
    cast = factories.cast()
    client.force_login(cast.anna)

    client.post(
        reverse(
            "portal:member-role",
            args=[
                cast.workspace.public_id,
                cast.workspace.memberships.get(user=cast.bob).pk,
            ],
        ),
        {"role": "editor"},
        headers={"User-Agent": SAFARI},
    )

    entry = AuditEntry.objects.get(action="member.role_changed")
    assert (entry.address, entry.device) == ("127.0.0.1", "Safari on iPhone")


@pytest.mark.django_db
def test_a_sign_out_is_recorded_but_not_the_end_of_a_session(client, settings):
    cast = factories.cast()
    client.force_login(cast.anna)
    client.post("/accounts/logout/")
    client.force_login(cast.bob)
    settings.SESSION_IDLE_MINUTES = 0

    client.get("/")

    entries = AuditEntry.objects.filter(action="user.signed_out")
    assert [(entry.actor, entry.member) for entry in entries] == [
        (cast.anna, cast.anna.email)
    ]
