from __future__ import annotations

import pytest

from streams.base.customer_urls.urls import CustomerUrl, UrlRefused

ACCEPTED = {
    "https://example.com": "https://example.com/",
    "https://example.com/": "https://example.com/",
    "HTTPS://Hooks.Example.COM/Path": "https://hooks.example.com/Path",
    "https://example.com:443/a?b=c&d=%20": "https://example.com/a?b=c&d=%20",
    "https://example.com?token=1": "https://example.com/?token=1",
    "https://example.com/@user": "https://example.com/@user",
    "https://xn--bcher-kva.example/": "https://xn--bcher-kva.example/",
    "https://1.2.3.example/": "https://1.2.3.example/",
    "https://0x7f.example/": "https://0x7f.example/",
    "https://a_b.example.com/": "https://a_b.example.com/",
}

REFUSED = [
    # Schemes
    *("", "example.com", "http://example.com/", "ftp://example.com/", "//example.com/"),
    *("file:///etc/passwd", "javascript:alert(1)", "https:example.com", "https:/a.com"),
    *(" https://example.com/", "https://example.com/ ", "https://example.com/\n"),
    # Names of the local network
    *("https://localhost/", "https://LOCALHOST/", "https://localhost./"),
    *("https://intranet/", "https://example.com./", "https://.example.com/"),
    *("https:///", "https://./", "https://../", "https://a..com/", "https://-a.com/"),
    # Addresses in all notations
    *("https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/"),
    *("https://0177.0.0.1/", "https://017700000001/", "https://0x7f.0.0.1/"),
    *("https://0x7f000001/", "https://0x7f.1/", "https://127.0.0.0x1/", "https://0/"),
    *("https://127.0.0.1./", "https://a.0x/", "https://example.0xff/", "https://a.1/"),
    *("https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/"),
    *("https://[::]/", "https://::1/", "https://0:0:0:0:0:0:0:1/", "https://[::1/"),
    # Characters that become others
    *("https://127。0。0。1/", "https://①②⑦.⓪.⓪.①/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/"),
    *("https://bücher.example/", "https://example。com/", "https://exam\u00adple.com/"),
    *("https://example.com\u2100@a.com/", "https://%31%32%37.0.0.1/", "https://a.%63om/"),
    # Two hosts in one URL
    *("https://user@example.com/", "https://user:pass@example.com/", "https://@a.com/"),
    *("https://example.com@127.0.0.1/", "https://example.com:443@127.0.0.1/"),
    *("https://127.0.0.1\\@example.com/", "https://example.com\\.evil.com/"),
    *("https://127.0.0.1#@example.com/", "https://127.0.0.1 example.com/"),
    *("https://example.com\t.evil.com/", "https://example.com\r\nHost: a/"),
    # Ports
    *("https://example.com:80/", "https://example.com:22/", "https://example.com:0/"),
    *("https://example.com:65536/", "https://example.com:/", "https://example.com:+443/"),
    *("https://example.com:443:80/", "https://example.com:4430/", "https://a.com:٤٤٣/"),
    # Requests in the path
    *("https://example.com/ HTTP/1.1\r\nX: y", "https://example.com/\x00", "https://a.com/#a"),
    *("https://example.com/ü", "https://example.com/\x7f"),
    # Sizes
    *(f"https://{'a' * 64}.com/", f"https://{'a.' * 130}com/", f"https://a.com/{'a' * 2000}"),
]  # fmt: skip


@pytest.mark.parametrize("text", ACCEPTED)
def test_https_with_a_public_name_is_accepted_and_written_one_way(text):
    assert CustomerUrl.parse(text).text == ACCEPTED[text]


@pytest.mark.parametrize("text", REFUSED)
def test_everything_else_is_refused_with_a_reason_that_does_not_repeat_it(text):
    with pytest.raises(UrlRefused) as refused:
        CustomerUrl.parse(text)

    assert str(refused.value).endswith(".")
    assert not text or text not in str(refused.value)


def test_the_secret_part_is_not_in_the_repr():
    url = CustomerUrl.parse("https://hooks.example.com/services/T0/B0/secret")

    assert "secret" not in repr(url)
    assert url.origin == "https://hooks.example.com"


def test_localhost_is_accepted_only_if_a_developer_allows_it():
    url = CustomerUrl.parse("https://localhost:8443/hook", to_loopback=True)

    assert (url.host, url.port, url.target) == ("localhost", 8443, "/hook")
    for text in ("https://127.0.0.1:8443/", "https://example.com:8443/"):
        with pytest.raises(UrlRefused):
            CustomerUrl.parse(text, to_loopback=True)
