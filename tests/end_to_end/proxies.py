"""Write docker/nginx.conf and docker/Caddyfile with a test's ports and certificates."""

from __future__ import annotations

import re
from pathlib import Path

from tests.portal_processes import ROOT


def nginx(folder: Path, ports: dict[str, int], upstreams: dict[str, str]) -> list[str]:
    text = (ROOT / "docker/nginx.conf").read_text()
    changes = [
        (r"/tmp/nginx", f"{folder}/nginx"),
        (r"/etc/nginx/tls/portal\.crt", f"{folder}/good.pem"),
        (r"/etc/nginx/tls/portal\.key", f"{folder}/good.key"),
        (r"listen 80 ", f"listen 127.0.0.1:{ports['http']} "),
        (r"listen 443 ssl;(\s+)server_name portal\.example\.com", rf"listen 127.0.0.1:{ports['web']} ssl;\1server_name localhost"),
        (r"listen 443 ssl;(\s+)server_name events\.example\.com", rf"listen 127.0.0.1:{ports['events']} ssl;\1server_name localhost"),
        (r"server web:8000", f"server {upstreams['web']}"),
        (r"server ingest:8000", f"server {upstreams['events']}"),
    ]  # fmt: skip
    return ["nginx", "-g", "daemon off; user root;", "-c", write(folder / "nginx.conf", text, changes)]  # fmt: skip


def caddy(folder: Path, ports: dict[str, int], upstreams: dict[str, str]) -> list[str]:
    text = (ROOT / "docker/Caddyfile").read_text()
    tls = f"tls {folder}/good.pem {folder}/good.key"
    changes = [
        (r"admin off", "admin off\n\tauto_https disable_redirects"),
        (r"portal\.example\.com \{", f"https://localhost:{ports['web']} {{\n\t{tls}"),
        (r"events\.example\.com \{", f"https://localhost:{ports['events']} {{\n\t{tls}"),
        (r"web:8000", upstreams["web"]),
        (r"ingest:8000", upstreams["events"]),
    ]  # fmt: skip
    path = write(folder / "Caddyfile", text, changes)
    return ["caddy", "run", "--config", path, "--adapter", "caddyfile"]


def write(path: Path, text: str, changes: list[tuple[str, str]]) -> str:
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text)
        assert count, pattern
    path.write_text(text)
    return str(path)
