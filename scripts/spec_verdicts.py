"""Writes docs/spec-verdicts.md: what the checks say of the names that real sources send.

    python scripts/spec_verdicts.py FACTS_DIR

FACTS_DIR holds sources.json, the event names that the docs pages of Segment's catalogue
list. What was judged by eye is written down here, with the verdict that was judged: where
the checks say something else by now the script stops, and the name is to be read again.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "spec-verdicts.md"
sys.path.insert(0, str(ROOT))

from streams.spec.collisions import collision  # noqa: E402
from streams.spec.data import EVENTS  # noqa: E402
from streams.spec.names import name_findings  # noqa: E402
from streams.spec.readings import SAFE  # noqa: E402

SEED, SAMPLE = 4, 50
# Drawn by the seed and read by eye: what the checks said then.
JUDGED: dict[str, str] = {
    "AB Experiment Stopped": "",
    "Order Refunded": "",
    "Customer Updated": "",
    "npsDisplayed": "SPEC-NAME-010",
    "Action Started": "",
    "Page": "",
    "Canvas Exited": "",
    "Actions Created": "",
    "Control": "",
    "call.commented": "SPEC-NAME-010",
    "Email Reported as Spam": "SPEC-NAME-005 Email Marked as Spam",
    "In-App Closed Android": "",
    "Customer Validation Succeeded": "",
    "Feature Flag Evaluated": "",
    "Charge Failed": "",
    "Deemed Happy": "",
    "user.disconnected": "SPEC-NAME-010",
    "tutorial.view": "SPEC-NAME-010",
    "Closed Web Push Soft-ask": "",
    "Email Dropped": "",
    "Referred Friend Created": "",
    "Identify": "",
    "User Created": "",
    "In-App Message Clicked": "",
    "Product Image Clicked": "",
    "Email Replied": "",
    "Reply Sent": "",
    "WhatsApp Read": "",
    "Search": "",
    "Content Started": "",
    "call.hungup": "SPEC-NAME-010",
    "Product Shared": "",
    "Web Personalization Message Shown": "",
    "Fulfillment Created (v2)": "",
    "Push Impressions": "",
    "Command Execution": "",
    "SMS Rejected": "",
    "Email Marked As Spam": "SPEC-NAME-004 Email Marked as Spam",
    "Checkout Step Viewed": "",
    "User added to control group": "SPEC-NAME-010",
    "Checklist Completed": "",
    "visitorCreated": "SPEC-NAME-010",
    "Youbora Event": "",
    "Collection Item Viewed": "",
    "Submission Completed": "",
    "Resource Center Article Link Click": "",
    "Shop Item Update": "",
    "Uninstall": "SPEC-NAME-005 Application Uninstalled",
    "statsig::experiment_exposure": "SPEC-NAME-008 SPEC-NAME-010 Experiment Viewed",
    "Push Preference Changed iOS": "",
}
# Where another verdict could be defended, and why it is this one.
ARGUABLE: dict[str, str] = {
    "accountCreated": "Pendo may mean an account of its own product, yet the words are the Spec's, which is what a reviewer compares.",
    "App/Site Opened": "Covers websites too, so it is not Application Opened alone.",
    "Channel Unsubscribed": "From one channel, not from all mail: a hint, and no rename.",
    "Chats": "Perhaps Live Chat Conversation Started; the name says too little.",
    "Content Started": "Of a course; Video Content Started is of a video, and one is not surely the other.",
    "Conversation Closed": "Live chat or a support ticket: a hint.",
    "Conversation Opened": "Live chat or a support ticket: a hint.",
    "Customer Created": "A record in a shop or a payment tool, not always somebody who signed up: nothing is said.",
    "Device ReInstall": "A second installation is not Application Installed, and the Spec has nothing nearer.",
    "Email Received": "By the recipient (Email Delivered) or by a tool that takes mail in. The catalogue's one source means the first.",
    "Email Unsubscribe": "Flagged as its past tense is.",
    "Email Unsubscribed": "Segment's docs disagree with themselves: the Email Spec says Unsubscribed, its own Engage source Email Unsubscribed. The safe reading is the Spec's; a stream may accept both.",
    "Feature Flag Evaluated": "A flag is not an experiment until variants are compared: nothing is said.",
    "First Open": "Near Application Installed, yet an installation need not be followed by it.",
    "Gave Review": "Of a company, not of a product, so not Product Reviewed.",
    "Hosted Unsubscribe Click": "The click on the link, or what follows from it: a hint.",
    "Identify": "The name of a call and no event: the source's page lists it among them.",
    "Link Clicked": "In a mail for three sources, in a post or a short link for the others: a hint, and no rename.",
    "Message Sent": "Exact by name, from the AI Copilot Spec; the source that sends it is a live chat, whose Spec says Live Chat Message Sent. A name alone cannot tell.",
    "On Conversation Create": "A webhook's name for Live Chat Conversation Started, or for a ticket; with `On` it is no name of the Spec's kind.",
    "Open": "The app for the one source that sends it, a mail for others: the name says too little.",
    "Order Processed": "A later state of an order than Order Completed.",
    "Page": "The name of a call and no event: the source's page lists it among them.",
    "Page Viewed": "A page call, not a track event, would be Segment's way; the Spec has no event of that name that it could collide with.",
    "POS Order Placed (v2)": "A sale at a till: Order Completed in other clothes, or an event of its own, as the source's authors chose.",
    "Search": "Products Searched is of products; this one searches courses.",
    "SMS Unsubscribed": "Unsubscribed stands in the Email Spec; an SMS has none.",
    "Unsubscribed From Group": "From one list, not from all mail: a hint, and no rename.",
    "User Created": "By whom is not said: nothing is said, where Signed Up is only by the person.",
    "Web Registration": "Perhaps Signed Up, perhaps a card: the name says too little.",
    "statsig::experiment_exposure": "The same as Experiment Viewed by what it means, with the tool's own prefix: a hint.",
    "(names defined by the customer)": "No name at all: the page says that customers choose them.",
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    rules: tuple[str, ...]
    severity: str  # of the gravest; empty: no finding
    right: str  # empty: none is offered

    @property
    def told(self) -> str:
        """As in JUDGED: `SPEC-NAME-005 Signed In`; empty: no finding."""
        return " ".join(filter(None, [*self.rules, self.right]))


def verdict(name: str) -> Verdict:
    findings = name_findings(name, SAFE)
    found = collision("track", name)
    return Verdict(
        tuple(finding.rule for finding in findings),
        findings[0].severity.value if findings else "",
        found.right if found else "",
    )


def main(folder: str) -> None:
    facts = json.loads((Path(folder) / "sources.json").read_text())
    names = [
        (source["slug"], event["name"])
        for source in facts["sources"]
        for event in source["events"]
    ]
    first = list({name: (source, name) for source, name in reversed(names)}.values())
    sample = random.Random(SEED).sample(sorted(first), SAMPLE)
    unread = {
        name: verdict(name).told
        for _, name in sample
        if JUDGED.get(name) != verdict(name).told
    }
    if unread:
        sys.exit(f"To be read by eye, and entered in JUDGED: {unread}")
    TARGET.write_text("\n".join(report(names, sample)) + "\n")


def report(
    names: list[tuple[str, str]], sample: list[tuple[str, str]]
) -> Iterator[str]:
    yield "# What the checks say of real names"
    yield ""
    yield (
        f"The docs pages of {len({source for source, _ in names})} sources in Segment's"
        f" catalogue list {len(names)} event names, {len({name for _, name in names})} of"
        " them different. Here is what [the Spec's rules](architecture.md#the-segment-spec)"
        " say of each as the name of a track event, in the safe reading. Made by"
        " `scripts/spec_verdicts.py`; a test holds that it is what the checks say today."
    )
    yield ""
    yield from counts(names)
    yield ""
    yield f"## {SAMPLE} verdicts read by eye"
    yield ""
    yield (
        f"Drawn with seed {SEED}; besides, every name with a finding was read. None is wrong;"
        " what could be argued is said."
    )
    yield ""
    yield "| Source | Name | Verdict | Right name | Judged |"
    yield "| --- | --- | --- | --- | --- |"
    for source, name in sample:
        judged = "arguable" if name in ARGUABLE else "right"
        yield row(source, code(name), shown(name), verdict(name).right, judged)
    yield ""
    yield "## What can be argued"
    yield ""
    yield "| Name | Verdict | Why |"
    yield "| --- | --- | --- |"
    sent = {name for _, name in names}
    for name, why in ARGUABLE.items():
        if name not in sent:
            sys.exit(f"no source sends {name}")
        yield row(code(name), shown(name), why)
    yield ""
    yield "## All names"
    yield ""
    yield "| Source | Name | Verdict | Right name | Rule |"
    yield "| --- | --- | --- | --- | --- |"
    for source, name in names:
        said = verdict(name)
        rules = ", ".join(said.rules)
        yield row(source, code(name), shown(name), said.right, rules)


def counts(names: list[tuple[str, str]]) -> Iterator[str]:
    found = Counter(shown(name) for _, name in names)
    yield "| Verdict | Names |"
    yield "| --- | --- |"
    for told in ("exact", "error", "warning", "hint", "no finding"):
        yield row(told, str(found[told]))


def shown(name: str) -> str:
    return "exact" if name in EVENTS else verdict(name).severity or "no finding"


def code(name: str) -> str:
    return f"`{name}`"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(*sys.argv[1:])
