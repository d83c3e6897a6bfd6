"""The activity log entries that the admin's actions and its own pages write.

test_activity_table.py sends each of them, and fails for an action or a page that is missing here.
The forms that add and change rows are in tests/portal/activity_table.py.
"""

from __future__ import annotations

# The actions of lists, and of the pages of rows, by model.
ACTIONS: dict[tuple[str, str], set[str]] = {
    ("alert", "acknowledge"): {"alert.acknowledged"},
    ("alert", "mute_for_day"): {"alert.muted_for_day"},
    ("alert", "mute_for_hour"): {"alert.muted_for_hour"},
    ("alert", "mute_until_closed"): {"alert.muted"},
    ("alert", "unmute"): {"alert.unmuted"},
    ("connection", "pause"): set(),  # it leads to the page that asks for the reason
    ("connection", "resume"): {"connection.resumed"},
    ("connection", "retry_now"): {"connection.retried"},
    ("partnertoken", "revoke"): {"token.revoked"},
    ("replay", "cancel"): {"replay.cancelled"},
    ("webhookmessage", "send_again"): {"webhook.sent_again"},
    ("workspace", "remove_empty"): {"workspace.removed"},
}
# The rows that are edited on the page of another row.
INLINES: dict[tuple[str, str], set[str]] = {
    ("partner", "partnermembership"): {"member.joined"},
    ("workspace", "workspacemembership"): {"member.joined"},
}
# The decisions about a stream, by their name in the URL.
DECISIONS: dict[str, set[str]] = {
    "approve": {"stream.approved"},
    "send-back": {"stream.sent_back"},
    "go-live": {"stream.went_live"},
    "not-yet": {"stream.live_declined"},
    "suspend": {"stream.suspended"},
    "resume": {"stream.resumed"},
}
# The pages that change something, or download data, by the name of the URL.
PAGES: dict[str, set[str]] = {
    "auth_user_password_change": {"user.password_set_by_operator"},
    "impersonation_end": {"impersonation.ended"},
    "impersonation_start": {"impersonation.started"},
    "logout": {"user.signed_out"},
    "notifications": {"notices.chosen"},
    "notifications-test": {"notices.tested"},
    "streams_auditentry_export": {"activity.exported"},
    "streams_connection_pause": {"connection.paused"},
    "streams_halt_add": {"delivery.halted"},
    "streams_halt_lift": {"delivery.halt_lifted"},
    "streams_user_reset_link": {"user.reset_link_emailed"},
    "streams_user_sign_out": {"user.signed_out_by_operator"},
}
# Pages that change nothing, or only whether the operator has read a notice.
# streams_stream_decide is in DECISIONS.
READ_ONLY = {
    "app_list", "autocomplete", "components", "inbox", "inbox-notice", "inbox-read",
    "index", "jsi18n", "login", "outbox",
    "password_change", "password_change_done", "search", "refused-requests", "search-events", "streams_feed_event",
    "streams_feed_events", "streams_feed_quarantine", "streams_stream_review",
    "view_on_site",
}  # fmt: skip
