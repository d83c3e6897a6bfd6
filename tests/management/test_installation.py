from __future__ import annotations

import re
import socket

import pytest

from streams.devtools.first_run.installation import HOST, Layout, PortInUse
from streams.devtools.first_run.processes import Broker, environment


@pytest.fixture
def taken():
    """A port that is in use, while the two before it are free."""
    while True:
        with socket.socket() as server:
            server.bind((HOST, 0))
            server.listen()
            port = server.getsockname()[1]
            if is_free(port - 1) and is_free(port - 2):
                yield port
                return


def is_free(port: int) -> bool:
    with socket.socket() as server:
        try:
            server.bind((HOST, port))
        except OSError:
            return False
        return True


def layout(tmp_path, port: int, *, own_broker: bool = True) -> Layout:
    return Layout(var_dir=tmp_path, port=port, own_broker=own_broker)


def test_the_port_moves_all_ports(tmp_path):
    assert layout(tmp_path, 9000).ports == {
        "web": 9000,
        "ingest": 9001,
        "sandbox": 9002,
        "valkey": 9003,
    }


def test_an_external_broker_uses_no_port_here(tmp_path):
    assert "valkey" not in layout(tmp_path, 9000, own_broker=False).ports


def test_a_port_in_use_is_named_with_a_solution(tmp_path, taken):
    with pytest.raises(PortInUse) as refused:
        layout(tmp_path, taken - 2).check_ports()

    assert str(refused.value).startswith(
        f"Port {taken} (for sandbox) is in use by another program. Stop the program that"
        " uses it, or use other ports: set PORT="
    )


def test_a_port_beyond_the_last_is_refused(tmp_path):
    refusal = re.escape("Port 65536 (for valkey) is not a valid port number")
    with pytest.raises(PortInUse, match=refusal):
        layout(tmp_path, 65533).check_ports()


@pytest.mark.parametrize(
    ("hosts", "proxy", "expected"),
    [
        ([], False, "localhost,127.0.0.1"),
        (["portal.example"], False, "portal.example,127.0.0.1"),
        ([], True, "localhost,127.0.0.1"),
        (["portal.example"], True, "portal.example"),
    ],
)
def test_our_own_address_is_not_a_host_name_behind_a_proxy(
    settings, tmp_path, hosts, proxy, expected
):
    settings.ALLOWED_HOSTS, settings.TRUST_PROXY = hosts, proxy

    environ = environment(layout(tmp_path, 9000), Broker(url="memory://"))

    assert environ["ALLOWED_HOSTS"] == expected
