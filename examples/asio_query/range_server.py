#!/usr/bin/env python3
"""A web server that knows ranges, to try the example against: serves a folder on a free port of 127.0.0.1.

range_server.py FOLDER [--ignore-ranges] [--cut N] [--delay SECONDS] [--replace N]

Prints the port. Every request is printed to standard error as "offset size". --cut ends the N-th answer in its middle,
--replace names another ETag from the N-th answer on.
"""
import argparse
import functools
import http.server
import itertools
import os
import re
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    counter = itertools.count(1)

    def __init__(self, options, *args):
        self.options = options
        super().__init__(*args)

    def do_GET(self):
        time.sleep(self.options.delay)
        number = next(self.counter)
        path = os.path.join(self.options.folder, os.path.basename(self.path))
        if not os.path.isfile(path):
            self.send_error(404)
            return
        size = os.path.getsize(path)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not asked or self.options.ignore_ranges:
            first, last, status = 0, size - 1, 200
        else:
            first, last, status = int(asked[1]), min(int(asked[2]), size - 1), 206
        if first > last:
            self.send_error(416)
            return
        print(first, last - first + 1, file=sys.stderr, flush=True)
        with open(path, "rb") as file:
            file.seek(first)
            body = file.read(last - first + 1)
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"new"' if self.options.replace and number >= self.options.replace else '"old"')
        self.end_headers()
        if number == self.options.cut:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--ignore-ranges", action="store_true")
    parser.add_argument("--cut", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--replace", type=int, default=0)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, parser.parse_args()))
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
