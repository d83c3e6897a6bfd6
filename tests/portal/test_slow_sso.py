"""A provider that is slow in each response can't hold a thread for the sum of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from streams.base.http_deadlines import Deadline
from streams.sign_in.sso import documents
from streams.sign_in.sso.http import STEP_S, CustomerSession, ProviderSession
from streams.sign_in.sso.refusals import SENTENCES, Refusal
from tests import factories

pytestmark = pytest.mark.django_db

START = "/accounts/sso/operators/start/"
CALLBACK = "/accounts/sso/operators/callback/"
# No single response takes as long as one request may, but two take longer than a step.
PAUSE_S = STEP_S * 0.55


class SlowProvider:
    """A real server that waits before each response, except where `is_quick` says otherwise."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.quick: set[str] = set()
        self.stopped = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def _document(self, path: str) -> dict[str, object]:
        if path.startswith("/.well-known/"):
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            return {"issuer": self.issuer} | {
                name: f"{self.issuer}/{name}" for name in names
            }
        if path == "/token_endpoint":
            return {"access_token": "a", "id_token": "b", "token_type": "bearer"}
        return {"keys": []}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                provider.asked.append(self.path)
                if self.path not in provider.quick:
                    provider.stopped.wait(PAUSE_S)
                body = json.dumps(provider._document(self.path)).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the portal has left

            do_POST = do_GET  # noqa: N815 - http.server calls it

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def provider(settings) -> Iterator[SlowProvider]:
    slow = SlowProvider()
    settings.OIDC_ISSUER = slow.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "portal", "the-secret"
    documents.forget("operators")
    yield slow
    documents.forget("operators")
    slow.stop()


def begin(client, provider) -> str:
    """Go to the provider, and return the URL that it would send the browser back to."""
    provider.quick.add("/.well-known/openid-configuration")
    url = client.get(START).url
    [state] = parse_qs(urlsplit(url).query)["state"]
    return f"{CALLBACK}?{urlencode({'code': 'c', 'state': state})}"


def test_all_requests_of_a_step_share_one_deadline(client, provider):
    factories.staff("olga@portal.example")
    back = begin(client, provider)
    documents.forget("operators")
    provider.quick.clear()
    provider.asked.clear()

    response = client.get(back)

    assert response.status_code == 403
    assert response.context["sentence"] == SENTENCES[Refusal.UNREACHABLE]
    assert "/jwks_uri" not in provider.asked  # which would be the third


def test_a_configuration_is_read_once_for_several_sign_ins(client, provider):
    for _ in range(3):
        begin(client, provider)

    assert provider.asked == ["/.well-known/openid-configuration"]


def test_a_configuration_is_read_again_after_a_failure(client, provider):
    back = begin(client, provider)
    provider.stop()

    failed, again = client.get(back), client.get(START)

    for response in (failed, again):
        assert response.context["sentence"] == SENTENCES[Refusal.UNREACHABLE]


@pytest.mark.parametrize("kind", [ProviderSession, CustomerSession])
def test_no_request_begins_after_the_deadline(kind):
    with kind(Deadline(0)) as session, pytest.raises(requests.Timeout):
        session.get("https://login.example.com/")


def test_only_the_newest_documents_are_kept():
    for number in range(documents.MOST + 5):
        documents.keep("many", str(number), {"number": number})

    assert documents.kept("many", "4") is None
    assert documents.kept("many", "5") == {"number": 5}
    documents.forget("many")
    assert documents.kept("many", "5") is None
