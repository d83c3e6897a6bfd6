"""Anchors from before a heading of a guide was renamed, so that links to it still work."""

from __future__ import annotations

from collections.abc import Mapping

# By guide: the anchor of a heading, and the one that it had.
FORMER: Mapping[str, Mapping[str, str]] = {
    "quick-start": {
        "1-create-a-token": "1-make-a-token",
        "3-read-the-response": "3-read-the-answer",
        "5-see-the-event-arrive": "5-see-it-arrive",
        "use-a-segment-library": "with-one-of-segments-libraries",
        "troubleshooting": "if-it-did-not-work",
    },
    "ingest": {
        "endpoints": "paths",
        "authentication": "keys",
        "event-processing": "what-the-portal-does-to-an-event",
        "responses": "answers",
        "errors": "refusals",
        "rejected-events": "when-one-event-is-rejected",
        "backlog-limits": "too-much-waits",
        "validation-modes": "how-strict-a-stream-is",
    },
    "rules": {
        "rejected-in-every-mode": "refused-in-every-mode",
        "event-content": "what-an-event-holds",
        "plan": "the-plan",
        "spec-exceptions": "where-segments-docs-disagree",
    },
    "api": {
        "replays": "replay-send-events-again",
        "errors": "refusals",
    },
    "customers": {
        "verify-the-connection": "see-a-test-event-arrive",
        "connection-status": "how-it-stands",
        "fix-a-connection-that-needs-attention": "when-it-needs-attention",
        "automatic-retries": "when-segment-does-not-answer",
        "monitor-your-events": "follow-your-events",
        "replay-events": "send-events-again",
        "resolve-quarantined-events": "decide-about-quarantine",
        "change-the-write-key-or-region": "change-the-key-or-the-region",
        "troubleshooting": "what-if",
    },
    "operators": {
        "processes": "the-processes",
        "install": "install-it",
        "first-users": "the-first-people",
        "sign-in-and-invitations": "signing-in",
        "multiple-hosts": "many-hosts",
        "monitoring": "what-to-watch",
        "server-limits": "limits-of-web-and-ingest",
        "retention": "what-is-deleted-and-when",
        "stop-delivery-with-a-halt": "stop-sending",
    },
}
