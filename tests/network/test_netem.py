"""The same trips where the kernel itself delays: netem on a pair of devices, the servers in a network namespace. Reported beside the
delaying proxy, which is the gate; left out where the kernel or the rights for it are missing."""
import shutil
import subprocess
import time

import pytest
from conftest import COPSE, clean_environment, start
from servers import Nginx

NAMESPACE, NEAR, FAR = "copse-far", "copse0", "copse1"


def call(*command):
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def far():
    """Addresses 10.213.77.1 (here) and .2 (50 ms away)."""
    steps = [f"ip netns add {NAMESPACE}", f"ip link add {NEAR} type veth peer name {FAR} netns {NAMESPACE}",
             f"ip addr add 10.213.77.1/30 dev {NEAR}", f"ip link set {NEAR} up",
             f"ip -n {NAMESPACE} addr add 10.213.77.2/30 dev {FAR}", f"ip -n {NAMESPACE} link set {FAR} up",
             f"tc qdisc add dev {NEAR} root netem delay 25ms limit 100000",
             f"ip netns exec {NAMESPACE} tc qdisc add dev {FAR} root netem delay 25ms limit 100000"]
    if not shutil.which("ip") or not shutil.which("tc"):
        pytest.skip("not on this machine: no iproute2")
    try:
        for step in steps:
            done = call(*step.split())
            if done.returncode != 0:
                pytest.skip(f"not on this machine: {step}: {done.stderr.strip()}")
        yield "10.213.77.2"
    finally:
        call("ip", "link", "del", NEAR)
        call("ip", "netns", "del", NAMESPACE)


def test_a_question_over_netem(far, survey, capsys):
    class FarNginx(Nginx):
        def run(self, *command, **keywords):
            config = self.folder / "nginx.conf"
            config.write_text(config.read_text().replace("listen 127.0.0.1:", f"listen {far}:"))
            super().run("ip", "netns", "exec", NAMESPACE, *command, **keywords)

        def wait_for(self, *ports):
            time.sleep(1)

    server = start(FarNginx(survey.folder))
    try:
        url = f"http://{far}:{server.http}/{survey.path.name}"
        begun = time.monotonic()
        done = subprocess.run([str(COPSE), "query", url, *survey.question, "--quiet"], capture_output=True, env=clean_environment())
        took = time.monotonic() - begun
        assert done.stdout == survey.answer(), done.stderr
        with capsys.disabled():
            print(f"netem, 50 ms: {took:.2f} s, {len(server.log(1))} requests")
    finally:
        server.__exit__()
