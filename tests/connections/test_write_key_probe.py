from __future__ import annotations

import logging
import time

import pytest

from streams.connections import write_key_probe
from streams.connections.regions import Region
from streams.connections.write_keys import WriteKey
from tests.factories import WRITE_KEY

OTHER_KEY = "a" * 32


@pytest.fixture(autouse=True)
def cdn(settings, segment):
    settings.SEGMENT_CDN_URL = f"{segment.url}/v1"
    settings.SANDBOX_URL = segment.url


def ask(key: str = WRITE_KEY, region: str = Region.EU) -> bool | None:
    return write_key_probe.is_known(region=region, write_key=WriteKey(key))


def answer(segment, answer) -> None:
    segment.behave({"calls": "settings", "answers": [answer]})


def test_a_key_with_settings_is_known(segment):
    segment.know({"write_key": WRITE_KEY, "region": "eu"})

    assert ask(WRITE_KEY) is True
    assert ask(OTHER_KEY) is False


def test_the_sandbox_is_asked_about_its_own_keys(segment, settings):
    settings.SEGMENT_CDN_URL = "http://127.0.0.1:9"
    segment.know({"write_key": WRITE_KEY})

    assert ask(WRITE_KEY, Region.SANDBOX) is True


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 204])
def test_an_ambiguous_response_is_unknown(segment, status):
    answer(segment, status)

    assert ask() is None


@pytest.mark.parametrize("answered", [{"close": True}, {"reset": True}])
def test_no_response_is_unknown(segment, answered):
    answer(segment, answered)

    assert ask() is None


def test_an_intermediarys_page_is_unknown(segment):
    answer(segment, {"headers": {"Content-Type": "text/html"}, "body": "Sign in"})

    assert ask() is None


def test_a_slow_response_is_not_waited_for(segment, monkeypatch):
    monkeypatch.setattr(write_key_probe, "TIMEOUT_S", 0.2)
    answer(segment, {"hang_s": 3})

    assert ask() is None


def test_an_address_that_cannot_be_reached_is_unknown(settings):
    settings.SANDBOX_URL = ""

    assert ask(region=Region.SANDBOX) is None


def test_a_redirect_is_not_followed(segment):
    elsewhere = f"{segment.url}/v1/projects/{WRITE_KEY}/settings"
    answer(segment, {"status": 302, "headers": {"Location": elsewhere}})

    assert ask(OTHER_KEY) is None


@pytest.mark.parametrize("answered", [200, 404, 500, {"close": True}])
def test_the_key_is_in_no_log_line(segment, caplog, answered):
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "http.client", "urllib"):
        caplog.set_level(logging.DEBUG, logger=name)
    answer(segment, answered)

    ask()

    assert WRITE_KEY not in caplog.text


def test_a_dripping_response_is_unknown(segment, monkeypatch):
    monkeypatch.setattr(write_key_probe, "TIMEOUT_S", 0.5)
    answer(segment, {"drip_s": 30})

    started = time.monotonic()

    assert ask() is None
    assert time.monotonic() - started < 10
