"""A network namespace that is 50 ms away as the kernel sees it: TCP's own slow start and windows. By netem on a pair of devices, or, where
the kernel has no netem, by tun_delay.py. Needs root and iproute2.
"""
import os
import shutil
import subprocess
import sys

from servers import EACH_WAY, HERE, Missing, Nginx, _die_with_parent


class NotHere(Exception):
    """This machine cannot."""


class FarNetwork:
    """`here` and `there` are its two addresses, `by` is what delays."""
    namespace, near, far = "copse-far", "copse0", "copse1"
    here, there = "10.213.77.1", "10.213.77.2"

    def __init__(self, each_way=EACH_WAY):
        self.each_way, self.by, self.process = each_way, None, None

    def __enter__(self):
        if not shutil.which("ip") or not shutil.which("tc"):
            raise Missing("iproute2")
        try:
            self.call(f"ip netns add {self.namespace}")
            try:
                self.delay_by_netem()
            except NotHere:
                self.delay_by_tun()
            self.call(f"ip addr add {self.here}/30 dev {self.near}", f"ip link set {self.near} up txqueuelen 20000",
                      f"ip -n {self.namespace} addr add {self.there}/30 dev {self.far}",
                      f"ip -n {self.namespace} link set {self.far} up txqueuelen 20000")
        except BaseException:
            self.__exit__()
            raise
        return self

    def delay_by_netem(self):
        self.call(f"ip link add {self.near} type veth peer name {self.far} netns {self.namespace}")
        delay = f"netem delay {self.each_way * 1e3:g}ms limit 100000"
        try:
            self.call(f"tc qdisc add dev {self.near} root {delay}",
                      f"ip netns exec {self.namespace} tc qdisc add dev {self.far} root {delay}")
        except NotHere:
            self.call(f"ip link del {self.near}")
            raise
        self.by = "netem"

    def delay_by_tun(self):
        if not os.access("/dev/net/tun", os.W_OK):
            raise NotHere("neither netem nor /dev/net/tun")
        command = [sys.executable, HERE / "tun_delay.py", self.namespace, self.near, self.far, self.each_way]
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=_die_with_parent)
        if self.process.stdout.readline() != b"ready\n":
            raise NotHere("no tun devices")
        self.by = "tun devices"

    @staticmethod
    def call(*commands):
        for command in commands:
            done = subprocess.run(command.split(), capture_output=True, text=True)
            if done.returncode != 0:
                raise NotHere(f"{command}: {done.stderr.strip()}")

    def __exit__(self, *_):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait(5)
        subprocess.run(["ip", "link", "del", self.near], capture_output=True)
        subprocess.run(["ip", "netns", "del", self.namespace], capture_output=True)


class FarNginx(Nginx):
    """nginx in the namespace."""

    def __init__(self, network, root):
        super().__init__(root)
        self.network, self.host = network, network.there

    def run(self, *command, **keywords):
        super().run("ip", "netns", "exec", self.network.namespace, *command, **keywords)
