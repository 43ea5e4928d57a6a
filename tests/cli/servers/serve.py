#!/usr/bin/env python3
"""Runs a command while a web server gives the files of the current folder to it, then says, if asked, what the server counted.

    serve.py [--count] COMMAND...     with $URL in the environment

Paths below these folders play servers that are less kind:
  /key/       403 without the header "X-Key: open sesame"
  /whole/     no ranges: always the whole file
  /busy/      503 for the first two requests
  /broken/    503 always
"""
import http.server
import os
import pathlib
import re
import subprocess
import sys
import threading

lock = threading.Lock()
counted = {"requests": 0, "bytes": 0, "busy": 0}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        with lock:
            counted["requests"] += 1
            counted["bytes"] += len(body)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):  # who saw the headers wanted no more
            self.close_connection = True

    def do_GET(self):
        path = self.path.split("?")[0]
        kind, _, name = path.lstrip("/").rpartition("/")
        file = pathlib.Path(name)
        if kind == "key" and self.headers.get("X-Key") != "open sesame":
            return self.answer(403, b"no")
        if kind == "broken":
            return self.answer(503)
        if kind == "busy":
            with lock:
                counted["busy"] += 1
                turned_away = counted["busy"] <= 2
            if turned_away:
                return self.answer(503)
        if not file.is_file():
            return self.answer(404, b"nothing here")
        body = file.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if kind == "whole" or not asked:
            return self.answer(200, body)
        first, last = int(asked[1]), min(int(asked[2]), len(body) - 1)
        if first > last:
            return self.answer(416, b"", [("Content-Range", f"bytes */{len(body)}")])
        return self.answer(206, body[first:last + 1],
                           [("Content-Range", f"bytes {first}-{last}/{len(body)}"), ("ETag", f'"{file.stat().st_mtime_ns}"')])


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A client that hangs up is what some of the stories are about."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = sys.argv[1:]
    count = command[0] == "--count"
    status = subprocess.run(command[count:], env=dict(os.environ, URL=f"http://127.0.0.1:{server.server_port}")).returncode
    server.shutdown()
    if count:
        print(f"server: {counted['requests']} requests, {counted['bytes']} bytes", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
