"""A real OpenID Connect provider for tests: the npm package `oidc-provider`, in a process.

def test_operators_sign_in(client, operators_provider):
    operators_provider.set(people={"olga": {"email": "olga@portal.example"}})
"""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from streams.base.customer_urls.client import CustomerUrlClient
from streams.sign_in.sso import documents, http
from tests.end_to_end.npm import node_libraries
from tests.servers.certificates import self_signed

__all__ = ["node_libraries"]

CLIENT_ID = "portal"
CLIENT_SECRET = "the-secret-of-the-portal"
DEFAULTS = {
    "people": {},
    "redirectUris": [],
    "clockS": 0,
    "idTokenS": 3600,
    "claimsInIdToken": False,
    "publish": {},
}


class OidcProvider:
    """A running provider. `issuer` is its URL."""

    def __init__(self, folder: Path, issuer: str, tls: Sequence[str] = ()) -> None:
        self.issuer = issuer
        self._verify: str | bool = tls[0] if tls else True
        self._process = subprocess.Popen(
            ["node", "oidc_provider.mjs", issuer, *tls],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it warns that it isn't for production
            text=True,
        )
        self._wait_for("ready")

    def set(self, **changes: Any) -> None:
        """Change how it behaves (see oidc_provider.mjs). It forgets who has signed in."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(changes) + "\n")
        self._process.stdin.flush()
        self._wait_for("done")

    def reset(self) -> None:
        """Behave as any provider, with no people. The portal knows nothing of it."""
        self.set(**DEFAULTS)
        documents._kept.clear()

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def sign_in(self, url: str, name: str) -> str:
        """Do what a browser does: sign in, and return the URL that it is sent back to.

        Without a name, the person cancels.
        """
        with requests.Session() as browser:
            browser.trust_env = False  # no proxy, and no other authorities
            browser.verify = self._verify
            form = browser.get(url)
            form.raise_for_status()
            response = browser.post(
                form.url, data={"login": name}, allow_redirects=False
            )
            self._cookies = browser.cookies
            return self._way_back(browser, response)

    def recognize(self, url: str) -> str:
        """Do what the browser of the last `sign_in` does if the provider asks no one."""
        with requests.Session() as browser:
            browser.trust_env, browser.verify = False, self._verify
            browser.cookies = self._cookies
            return self._way_back(browser, browser.get(url, allow_redirects=False))

    def _way_back(self, browser: requests.Session, response: requests.Response) -> str:
        while (to := response.headers["Location"]).startswith((self.issuer, "/")):
            url = urljoin(response.url, to)
            response = browser.get(url, allow_redirects=False)
        return to

    def _wait_for(self, line: str) -> None:
        assert self._process.stdout is not None
        for written in self._process.stdout:  # with notices of the library
            if written.strip() == line:
                return
        raise AssertionError("The provider has ended.")


def free_port() -> int:
    """Return a port that was free just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def _running_provider(node_libraries) -> Iterator[OidcProvider]:
    provider = OidcProvider(node_libraries, f"http://127.0.0.1:{free_port()}")
    yield provider
    provider.stop()


@pytest.fixture
def oidc_provider(_running_provider) -> OidcProvider:
    """A provider on the loopback interface, without TLS."""
    _running_provider.reset()
    return _running_provider


@pytest.fixture
def operators_provider(oidc_provider, settings) -> OidcProvider:
    """The provider of the operators, as the settings name it."""
    settings.OIDC_ISSUER = oidc_provider.issuer
    settings.OIDC_CLIENT_ID = CLIENT_ID
    settings.OIDC_CLIENT_SECRET = CLIENT_SECRET
    oidc_provider.set(
        redirectUris=["http://testserver/accounts/sso/operators/callback/"]
    )
    return oidc_provider


@pytest.fixture(scope="session")
def _customers_provider(
    node_libraries, tmp_path_factory
) -> Iterator[tuple[OidcProvider, Path]]:
    folder = tmp_path_factory.mktemp("provider")
    certificate, _ = self_signed(folder / "localhost.pem", "localhost")
    files = [str(certificate), str(certificate.with_suffix(".key"))]
    issuer = f"https://localhost:{free_port()}"
    provider = OidcProvider(node_libraries, issuer, files)
    yield provider, certificate
    provider.stop()


@pytest.fixture
def customers_provider(_customers_provider, monkeypatch) -> OidcProvider:
    """A provider with TLS, which is the only server that partners' URLs can reach."""
    provider, certificate = _customers_provider
    client = CustomerUrlClient(
        resolve=lambda _: ["127.0.0.1"],
        is_allowed=lambda address: address == "127.0.0.1",
        ca_file=str(certificate),
    )
    monkeypatch.setattr(http, "NETWORK", http.Network(client=client, to_loopback=True))
    provider.reset()
    return provider
