"""Requests to this machine bypass a proxy in the environment."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from partner_portal.environment.loopback import LOOPBACK, exempt_loopback
from tests.portal_processes import ROOT

ASK = """
import sys, urllib.request
import django; django.setup()
import requests
from streams.devtools.first_run import readiness
url = sys.argv[1]
print(readiness.http(url)(), requests.get(url).text, urllib.request.urlopen(url).read().decode())
print(sorted(requests.utils.get_environ_proxies("https://api.segment.io/v1/batch").keys() - {"no"}))
"""


class Here(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"here")

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Here) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("names", [("http_proxy", "https_proxy"), ("HTTP_PROXY", "HTTPS_PROXY"), ("all_proxy",), ("ALL_PROXY",)])  # fmt: skip
def test_loopback_never_goes_through_a_proxy(names, server, services):
    """Nothing listens at the proxy's address."""
    environ = services.environ(**dict.fromkeys(names, "http://127.0.0.1:9"))

    asked = subprocess.run(
        [sys.executable, "-c", ASK, f"http://localhost:{server}/"],
        cwd=ROOT,
        env={
            name: text for name, text in environ.items() if name.lower() != "no_proxy"
        },
        capture_output=True,
        text=True,
        check=True,
    )

    ours, segments = asked.stdout.splitlines()
    assert ours == "None here here"
    assert segments == str(
        sorted(name.lower().removesuffix("_proxy") for name in names)
    )


@pytest.mark.parametrize(
    ("environ", "exempt"),
    [
        ({}, [*LOOPBACK]),
        ({"NO_PROXY": "a.example, b.example"}, ["a.example", "b.example", *LOOPBACK]),
        ({"no_proxy": "localhost", "NO_PROXY": "x"}, ["localhost", *LOOPBACK[1:]]),
        ({"no_proxy": "*"}, ["*"]),
    ],
)
def test_exempt_hosts_stay_exempt(environ, exempt):
    exempt_loopback(environ)

    assert environ["no_proxy"].split(",") == exempt
