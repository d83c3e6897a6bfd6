from __future__ import annotations

from datetime import date

import pytest

from streams.review.services import (
    Timeline,
    approve,
    request_launch,
    resume,
    send_back,
    submit,
    suspend,
)
from tests import factories

pytestmark = pytest.mark.django_db

ORIGIN = "https://portal.example"
TIMELINE = Timeline(
    build_on=date(2026, 4, 1),
    qa_on=date(2026, 5, 1),
    launch_on=date(2026, 6, 1),
    notes="Ten customers wait.",
)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def stream(settings):
    settings.REVIEW_EMAIL = ["review@portal.example"]
    made = factories.stream(name="Postbox\r\nBcc: x", stage="draft")
    factories.partner_member(made.partner, "admin", "petra@postbox.example")
    factories.partner_member(made.partner, "developer")
    factories.published_plan(made, "Email Opened")
    factories.published_pages(made)
    return made


def test_operators_are_notified_of_a_submission_with_a_link_to_its_review(
    stream, committed, mailoutbox
):
    dev = factories.user("dev@postbox.example")

    with committed():
        submit(stream=stream, timeline=TIMELINE, actor=dev, origin=ORIGIN)

    [mail] = mailoutbox
    assert mail.to == ["review@portal.example"]
    assert mail.subject == "Postbox Bcc: x is waiting for approval"
    for told in (
        "dev@postbox.example submitted the stream",
        "Launch: 2026-06-01",
        "Ten customers wait.",
        f"{ORIGIN}/admin/streams/stream/{stream.pk}/review/",
    ):
        assert told in mail.body


def test_a_partners_admins_receive_the_decision_and_its_reason(
    stream, committed, mailoutbox
):
    submit(stream=stream, timeline=TIMELINE, actor=None)

    with committed():
        send_back(stream=stream, comment="Say who.", actor=None, origin=ORIGIN)

    [mail] = mailoutbox
    assert (mail.to, mail.reply_to) == (
        ["petra@postbox.example"],
        ["review@portal.example"],
    )
    assert "Message from the operator:\n\nSay who.\n\n" in mail.body
    way = f"/p/{stream.partner.slug}/streams/{stream.slug}/launch/"
    assert mail.body.endswith(f"{ORIGIN}{way}\n")


def test_each_decision_of_operators_has_its_email(stream, committed, mailoutbox):
    submit(stream=stream, timeline=TIMELINE, actor=None)

    with committed():
        approve(stream=stream, actor=None, origin=ORIGIN)
        suspend(stream=stream, reason="It is ill.", actor=None, origin=ORIGIN)
        resume(stream=stream, actor=None, origin=ORIGIN)

    words = [mail.subject.split(" is ")[1] for mail in mailoutbox]
    assert words == ["approved", "suspended", "resumed"]


def test_operators_are_notified_of_a_request_to_go_live_with_the_state_of_qa(
    stream, committed, mailoutbox
):
    type(stream).objects.filter(pk=stream.pk).update(stage="in_qa")

    with committed():
        request_launch(stream=stream, note="It is good.", actor=None, origin=ORIGIN)

    assert "1 of 11 QA checks passed.\n\nIt is good." in mailoutbox[0].body


def test_without_an_address_or_origin_no_email_is_sent(
    stream, committed, mailoutbox, settings
):
    settings.REVIEW_EMAIL = []

    with committed():
        submit(stream=stream, timeline=TIMELINE, actor=None, origin=ORIGIN)
        approve(stream=stream, actor=None)

    assert mailoutbox == []


def test_a_failed_email_undoes_nothing_and_is_logged_as_an_error(
    stream, committed, settings, caplog
):
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 1},  # nothing listens
        }
    }

    with committed():
        submit(stream=stream, timeline=TIMELINE, actor=None, origin=ORIGIN)

    stream.refresh_from_db()
    assert stream.stage == "submitted"
    [record] = caplog.records
    assert (record.levelname, record.msg["event"], record.msg["about"]) == (
        "ERROR", "mail.not_sent", "review.submitted",
    )  # fmt: skip
