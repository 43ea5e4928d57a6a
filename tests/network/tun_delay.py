#!/usr/bin/env python3
"""Two network devices, one here and one in a network namespace, with a fixed delay between them: what netem does, for kernels without it.

usage: tun_delay.py NAMESPACE NEAR FAR EACH_WAY_SECONDS    prints "ready"; ends when standard input does

Whole packets are held back; connections, windows and slow start are the kernel's own.
"""
import collections
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
LONGEST_PACKET = 65_536
AT_A_TIME = 64  # packets of one device before the other has its turn


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def enter(namespace):
    with open(f"/run/netns/{namespace}") as there:
        if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def take(device, queue, delay):
    for _ in range(AT_A_TIME):
        try:
            queue.append((time.monotonic() + delay, os.read(device, LONGEST_PACKET)))
        except BlockingIOError:
            return
        except OSError:  # the device is not up yet
            return


def give(device, queue):
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        try:
            os.write(device, queue[0][1])
        except BlockingIOError:
            return
        except OSError:  # what a device refuses is lost, as on any network
            pass
        queue.popleft()


def forward(near, far, delay):
    up, down = collections.deque(), collections.deque()
    poll = select.poll()
    for device in (near, far, sys.stdin.fileno()):
        poll.register(device, select.POLLIN)
    while True:
        due = [queue[0][0] for queue in (up, down) if queue]
        wait = max(0.0, min(due) - time.monotonic()) if due else 1.0
        ready = {device for device, _ in poll.poll(int(wait * 1e3))}
        if sys.stdin.fileno() in ready:
            return
        if near in ready:
            take(near, up, delay)
        if far in ready:
            take(far, down, delay)
        give(far, up)
        give(near, down)


def main():
    namespace, near, far, delay = sys.argv[1:]
    here = open_device(near)
    enter(namespace)
    there = open_device(far)
    print("ready", flush=True)
    forward(here, there, float(delay))


if __name__ == "__main__":
    main()
