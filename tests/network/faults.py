"""A web server that misbehaves in the way that the first folder of the path names: /FAULT/FILE?anything. Each request is noted."""
import dataclasses
import email.utils
import gzip
import http.server
import re
import socket
import struct
import threading
import time

BEGINNING = 256 << 10  # bytes
LONG = 2 * BEGINNING  # much longer than what is asked for to open a file
STALL = 30  # seconds; longer than any deadline of the tests
MODIFIED = 1_700_000_000


@dataclasses.dataclass
class Seen:
    fault: str
    path: str
    range: str
    headers: dict
    at: float
    sent: int = 0  # bytes of bodies


class Reply:
    """What goes back; a fault changes it before it is sent."""

    def __init__(self, content, asked):
        self.content = content
        self.status = 206 if asked else 200
        self.begin, self.end = asked or (0, len(content))
        self.body = content[self.begin:self.end]
        self.headers = {"ETag": '"first"', "Last-Modified": email.utils.formatdate(MODIFIED, usegmt=True), "Accept-Ranges": "bytes"}
        if asked:
            self.headers["Content-Range"] = f"bytes {self.begin}-{self.end - 1}/{len(content)}"
        self.declared = None  # Content-Length, if it is not that of the body

    def whole(self):
        """As a server that knows no ranges answers."""
        self.status, self.body = 200, self.content
        self.headers.pop("Content-Range", None)
        self.headers.pop("Accept-Ranges")

    def fail(self, status, **headers):
        self.status, self.body = status, b"<html>something that is not the file</html>"
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        # Else the system takes megabytes that nobody reads.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, with_body):
        path = re.sub(r"^http://[^/]*", "", self.path)  # a proxy is asked for whole addresses
        _, fault, name = path.split("?")[0].split("/", 2)
        seen = Seen(fault, self.path, self.headers.get("Range"), {k.lower(): v for k, v in self.headers.items()}, time.monotonic())
        self.seen = seen
        number = self.server.note(seen)
        content = (self.server.root / name).read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", seen.range or "")
        reply = Reply(content, asked and (int(asked[1]), min(int(asked[2]) + 1, len(content))))
        if asked and reply.begin >= len(content):
            reply.fail(416, Content_Range=f"bytes */{len(content)}")
        play = getattr(self, "play_" + fault.replace("-", "_"), None)
        if play is None:
            reply.fail(404)
        elif play(reply, number, name) is False:
            return
        if with_body or reply.status >= 300:
            self.send(reply)

    def send(self, reply, stop_after=None):
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) if reply.declared is None else reply.declared))
        self.end_headers()
        self.pour(reply.body if stop_after is None else reply.body[:stop_after])
        if reply.declared is not None:
            self.close_connection = True

    def pour(self, body):
        view = memoryview(body)
        while view:
            try:
                self.wfile.write(view[:16384])
            except OSError:
                self.close_connection = True
                return
            self.seen.sent += len(view[:16384])
            view = view[16384:]

    def begin_and_break_off(self, reply):
        """Half of the body, and then nothing."""
        self.send(reply, stop_after=len(reply.body) // 2)
        self.wfile.flush()

    # ---- faults: `number` counts the requests to this fault from 1; False if the answer has been given ------------------------

    def play_none(self, reply, number, name):
        pass

    def play_no_ranges(self, reply, number, name):
        reply.whole()

    def play_no_ranges_later(self, reply, number, name):
        if number > 1:
            reply.whole()

    def play_truncated(self, reply, number, name):
        reply.declared = len(reply.body)
        reply.body = reply.body[:len(reply.body) // 2]

    def play_truncated_once(self, reply, number, name):
        if number == 2:
            self.play_truncated(reply, number, name)

    def play_short(self, reply, number, name):
        """Half of what was asked for, and Content-Range says so."""
        reply.body = reply.body[:max(1, len(reply.body) // 2)]
        reply.headers["Content-Range"] = f"bytes {reply.begin}-{reply.begin + len(reply.body) - 1}/{len(reply.content)}"

    def play_short_silently(self, reply, number, name):
        """Half of what was asked for, and Content-Range says that it is all."""
        reply.body = reply.body[:max(1, len(reply.body) // 2)]

    def play_reset(self, reply, number, name):
        self.begin_and_break_off(reply)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        return False

    def play_reset_once(self, reply, number, name):
        return self.play_reset(reply, number, name) if number == 2 else None

    def play_hang_up(self, reply, number, name):
        self.close_connection = True
        return False

    def play_hang_up_once(self, reply, number, name):
        return self.play_hang_up(reply, number, name) if number == 2 else None

    def play_busy(self, reply, number, name):
        reply.fail(503)

    def play_busy_then_fine(self, reply, number, name):
        if number in (1, 3):
            reply.fail(503, Retry_After="1")

    def play_busy_date_then_fine(self, reply, number, name):
        if number == 1:
            reply.fail(503, Retry_After=email.utils.formatdate(time.time() + 2, usegmt=True))

    def play_busy_for_an_hour(self, reply, number, name):
        reply.fail(503, Retry_After="3600")

    def play_too_many_then_fine(self, reply, number, name):
        if number in (1, 2):
            reply.fail(429)

    def play_broken_then_fine(self, reply, number, name):
        if number == 2:
            reply.fail(500)

    def play_forbidden(self, reply, number, name):
        reply.fail(403)

    def play_forbidden_later(self, reply, number, name):
        if number > 2:
            reply.fail(403)

    def play_unauthorized(self, reply, number, name):
        reply.fail(401, WWW_Authenticate="Bearer")

    def play_not_found(self, reply, number, name):
        reply.fail(404)

    def play_gone_later(self, reply, number, name):
        if number > 2:
            reply.fail(404)

    def play_etag_change(self, reply, number, name):
        if number > 1:
            reply.headers["ETag"] = '"second"'

    def play_weak_etag_change(self, reply, number, name):
        """Weak tags say nothing about bytes."""
        reply.headers["ETag"] = f'W/"{number}"'

    def play_no_etag(self, reply, number, name):
        del reply.headers["ETag"]

    def play_modified_change(self, reply, number, name):
        del reply.headers["ETag"]
        if number > 1:
            reply.headers["Last-Modified"] = email.utils.formatdate(MODIFIED + 60, usegmt=True)

    def play_size_change(self, reply, number, name):
        for header in ("ETag", "Last-Modified"):
            del reply.headers[header]
        if number > 1:
            reply.headers["Content-Range"] = reply.headers["Content-Range"].split("/")[0] + f"/{len(reply.content) + 1}"

    def play_stall(self, reply, number, name):
        self.begin_and_break_off(reply)
        self.server.over.wait(STALL)
        self.close_connection = True
        return False

    def play_stall_once(self, reply, number, name):
        return self.play_stall(reply, number, name) if number == 2 else None

    def play_silence(self, reply, number, name):
        self.server.over.wait(STALL)
        self.close_connection = True
        return False

    def play_drip(self, reply, number, name):
        self.send(reply, stop_after=0)
        for at in range(len(reply.body)):
            if self.server.over.wait(0.1):
                break
            self.pour(reply.body[at:at + 1])
            if self.close_connection:
                break
        self.close_connection = True
        return False

    def play_wrong_range(self, reply, number, name):
        if number > 1:
            reply.headers["Content-Range"] = f"bytes {reply.begin + 1}-{reply.end}/{len(reply.content)}"

    def play_nonsense_range(self, reply, number, name):
        reply.headers["Content-Range"] = "lines 1-2/3"

    def play_no_content_range(self, reply, number, name):
        reply.headers.pop("Content-Range", None)

    def play_unknown_size(self, reply, number, name):
        reply.headers["Content-Range"] = f"bytes {reply.begin}-{reply.end - 1}/*"

    def play_longer(self, reply, number, name):
        """More than was asked for, and Content-Range says so."""
        end = min(len(reply.content), reply.end + 1000)
        reply.body = reply.content[reply.begin:end]
        reply.headers["Content-Range"] = f"bytes {reply.begin}-{end - 1}/{len(reply.content)}"

    def play_longer_silently(self, reply, number, name):
        reply.body = reply.content[reply.begin:min(len(reply.content), reply.end + 1000)]

    def play_gzip(self, reply, number, name):
        reply.body = gzip.compress(reply.body)
        reply.headers["Content-Encoding"] = "gzip"

    def play_unsatisfied(self, reply, number, name):
        reply.fail(416, Content_Range=f"bytes */{len(reply.content)}")

    def play_page(self, reply, number, name):
        """A captive portal: everything is fine, and there is a page for people."""
        reply.fail(200)

    def redirect(self, reply, where):
        reply.fail(302, Location=where)

    def play_rest_withheld(self, reply, number, name):
        """Of long answers all but the beginning, until `give_rest` is set."""
        if len(reply.body) < LONG:
            return None
        self.send(reply, stop_after=BEGINNING)
        self.wfile.flush()
        self.server.give_rest.wait(STALL)
        self.pour(reply.body[BEGINNING:])
        return False

    def play_redirect(self, reply, number, name):
        self.redirect(reply, f"/none/{name}")

    def play_redirect_for_good(self, reply, number, name):
        reply.fail(308, Location=f"/none/{name}")

    def play_redirect_round(self, reply, number, name):
        self.redirect(reply, f"/redirect-round/{name}")

    def play_redirect_away(self, reply, number, name):
        self.redirect(reply, f"{self.server.elsewhere}/none/{name}?signature=of-the-other-host")

    def play_redirect_to_file(self, reply, number, name):
        self.redirect(reply, f"file://{self.server.root / name}")


class FaultServer(http.server.ThreadingHTTPServer):
    """`url(fault, name)` gives a file of `root`, with the fault."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root, elsewhere=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.root, self.elsewhere = root, elsewhere
        self.seen, self.lock, self.over = [], threading.Lock(), threading.Event()
        self.give_rest = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.give_rest.set()
        self.shutdown()
        self.server_close()

    def note(self, seen):
        with self.lock:
            self.seen.append(seen)
            return sum(other.fault == seen.fault for other in self.seen)

    def forget(self):
        with self.lock:
            self.seen.clear()

    def url(self, fault, name, host="127.0.0.1"):
        return f"http://{host}:{self.server_address[1]}/{fault}/{name}"

    def handle_error(self, *_):
        pass  # clients hang up when they have seen enough
