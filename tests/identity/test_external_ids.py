"""External IDs are the same identifiers wherever they come from."""

from __future__ import annotations

import json

import pytest

from streams.events.people.identifiers import identifiers_of, identity_rules
from streams.identity.digests import digests
from streams.identity.identifiers import IdentifierKind
from streams.identity.inbound.events import read_event
from streams.identity.inbound.tool_names import tool_names
from streams.identity.models import Link
from tests import factories
from tests.api.test_identities import IdentityApi, results

ORDER = "tool_id,email,phone,anonymous_id,external_id"
SLUG = "help-desk"
RULES = identity_rules(SLUG, ORDER, "set_aside", "00" * 32, check_user_ids=False)
TYPES = {
    "help_desk_id": IdentifierKind.TOOL_ID,
    "help-desk_id": IdentifierKind.TOOL_ID,
    "Email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
    "anonymous_id": IdentifierKind.ANONYMOUS_ID,
    " CRM_ID": IdentifierKind.EXTERNAL_ID,
}
VALUES = {"Email": "a@example.com", "phone": "+41 44 668 18 00"}


def from_segment(context):
    event = {"type": "track", "userId": "u1", "context": context}
    return list(read_event(json.dumps(event).encode(), tool_names(SLUG)).identifiers)


def of_the_tool(context):
    return list(identifiers_of({"type": "track", "context": context}, RULES))


@pytest.mark.parametrize("kind", TYPES)
def test_an_external_id_is_the_same_identifier_in_all_events(kind):
    context = {"externalIds": [{"id": VALUES.get(kind, "c-9"), "type": kind}]}

    [found] = from_segment(context)

    assert found.kind == TYPES[kind]
    assert of_the_tool(context) == [found]


@pytest.mark.parametrize("name", ["helpDeskId", "help-deskId"])
def test_the_tools_id_has_the_same_names_in_all_events(name):
    assert of_the_tool({name: "7"}) == from_segment({name: "7"}) != []


def test_external_ids_of_accounts_and_user_ids_are_of_no_person():
    context = {
        "externalIds": [
            {"id": "a-1", "type": "crm_id", "collection": "accounts"},
            {"id": "u1", "type": "user_id"},
        ]
    }

    assert of_the_tool(context) == from_segment(context) == []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", TYPES)
def test_an_external_id_of_the_api_is_found_by_events(client, kind):
    feed = factories.feed(factories.stream(slug=SLUG))
    path = f"/api/v1/workspaces/{feed.workspace.external_id}/identities"
    listed = [{"id": VALUES.get(kind, "c-9"), "type": kind}]

    api = IdentityApi(client, feed.stream)
    [result] = results(api.put(path, {"userId": "u1", "externalIds": listed}))

    [[digest]] = digests(feed.pk, of_the_tool({"externalIds": listed}))
    assert result["new"] == 1
    assert bytes(Link.objects.get().digest) == digest
