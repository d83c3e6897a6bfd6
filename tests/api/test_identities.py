"""The identity map through the API."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from streams.api import identities
from streams.audit.models import AuditEntry
from streams.identity import change_feed, external_ids, user_ids
from streams.identity.conflicts import Decision, decide_conflict
from streams.identity.forgetting import forget
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.lookup import find
from streams.identity.models import Conflict, LinkChange
from tests import factories
from tests.api.test_replays import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed():
    return factories.feed()


@pytest.fixture
def path(feed):
    return f"/api/v1/workspaces/{feed.workspace.external_id}/identities"


class IdentityApi(Api):
    def put(self, path, *items):
        return self.put_raw(path, json.dumps({"identities": items}))

    def put_raw(self, path, body):
        return self._answer("put", path, body, "application/json")


@pytest.fixture
def api(client, feed):
    return IdentityApi(client, feed.stream)


def alice(user_id="u1", **more):
    return {"userId": user_id, "email": "Alice@example.com", **more}


def results(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def test_people_are_added_with_all_their_identifiers(api, path, feed):
    external = {"id": "c-9", "type": "crm_id"}
    item = alice(
        id="7", phone="+1 415 555 0100", anonymousId="a", externalIds=[external]
    )

    first, again = (results(api.put(path, item)) for _ in range(2))

    assert first == [{"result": "linked", "new": 5, "seen": 0}]
    assert again == [{"result": "unchanged", "new": 0, "seen": 5}]
    crm = Identifier(IdentifierKind.EXTERNAL_ID, "c-9", "crm_id")
    assert find(feed.pk, [crm])[crm].user_id == "u1"


def test_a_request_that_adds_links_is_in_the_activity_log_without_identifiers(
    api, path, feed
):
    for _ in range(2):  # the second one adds nothing
        results(api.put(path, alice(id="7"), alice("u2", email="b@example.com")))

    [entry] = AuditEntry.objects.filter(action="identity.added")
    assert (entry.workspace, entry.detail["links"]) == (feed.workspace, 3)
    assert "example.com" not in str(entry.detail)


def test_each_item_has_its_own_result(api, path):
    found = results(
        api.put(
            path,
            alice(),
            alice("u2", id="8"),
            alice(None),
            alice(7),
            {"userId": "u3"},
            {"userId": "u3", "id": 7},
            {"userId": "u3", "e-mail": "x"},
            "u3",
            {"userId": "u3", "id": "9"},
        )
    )

    assert [one.get("code", one["result"]) for one in found] == [
        "linked", "conflict", "IDENTITY-NULL", "IDENTITY-TYPE", "IDENTITY-NO-IDENTIFIER",
        "IDENTITY-FORMAT", "IDENTITY-FORMAT", "IDENTITY-FORMAT", "linked",
    ]  # fmt: skip
    assert found[1] == {
        "result": "conflict",
        "new": 1,
        "seen": 0,
        "conflicts": ["email"],
    }
    assert found[2]["message"] == "The userId is null."


def test_a_thousand_people_are_the_most(api, path, django_assert_max_num_queries):
    people = [{"userId": f"u{n}", "id": f"t{n}"} for n in range(1001)]

    with django_assert_max_num_queries(30):
        most = api.put(path, *people[:1000])
    too_many = api.put(path, *people)

    assert {one["result"] for one in results(most)} == {"linked"}
    assert refused(too_many) == (400, "API-FIELD-001")


def test_a_person_has_a_limited_number_of_identifiers(api, path):
    ids = [{"id": f"c{n}", "type": "crm_id"} for n in range(47)]

    found = results(
        api.put(path, alice(externalIds=ids), alice("u2", externalIds=ids[1:]))
    )

    assert [one["result"] for one in found] == ["refused", "linked"]
    assert found[0]["code"] == "IDENTITY-FORMAT"


def test_a_request_with_many_identifiers_is_learned_in_parts(api, path):
    def person(n):
        ids = [{"id": f"c{n}-{i}", "type": "crm_id"} for i in range(40)]
        return {"userId": f"u{n}", "externalIds": ids}

    people = [person(n) for n in range(501)]

    found = results(api.put(path, *people[:130]))

    assert found == [{"result": "linked", "new": 40, "seen": 0}] * 130
    assert refused(api.put(path, *people)) == (400, "API-FIELD-001")


def test_requests_that_are_not_valid_are_refused(api, path):
    large = "x" * identities.MAX_BODY_BYTES

    assert refused(api.put_raw(path, "{")) == (400, "API-JSON-001")
    assert refused(api.put_raw(path, '{"identities": {}}')) == (400, "API-FIELD-001")
    assert refused(api.put_raw(path, large + "xx")) == (413, "API-SIZE-001")
    assert refused(api.put_raw(path, b'{"identities": ["\xff"]}')) == (
        400,
        "API-JSON-001",
    )
    for after in ("-1", "x", "1.5", "9" * 19, "٣"):
        assert refused(api.get(path, after=after)) == (400, "API-FIELD-001")
    assert refused(api.post(path)) == (405, "API-METHOD-001")


@pytest.mark.parametrize("suffix", ["", "/keys"])
def test_another_streams_workspace_is_unknown(api, suffix):
    other = factories.feed().workspace.external_id
    path = f"/api/v1/workspaces/{other}/identities{suffix}"

    assert refused(api.get(path)) == (404, "API-WORKSPACE-001")
    if not suffix:
        assert refused(api.put(path, alice())) == (404, "API-WORKSPACE-001")


def test_a_workspace_is_found_by_an_id_with_a_slash(client):
    workspace = factories.workspace(external_id="a/b c")
    stream = factories.stream(workspace.partner)
    factories.feed(stream, workspace)
    api = IdentityApi(client, stream)

    answer = api.put("/api/v1/workspaces/a%2Fb%20c/identities", alice())

    assert results(answer) == [{"result": "linked", "new": 1, "seen": 0}]


def test_changes_are_read_once_each_in_pages(api, path, monkeypatch):
    monkeypatch.setattr(change_feed, "MOST", 3)
    api.put(path, *[{"userId": f"u{n}", "id": f"t{n}"} for n in range(7)])

    pages, after = [], 0
    while not pages or pages[-1]["more"]:
        pages.append(api.get(path, after=after).json())
        after = pages[-1]["after"]

    read = [one["userId"] for page in pages for one in page["changes"]]
    assert read == [f"u{n}" for n in range(7)]
    assert [len(page["changes"]) for page in pages] == [3, 3, 1]
    assert api.get(path, after=after).json() == {
        "success": True, "changes": [], "after": 7, "more": False,
    }  # fmt: skip


def test_replaced_and_removed_links_are_changes(api, path, feed):
    api.put(path, alice("u1"), alice("u2"), {"userId": "u9", "id": "7"})
    decide_conflict(Conflict.objects.get(), Decision.REPLACE, by=None)
    forget(feed.pk, user_id="u9")

    body = api.get(path).json()

    assert [(c["number"], c["change"], c["userId"]) for c in body["changes"]] == [
        (1, "added", "u1"),
        (3, "replaced", "u2"),
        (4, "removed", None),
    ]
    assert body["changes"][0]["origin"] == "api"
    assert LinkChange.objects.count() == 4


def test_a_partner_finds_its_people_by_digests(api, path):
    api.put(path, alice(externalIds=[{"id": "c-9", "type": "crm_id"}]))

    [key] = api.get(f"{path}/keys").json()["keys"]
    changes = api.get(path).json()["changes"]

    def digest(kind, value, kind_of_id=""):
        message = f"{kind}\n{kind_of_id}\n{value}".encode()
        secret = base64.b64decode(key["secret"])
        return hmac.digest(secret, message, hashlib.sha256)[:16].hex()

    assert [one["identifier"] for one in changes] == [
        {"kind": "email", "key": "t1", "digest": digest("email", "alice@example.com")},
        {
            "kind": "externalId",
            "key": "t1",
            "digest": digest("externalId", "c-9", "crm_id"),
            "type": "crm_id",
        },
    ]


def test_keys_are_not_cached(api, path):
    assert "no-store" in api.get(f"{path}/keys")["Cache-Control"]


def test_every_reason_to_refuse_an_item_is_in_the_guide():
    from tests.api.test_api_guide import PAGE

    problems = [
        one
        for one in vars(user_ids).values()
        if isinstance(one, user_ids.UserIdProblem)
    ]

    assert len({one.rule for one in problems}) == len(problems) > 5
    for one in problems:
        assert f"| `{one.rule}` | {one.message} |" in PAGE
    assert f"{change_feed.MOST:,} changes" in PAGE
    assert f"{identities.MAX_BODY_BYTES:,} bytes" in PAGE
    assert f"{identities.MOST_FACTS:,} people" in PAGE
    assert f"{identities.MOST_OF_REQUEST:,} identifiers" in PAGE
    assert f"Up to {external_ids.MOST_EXTERNAL_IDS} other IDs" in PAGE
