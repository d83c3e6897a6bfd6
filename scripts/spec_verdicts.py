"""Write docs/spec-verdicts.md: what the checks say about the names that real sources send.

    python scripts/spec_verdicts.py FACTS_DIR

FACTS_DIR contains sources.json, the event names on the docs pages of Segment's catalog.
Verdicts that were reviewed by hand are listed here. If the checks now say something else
about such a name, the script stops, and the name must be reviewed again.
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

from streams.spec.names.collisions import collision  # noqa: E402
from streams.spec.names.event_names import name_issues  # noqa: E402
from streams.spec.spec_data import EVENTS  # noqa: E402
from streams.spec.spec_exceptions import SAFE  # noqa: E402

SEED, SAMPLE = 4, 50
# Chosen by the seed and reviewed by hand: what the checks said then.
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
# Names whose verdict is debatable, and the reason for this one.
ARGUABLE: dict[str, str] = {
    "accountCreated": "Pendo may mean an account of its own product, but the words are the Spec's, and a reviewer compares words.",
    "App/Site Opened": "It covers websites too, so it is not only Application Opened.",
    "Channel Unsubscribed": "It concerns one channel, not all email: a hint, without a suggested name.",
    "Chats": "Perhaps Live Chat Conversation Started, but the name is too vague.",
    "Content Started": "It concerns a course, and Video Content Started a video; a course need not be a video.",
    "Conversation Closed": "It could concern a live chat or a support ticket: a hint.",
    "Conversation Opened": "It could concern a live chat or a support ticket: a hint.",
    "Customer Created": "It is a record in a shop or a payment tool, and not always a person who signed up: no issue.",
    "Device ReInstall": "A second installation is not Application Installed, and the Spec has no closer event.",
    "Email Received": "Received by the recipient (Email Delivered), or by a tool that receives email. The only source in the catalog means the first.",
    "Email Unsubscribe": "Treated like its past tense.",
    "Email Unsubscribed": "Segment's docs contradict each other: the Email Spec says Unsubscribed, and Segment's own Engage source sends Email Unsubscribed. The default is the Spec's name; a stream may accept both.",
    "Feature Flag Evaluated": "A flag is not an experiment until variants are compared: no issue.",
    "First Open": "Close to Application Installed, but an installation is not always followed by it.",
    "Gave Review": "It reviews a company, not a product, so it is not Product Reviewed.",
    "Hosted Unsubscribe Click": "It is the click on the link, or its result: a hint.",
    "Identify": "The name of a call, not of an event, but the source's page lists it as an event.",
    "Link Clicked": "In an email for three sources, and in a post or a short link for the others: a hint, without a suggested name.",
    "Message Sent": "An exact name of the AI Copilot Spec. The source that sends it is a live chat, whose Spec says Live Chat Message Sent, but the name alone does not show that.",
    "On Conversation Create": "A webhook's name for Live Chat Conversation Started, or for a ticket. With `On`, it does not have the form of a Spec name.",
    "Open": "The one source that sends it means the app, and others mean an email: the name is too vague.",
    "Order Processed": "A later state of an order than Order Completed.",
    "Page": "The name of a call, not of an event, but the source's page lists it as an event.",
    "Page Viewed": "Segment would use a page call instead of a track event, but the Spec has no event that this name could mean.",
    "POS Order Placed (v2)": "A sale in a store: another form of Order Completed, or a separate event, as the source's authors decided.",
    "Search": "Products Searched concerns products, and this one concerns courses.",
    "SMS Unsubscribed": "Unsubscribed is in the Email Spec, and there is no Spec for SMS.",
    "Unsubscribed From Group": "It concerns one list, not all email: a hint, without a suggested name.",
    "User Created": "It does not say who created the user, and only the person can sign up: no issue.",
    "Web Registration": "Perhaps Signed Up, or the registration of a card: the name is too vague.",
    "statsig::experiment_exposure": "It means Experiment Viewed, with the tool's own prefix: a hint.",
    "(names defined by the customer)": "Not a name: the page says that customers choose the names.",
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    rules: tuple[str, ...]
    severity: str  # of the worst issue; empty: none
    right: str  # empty: none is offered

    @property
    def text(self) -> str:
        """As in JUDGED: `SPEC-NAME-005 Signed In`; empty: none."""
        return " ".join(filter(None, [*self.rules, self.right]))


def verdict(name: str) -> Verdict:
    issues = name_issues(name, SAFE)
    other = collision("track", name)
    return Verdict(
        tuple(issue.rule for issue in issues),
        issues[0].severity.value if issues else "",
        other.right if other else "",
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
    unreviewed = {
        name: verdict(name).text
        for _, name in sample
        if JUDGED.get(name) != verdict(name).text
    }
    if unreviewed:
        sys.exit(f"Review these by hand and enter them in JUDGED: {unreviewed}")
    TARGET.write_text("\n".join(report(names, sample)) + "\n")


def report(
    names: list[tuple[str, str]], sample: list[tuple[str, str]]
) -> Iterator[str]:
    """Yield the lines of the page."""
    yield "# Verdicts on real event names"
    yield ""
    yield (
        f"The docs pages of {len({source for source, _ in names})} sources in Segment's"
        f" catalog list {len(names)} event names, {len({name for _, name in names})} of"
        " them different. This page shows what [the Spec's rules]"
        "(architecture.md#the-segment-spec) say about each, as the name of a track event,"
        " with the default interpretation. `scripts/spec_verdicts.py` creates the page, and"
        " a test checks that it matches the rules."
    )
    yield ""
    yield from counts(names)
    yield ""
    yield from reviewed(sample)
    yield ""
    yield from debatable({name for _, name in names})
    yield ""
    yield from all_verdicts(names)


def reviewed(sample: list[tuple[str, str]]) -> Iterator[str]:
    yield f"## {SAMPLE} verdicts reviewed by hand"
    yield ""
    yield (
        f"Chosen with seed {SEED}. Every other name with an issue was reviewed as well. No"
        " verdict is wrong; the debatable ones are listed below."
    )
    yield ""
    yield "| Source | Name | Verdict | Right name | Judged |"
    yield "| --- | --- | --- | --- | --- |"
    for source, name in sample:
        judged = "arguable" if name in ARGUABLE else "right"
        yield row(source, code(name), shown(name), verdict(name).right, judged)


def debatable(names: set[str]) -> Iterator[str]:
    yield "## Debatable verdicts"
    yield ""
    yield "| Name | Verdict | Why |"
    yield "| --- | --- | --- |"
    for name, why in ARGUABLE.items():
        if name not in names:
            sys.exit(f"no source sends {name}")
        yield row(code(name), shown(name), why)


def all_verdicts(names: list[tuple[str, str]]) -> Iterator[str]:
    yield "## All names"
    yield ""
    yield "| Source | Name | Verdict | Right name | Rule |"
    yield "| --- | --- | --- | --- | --- |"
    for source, name in names:
        result = verdict(name)
        rules = ", ".join(result.rules)
        yield row(source, code(name), shown(name), result.right, rules)


def counts(names: list[tuple[str, str]]) -> Iterator[str]:
    numbers = Counter(shown(name) for _, name in names)
    yield "| Verdict | Names |"
    yield "| --- | --- |"
    for result in ("exact", "error", "warning", "hint", "no issue"):
        yield row(result, str(numbers[result]))


def shown(name: str) -> str:
    return "exact" if name in EVENTS else verdict(name).severity or "no issue"


def code(name: str) -> str:
    return f"`{name}`"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(*sys.argv[1:])
