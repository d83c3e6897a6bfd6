"""The debugger's page and files."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.calls import send, status_of


def get(segment, path):
    return send(segment, path, b"", method="GET")


def test_the_page_allows_only_content_of_the_sandbox(segment):
    status, headers, _ = get(segment, "/")

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_page_has_no_inline_script_or_style(segment):
    page = get(segment, "/")[2].decode()

    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page) == []


def test_every_file_that_the_page_names_exists(segment):
    page = get(segment, "/")[2].decode()
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    statuses = {file: status_of(segment, file, b"", method="GET") for file in files}

    assert statuses == dict.fromkeys(files, 200)
    assert {"/static/sandbox/debugger.css", "/static/portal/css/tokens.css"} <= {*files}


@pytest.mark.parametrize(
    "path",
    [
        "/static/sandbox/../../manage.py",
        "/static/sandbox/%2e%2e/%2e%2e/manage.py",
        "/static/portal/portal.js",
        "/static/portal/css/../portal.js",
        "/static/portal/fonts/LICENSE.txt",
        "/static/",
    ],
)
def test_no_other_file_is_served(segment, path):
    assert status_of(segment, path, b"", method="GET") == 404
