from __future__ import annotations

import pytest

from streams.spec.issues import Severity
from streams.spec.names.collisions import collision, right_name
from streams.spec.names.event_names import name_issues
from streams.spec.names.words import action_at, key, orders, stem, words
from streams.spec.spec_data import EVENTS, SPEC
from streams.spec.spec_exceptions import SAFE, SpecExceptions

NO_EVENT_FOR_IT = "campaign hit"
EMAIL_UNSUBSCRIBED = SpecExceptions.of(["email-unsubscribed"])


def rules(name: str, readings: SpecExceptions = SAFE) -> list[str]:
    return [issue.rule for issue in name_issues(name, readings)]


def test_the_specs_own_names_are_correct():
    assert [name for name in EVENTS if name_issues(name, SAFE)] == []


def test_names_that_segments_own_libraries_send_are_correct():
    for one in (*SPEC.system_events, *SPEC.library_events):
        assert rules(one.name) == []


def test_common_names_without_a_spec_event_are_correct():
    assert {one.name: rules(one.name) for one in SPEC.outside if rules(one.name)} == {}


def test_every_correction_in_the_docs_is_flagged_with_the_right_name():
    for one in SPEC.corrections:
        found = collision("track", one.name)

        assert found is not None, one.name
        assert found.right == one.right


def test_the_severity_of_a_correction_follows_from_the_docs():
    severity = {
        one.name: collision("track", one.name).certainty for one in SPEC.corrections
    }

    assert {name for name, how in severity.items() if how == "hint"} == {
        "User Signed Up", "User Signed In", "User Signed Out",
    }  # fmt: skip
    assert {name for name, how in severity.items() if how == "warning"} == {
        NO_EVENT_FOR_IT, "Custom Component Loaded",
    }  # fmt: skip


def test_without_a_spec_event_the_fix_says_what_to_do_instead():
    (issue,) = name_issues(NO_EVENT_FOR_IT, SAFE)

    assert right_name(NO_EVENT_FOR_IT) is None
    assert "context.campaign" in issue.fix


def test_every_near_miss_is_flagged_with_the_nearest_name():
    for one in SPEC.near_misses:
        assert collision("track", one.name).right == one.right, one.name


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("Purchase", "Order Completed"),
        ("purchased", "Order Completed"),
        ("install", "Application Installed"),
        ("Viewed Product", "Product Viewed"),
        ("Completed Order", "Order Completed"),
        ("order_completed", "Order Completed"),
        ("OrderCompleted", "Order Completed"),
        ("ordercompleted", "Order Completed"),
        ("Order Complete", "Order Completed"),
        ("Order Canceled", "Order Cancelled"),
        ("email_opened", "Email Opened"),
        ("E-Mail Opened", "Email Opened"),
        ("Opened Email", "Email Opened"),
        ("emailOpens", "Email Opened"),
        ("Email Marked As Spam", "Email Marked as Spam"),
        ("Marked Email as Spam", "Email Marked as Spam"),
        ("Unsubscribe", "Unsubscribed"),
        ("Add Product to Wishlist", "Product Added to Wishlist"),
        ("signUp", "Signed Up"),
        ("user_signed_up", "Signed Up"),
        ("push.notification.tapped", "Push Notification Tapped"),
    ],
)
def test_the_same_words_in_another_form_are_an_error_with_the_right_name(name, right):
    found = collision("track", name)

    assert (found.right, found.certainty) == (right, Severity.ERROR)
    assert right_name(name) == right
    assert f"“{right}”" in found.fix


def test_spec_names_are_recognized_in_any_case_and_with_any_separator():
    def spellings(name):
        lower = name.lower().split()
        yield from (between.join(lower) for between in (" ", "_", "-", ".", "::", ""))
        yield from (name.upper(), "_".join(lower).upper(), name.replace(" ", ""))
        yield lower[0] + "".join(word.title() for word in lower[1:])
        yield f" {name}  "

    spelled = {s: name for name in EVENTS for s in spellings(name) if s not in EVENTS}

    assert len(spelled) > 900
    assert {
        one: name
        for one, name in spelled.items()
        if (found := collision("track", one)) is None
        or (found.right, found.certainty) != (name, Severity.ERROR)
    } == {}


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("App Installed", "Application Installed"),
        ("app_open", "Application Opened"),
        ("Email Clicked", "Email Link Clicked"),
        ("add_to_cart", "Product Added"),
        ("AddToCart", "Product Added"),
        ("begin_checkout", "Checkout Started"),
        ("Order Placed", "Order Completed"),
        ("User Opened Email", "Email Opened"),
        ("Contact Unsubscribed", "Unsubscribed"),
        ("Order Cancelled (v2)", "Order Cancelled"),
        ("User Logged In", "Signed In"),
        ("Email Unsubscribed", "Unsubscribed"),
    ],
)
def test_another_name_for_a_spec_event_is_a_warning_with_the_right_name(name, right):
    found = collision("track", name)

    assert (found.right, found.certainty) == (right, Severity.WARNING)
    assert right_name(name) == right


@pytest.mark.parametrize(
    "name", ["Link Clicked", "Notification Clicked iOS", "User Signed Up"]
)
def test_a_name_that_may_be_correct_gets_a_hint_and_no_renaming(name):
    assert collision("track", name).certainty == Severity.HINT
    assert right_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "Email Sent", "SMS Delivered", "Email Unsubscribe Drop", "Email Viewed in Browser",
        "User Account Created", "Content Started", "Feedback Given", "Survey Sent",
        "Product Image Clicked", "Order Processed", "Trip Started", "Web Push Clicked",
        "User Added Account", "Sent Email", "Account Updated", "Campaign Opened",
        "Unsubscribe Link Clicked", "Checkout", "",
    ],
)  # fmt: skip
def test_a_partners_own_event_has_no_other_name(name):
    assert collision("track", name) is None


def test_only_track_events_have_names_of_the_spec():
    assert collision("page", "Purchase") is None


def test_a_stream_can_choose_a_spec_exception():
    assert rules("Email Unsubscribed") == ["SPEC-NAME-007"]
    assert rules("Email Unsubscribed", EMAIL_UNSUBSCRIBED) == []
    assert rules("Unsubscribed", EMAIL_UNSUBSCRIBED) == []
    other = collision("track", "email_unsubscribe", EMAIL_UNSUBSCRIBED)
    assert (other.rule.id, other.right) == ("SPEC-NAME-004", "Email Unsubscribed")
    assert rules("Custom Component Loaded", EMAIL_UNSUBSCRIBED) == ["SPEC-NAME-007"]


def test_a_stream_can_accept_other_tools_names_but_no_misspelling():
    accepted = SpecExceptions.of(["other-names"])

    assert rules("Email Clicked", accepted) == []
    assert rules("Email Unsubscribed", accepted) == ["SPEC-NAME-007"]
    assert rules("email_opened", accepted) == ["SPEC-NAME-004"]
    assert rules(NO_EVENT_FOR_IT, accepted) == rules(NO_EVENT_FOR_IT)


def test_an_issue_mentions_a_contradiction_of_the_docs():
    (issue,) = name_issues("Email Unsubscribed", SAFE)

    assert "docs disagree" in issue.message
    assert issue.docs == "https://segment.com/docs/connections/spec/email/"


@pytest.mark.parametrize(
    "name",
    [
        "Clicked button 42", "Level 3 Reached", "Order #1234 Shipped", "Sale 2026-11-23",
        "Report of 1/2/26", "Opened 9f86d081-884c-4d65", "Mail to ann@example.com",
        "Visited https://example.com", "Custom Event: {event type}", "page_7_viewed",
    ],
)  # fmt: skip
def test_a_value_in_a_name_is_found(name):
    assert "SPEC-NAME-009" in rules(name)


@pytest.mark.parametrize(
    "name",
    [
        "2FA Enabled", "3D Model Viewed", "Overlay Clicked in 1-click Subscription",
        "Order Cancelled (v2)", "Decade Defaced", "Open 24/7", "Web3 Wallet Connected",
    ],
)  # fmt: skip
def test_a_digit_that_is_part_of_a_word_is_not_a_value(name):
    assert "SPEC-NAME-009" not in rules(name)


@pytest.mark.parametrize("name", ["call.answered", "npsShown", "START_FLOW", "click"])
def test_another_case_is_a_hint(name):
    (issue,) = name_issues(name, SAFE)

    assert (issue.rule, issue.severity) == ("SPEC-NAME-010", Severity.HINT)


@pytest.mark.parametrize(
    "name",
    ["iOS Push Opened", "SMS Sent", "Viewed in Browser", "AB Test Ended", "Ping"],
)
def test_title_case_has_small_words_and_abbreviations(name):
    assert rules(name) == []


def test_words_and_stems():
    assert words("E-Mail openedOn iOS_9.ordersXML") == [
        "email", "opened", "on", "ios", "9", "orders", "xml",
    ]  # fmt: skip
    assert [stem(word) for word in ("tapped", "taps", "denied", "sent", "process")] == [
        "tap", "tap", "deny", "send", "process",
    ]  # fmt: skip


def test_every_spec_name_has_one_action_and_a_unique_key():
    keys = [one for name in EVENTS for one in orders(name)]

    assert all(action_at(words(name)) is not None for name in EVENTS)
    assert len(keys) == len(set(keys))
    assert all(key(words(name)) in orders(name) for name in EVENTS)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("Basket Shared", "Cart Shared"),
        ("BAG_VIEWED", "Cart Viewed"),
        ("PURCHASE_CANCELLED", "Order Cancelled"),
        ("Cancelled Purchase", "Order Cancelled"),
        ("purchasecancelled", "Order Cancelled"),
        ("Item Shared", "Product Shared"),
        ("item_list_filtered", "Product List Filtered"),
    ],
)
def test_another_word_for_the_object_of_a_spec_event_is_a_hint(name, right):
    found = collision("track", name)

    assert (found.right, found.certainty) == (right, Severity.HINT)
