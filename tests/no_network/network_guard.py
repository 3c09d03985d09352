"""Keep a process off the network: reaching for anything but this machine raises, and is noted.

An audit hook sees every connection that Python code opens, however it opens it, and cannot be
taken away again. What was tried is noted in a file as well, so that a test fails even if the code
under test catches the error.
"""

import ipaddress
import os
import socket
import sys

LOG_VARIABLE = "COURSE_TEST_NETWORK_LOG"

_installed = False


class OutsideConnectionError(RuntimeError):
    """A test reached for another machine."""


def install():
    """Start to guard this process; a second call changes nothing."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_Guard(socket.gethostname().lower()))


class _Guard:
    """Audit hook that stops name look-ups and connections to other machines."""

    def __init__(self, own_name):
        self.own_name = own_name

    def __call__(self, event, arguments):
        if not event.startswith("socket."):
            return
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            address = arguments[1]
            # Unix sockets have a path for an address, others of the kernel have numbers.
            host = address[0] if isinstance(address, tuple) and address else None
        elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
            host = arguments[0]
        else:
            return
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        if isinstance(host, str) and not self.is_local(host):
            _note(f"{event} {host} in {' '.join(sys.argv[:1])} (process {os.getpid()})")
            raise OutsideConnectionError(
                f"Tests stay on this machine. Received: {event} to {host!r}. "
                "Serve what the test needs from localhost."
            )

    def is_local(self, host):
        """Tell whether a name or an address means this machine."""
        host = host.lower().rstrip(".")
        if host in {"", "localhost", self.own_name} or host.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(host.split("%")[0])
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified


def _note(line):
    path = os.environ.get(LOG_VARIABLE)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")
