"""Events that are sent to people, and those that people do."""

from __future__ import annotations

import pytest

from streams.spec.names.recipients import is_sent_to_people


@pytest.mark.parametrize(
    "name",
    [
        "Email Delivered",
        "email_bounced",
        "emailSent",
        "Email Soft Bounced",
        "SMS Failed",
        "Survey Sent",
        "Push Notification Received",
        "Sent Invitation",
    ],
)
def test_messages_to_people_are_recognized_in_any_spelling(name):
    assert is_sent_to_people(name)


@pytest.mark.parametrize(
    "name",
    [
        "Email Opened",
        "Email Link Clicked",
        "SMS Received",
        "Live Chat Message Sent",
        "Survey Answered",
        "Order Sent",
        "Delivered",
        "",
    ],
)
def test_actions_of_people_and_other_events_are_not(name):
    assert not is_sent_to_people(name)
