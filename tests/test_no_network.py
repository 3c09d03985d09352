"""The network guard holds, in this process and in those that it starts."""

import socket
import subprocess
import sys
import threading
import urllib.request

import pytest
from network_guard import OutsideConnectionError

# An address that belongs to documentation (RFC 5737): no machine answers there.
OUTSIDE = "192.0.2.1"


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection((OUTSIDE, 80), timeout=1),
        lambda: socket.socket(socket.AF_INET).connect_ex((OUTSIDE, 80)),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", (OUTSIDE, 53)),
        lambda: socket.getaddrinfo("example.com", 443),
        lambda: socket.gethostbyname("example.com"),
        lambda: urllib.request.urlopen("http://example.com", timeout=1),
    ],
    ids=["connect", "connect_ex", "datagram", "getaddrinfo", "gethostbyname", "urllib"],
)
def test_reaching_out_raises_and_is_noted(reach, network_attempts):
    with pytest.raises(OutsideConnectionError, match="Tests stay on this machine"):
        reach()
    attempts = network_attempts()
    assert len(attempts) == 1
    assert OUTSIDE in attempts[0] or "example.com" in attempts[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_reached(host, network_attempts):
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=lambda: server.accept()[0].close())
        answer.start()
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()
        answer.join()
    assert network_attempts() == []


def test_a_subprocess_is_guarded(network_attempts):
    program = f"import socket; socket.create_connection(({OUTSIDE!r}, 80), timeout=1)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "OutsideConnectionError" in done.stderr
    assert len(network_attempts()) == 1
