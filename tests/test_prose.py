"""The prose linter finds violations of the writing rules, and nothing else."""

from __future__ import annotations

import pytest

from scripts.prose import html, markdown, python, strings
from scripts.prose.__main__ import ROOT, texts, tracked_files
from scripts.prose.rules import load
from scripts.prose.segments import Segment

CONFIG = load()


def found(surface: str, *segments: Segment, path: str = "a") -> list[str]:
    """Return the words that break a rule, with their lines."""
    lines = CONFIG.violations(surface, path, iter(segments))
    return sorted(line.removeprefix(f"{path}:").split("”")[0] for line in lines)


def found_in(text: str, surface: str = "templates") -> list[str]:
    return [one.split("“")[1] for one in found(surface, Segment(1, text))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We send a mail.", "mail"),
        ("Mails are queued.", "Mails"),
        ("Your e-mail address", "e-mail"),
        ("It begins anew.", "anew"),
        ("Sent amid a replay.", "amid"),
        ("The partner is told.", "told"),
        ("Takes effect within some\nseconds.", "some seconds"),
        ("This page was open for long.", "for long"),
        ("Nobody ticks a line.", "Nobody"),
        ("Who waits for that lock holds up every append.", "Who waits"),
        ("It is ready. What Segment answers is kept", "What Segment"),
        ("What waits", "What waits"),
        ("Segment returned no answer.", "answer"),
        ("See findings", "findings"),
        ("Way to live", "Way to live"),
        ("Make a token", "Make a token"),
        ("What became of it? It became of use.", "became of"),
        ("Our staff act next", "Our staff"),
        ("The organisation's colours", "organisation"),
        ("It isn’t valid", "isn’t"),
        ("The customers’ events", "customers’"),
    ],
)
def test_a_forbidden_word_or_sentence_is_found(text, words):
    assert words in found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "We send an email.",
        "The mailbox, demail and mail.example.com",
        "What happens to events that expire?",
        "What to send",
        "Who can replay events?",
        "See what Segment returned, and who sent it.",
        "Events for longer periods",
        "Names are told apart by their first letter.",
        "Make sure that the key is right.",
        "The response arrives within a few seconds.",
    ],
)
def test_plain_words_pass(text):
    assert found_in(text) == []


def test_history_is_a_word_of_pages_only():
    assert found_in("History", "templates") == ["History"]
    assert found_in("The history of the table", "docstrings") == []


def test_a_violation_names_the_file_the_line_the_words_and_the_remedy():
    source = "# Guide\n\nYou get\na mail.\n"

    lines = list(CONFIG.violations("docs", "docs/a.md", markdown.segments(source)))

    assert lines == ["docs/a.md:4: “mail”: “email”"]


def test_templates_yield_their_text_attributes_and_strings():
    source = """{% extends "portal/base.html" %}{# anew #}
<p title="a mail">Sent <a href="/anew/">anew</a> <code>anew</code>
{{ anew }}</p><!-- anew --><input name="anew" placeholder="told">
{% translate "for long" %}{% include "a.html" with title="Nobody knows" %}
<script>anew</script>{% if x %}What counts{% endif %}{% url "anew" %}"""

    assert found("templates", *html.segments(source)) == [
        "2: “anew",
        "2: “mail",
        "3: “told",
        "4: “Nobody",
        "4: “for long",
        "5: “What counts",
    ]


def test_markdown_yields_its_text_without_code_and_addresses():
    source = """# What waits

Read `anew` and [anew](/anew/mail).

```sh
mail anew
```

- Nobody
- told <!-- amid -->

| A | B |
| --- | --- |
| anew | x |
"""

    assert found("docs", *markdown.segments(source)) == [
        "10: “told",
        "14: “anew",
        "1: “What waits",
        "3: “anew",
        "9: “Nobody",
    ]


MODULE = '''"""What waits.

Runs `anew`."""

A = "SELECT mail FROM answers"
B = _("anew")  # mail
C = f"Nobody sees {amid} of it"
D = "mail"


def f():
    """Sent for
    long."""
    # told
    # amid
'''


def test_modules_yield_docstrings_comments_and_messages_separately():
    assert found("docstrings", *python.docstrings(MODULE)) == [
        "12: “for long",
        "1: “What waits",
    ]
    assert found("comments", *python.comments(MODULE)) == [
        "14: “told",
        "15: “amid",
        "6: “mail",
    ]
    assert found("messages", *python.messages(MODULE)) == ["6: “anew", "7: “Nobody"]


def test_names_of_tests_are_sentences():
    source = "def test_what_waits_is_sent():\n    pass\ndef what_waits(): ..."

    assert found("test_names", *python.test_names(source)) == ["1: “What waits"]


def test_yaml_yields_its_values_and_scripts_their_strings():
    yaml = """# anew
- name: Email Opened
  when: A mail is opened, amid others.
  properties:
    mail: {example: anew, description: "Told, and sent anew", type: x}
"""
    script = """// anew told
const mail = "It begins anew"; say(`Nobody ${told} knows`, "anew");"""

    assert found("plans", *strings.yaml_values(yaml)) == [
        "3: “amid",
        "3: “mail",
        "5: “Told",
        "5: “anew",
    ]
    assert found("scripts", *strings.script_strings(script)) == [
        "2: “Nobody",
        "2: “anew",
    ]


def test_every_surface_has_files():
    paths = tracked_files()

    read = {surface for surface, _ in texts(CONFIG, paths)}

    assert read == CONFIG.surfaces.keys()
    assert (ROOT / "docs/architecture.md").relative_to(ROOT).as_posix() in paths


def test_every_unchecked_surface_exists():
    assert CONFIG.surfaces.keys() >= set(CONFIG.not_checked)
