"""A web server on this machine that misbehaves by script."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """What was asked for, and how many bytes of body were sent."""

    path: str
    range: str | None
    sent: int = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.close_connection = True
        self.seen = Request(self.path, self.headers.get("Range"))
        reply = self.server.next_reply(self.seen)
        with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
            reply(self)

    def head(self, status, length=None, **headers):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()

    def body(self, content):
        self.seen.sent += len(content)  # before the client can be done with it
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *args):
        """Keep the test's output clean."""


Reply = Callable[[_Handler], None]


class FaultServer(ThreadingHTTPServer):
    """Serves each path by its script: one reply a request, the last one again and again."""

    daemon_threads = True

    def __init__(self, **scripts):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scripts = {f"/{name}": list(replies) for name, replies in scripts.items()}
        self.requests = []
        self.closing = threading.Event()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def next_reply(self, request):
        with self._guard:
            self.requests.append(request)
            replies = self.scripts.get(request.path, [status(404)])
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *args):
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


def status(code):
    """Answer with an error."""

    def reply(handler):
        handler.head(code, length=0)

    return reply


def whole(content, ranges=True, length=True, end=None, before=0, after=0):
    """Send what was asked for, all of it or from where the client goes on; hang up at `end`.

    `before` and `after` are seconds of silence, before anything and after the last byte.
    """

    def reply(handler):
        start = 0
        handler.server.closing.wait(before)
        if ranges and handler.seen.range:
            start = int(re.fullmatch(r"bytes=(\d+)-", handler.seen.range)[1])
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            handler.head(206, len(content) - start, Content_Range=span)
        else:
            handler.head(200, len(content) if length else None)
        handler.body(content[start:end])
        handler.server.closing.wait(after)

    return reply


def wrong_part(content):
    """Answer a request for the rest with another part of the file."""

    def reply(handler):
        handler.head(206, len(content), Content_Range=f"bytes 0-{len(content) - 1}/{len(content)}")
        handler.body(content)

    return reply
