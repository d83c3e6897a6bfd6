"""Static files after `collectstatic`."""

from __future__ import annotations

import gzip
from contextlib import closing

import brotli
from django.http import HttpResponse
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

from streams.web.static_files import HashedFiles

RULES = "body { color: black; }\n" * 100


def test_a_collected_file_is_served_with_the_best_compression_that_a_browser_accepts(
    tmp_path, settings
):
    (tmp_path / "page.css").write_text(RULES)
    files = HashedFiles(location=tmp_path, base_url="/static/")
    list(files.post_process({"page.css": (files, "page.css")}))
    settings.STATIC_ROOT, settings.WHITENOISE_USE_FINDERS = tmp_path, False
    settings.WHITENOISE_AUTOREFRESH = False
    serve = WhiteNoiseMiddleware(lambda _request: HttpResponse(status=404))

    def get(accepted: str) -> tuple[str, bytes]:
        headers = {"Accept-Encoding": accepted}
        found = serve(RequestFactory().get(files.url("page.css"), headers=headers))
        with closing(found.file_to_stream):
            return found.get("Content-Encoding", ""), found.getvalue()

    encoding, content = get("gzip, deflate, br")
    assert (encoding, brotli.decompress(content).decode()) == ("br", RULES)
    encoding, content = get("gzip")
    assert (encoding, gzip.decompress(content).decode()) == ("gzip", RULES)
    assert get("identity") == ("", RULES.encode())
