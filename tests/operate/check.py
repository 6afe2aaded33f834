#!/usr/bin/env python3
"""Checks that what deploy/ and docs/ say of a server holds for the real one, alone and behind Envoy.

usage: check.py BINARY [ENVOY]

Starts BINARY on free ports of this machine, and ENVOY with the configuration of compose.yaml in which only addresses are
changed; without ENVOY those checks are left out. Prints 'N passed, N failed'.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import tomllib

import grpc
import yaml
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICE = "parallax.v1.ComparisonService"
STATEMENTS = {"left": ["Norland supports the ceasefire."], "right": ["Sudria backs a truce."]}
KEY, NEXT_KEY = "a-key-for-these-checks", "the-key-that-comes-after"
# After drain.grace the server looks for this long whether bytes still move (QUIET in src/server/lifecycle.rs).
LAST_BYTES = 3
# Measured, see docs/operations.md: what is there from the start, and what one comparison of the largest texts adds.
MEGABYTES_AT_REST, MEGABYTES_A_COMPARISON = 100, 350


class Server:
    """The real binary on ports of its own choice."""

    def __init__(self, binary, *args, **environment):
        self.process = subprocess.Popen(
            [binary, "serve", "--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0", *args],
            stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
        for line in self.process.stderr:
            found = re.search(r'address=(\S+) admin="(\S+)"', line)
            if found:
                self.address, self.admin = found.groups()
                break
        else:
            raise SystemExit("the server ended before it served")
        self.log = []
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()

    def metrics(self):
        return ask(self.admin, "/metrics")[1].decode()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=40)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def ask(address, path, body=None, **headers):
    """Status and body of one request over HTTP/1."""
    connection = http.client.HTTPConnection(address, timeout=20)
    try:
        connection.request("GET" if body is None else "POST", path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def scores(address, **headers):
    return ask(address, "/v1/scores", json.dumps(STATEMENTS), content_type="application/json", **headers)


def within(seconds, is_so):
    """Whether it is so before the time is over."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text).group(1))


def settings(binary, file=None, **environment):
    """What the server makes of a configuration."""
    command = [binary, "config", *(["--config", str(file)] if file else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env={**os.environ, **environment})
    return tomllib.loads(done.stdout) if done.returncode == 0 else None


def manifests(folder):
    for path in sorted((ROOT / "deploy/kubernetes" / folder).glob("*.yaml")):
        yield from filter(None, yaml.safe_load_all(path.read_text()))


def files(binary):
    """What the files of deploy/ promise of each other."""
    unit = (ROOT / "deploy/systemd/parallax.service").read_text()
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["parallax"]
    deployment = next(one for one in manifests("base") if one["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    stops = {
        "systemd": (settings(binary, ROOT / "deploy/systemd/parallax.toml"), seconds(re.search(r"TimeoutStopSec=(\S+)", unit).group(1))),
        "compose": (settings(binary, **compose["environment"]), seconds(compose["stop_grace_period"])),
        "kubernetes": (settings(binary, ROOT / "deploy/kubernetes/base/parallax.toml"), pod["terminationGracePeriodSeconds"]),
    }
    for name, (config, stop) in stops.items():
        yield f"{name}: the settings are good", config is not None
        drain = config["drain"]
        yield f"{name}: the end has its time", seconds(drain["wait"]) + seconds(drain["grace"]) + LAST_BYTES < stop
    limits = pod["containers"][0]["resources"]["limits"]
    memory = {"kubernetes": limits["memory"], "compose": compose["deploy"]["resources"]["limits"]["memory"]}
    for name, limit in memory.items():
        config = stops[name][0]
        need = MEGABYTES_AT_REST + config["admission"]["threads"] * MEGABYTES_A_COMPARISON
        need += (config["limits"]["held_bytes"] + config["cache"]["judgement_bytes"]) / 1e6
        yield f"{name}: the largest texts fit into its memory", config["admission"]["threads"] > 0 and need < int(re.match(r"\d+", limit).group()) * 1000
    ports = {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}
    config = stops["kubernetes"][0]
    yield "kubernetes: ports are those of the settings", all(
        config[section]["address"].endswith(f":{ports[name]}") for section, name in [("listen", "grpc"), ("admin", "admin")])
    mounts = [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]
    yield "kubernetes: keys are where they are mounted", any(
        config["auth"]["api_keys_file"].startswith(mount + "/") for mount in mounts)
    listed = yaml.safe_load((ROOT / "deploy/kubernetes/base/kustomization.yaml").read_text())["resources"]
    there = {path.name for path in (ROOT / "deploy/kubernetes/base").glob("*.yaml")} - {"kustomization.yaml"}
    yield "kubernetes: every manifest is in the kustomization", set(listed) == there
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    yield "the version is everywhere the same", (
        (ROOT / "deploy/debian/changelog").read_text().startswith(f"parallax ({version}-1)")
        and compose["image"] == f"parallax:{version}"
        and f"newTag: {version}" in (ROOT / "deploy/kubernetes/base/kustomization.yaml").read_text())


def metrics(server):
    """The metrics of the documents and of the alerts are those that are served."""
    with socket.create_connection(tuple(server.address.split(":"))):
        pass  # One that does not speak is counted.
    scores(server.address)
    yield "a connection that does not speak is counted", within(10, lambda: "parallax_connections_refused_total" in server.metrics())
    served = dict(re.findall(r"^# TYPE (\S+) (\S+)$", server.metrics(), re.M))
    document = (ROOT / "docs/operations.md").read_text()
    told = dict(re.findall(r"^\| `(parallax_\w+)` \| (\w+) \|", document, re.M))
    as_asked = {name + ("_total" if kind == "counter" else ""): kind for name, kind in served.items()}
    yield "docs/operations.md tells of every metric", told == as_asked
    if told != as_asked:
        print(f"     told, not served: {told.items() - as_asked.items()}; served, not told: {as_asked.items() - told.items()}")
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"parallax_\w+", rule["expr"])}
    yield "alerts ask for metrics that there are", asked <= as_asked.keys() | {
        name + "_bucket" for name, kind in as_asked.items() if kind == "histogram"}
    yield "docs/operations.md tells of every alert", all(f"| {rule['alert']} |" in document for rule in rules)
    labels = set(re.findall(r'code="(\w+)"', server.metrics()))
    yield "codes are written as alerts write them", "Ok" in labels


def reasons():
    """docs/error-reasons.md has the reasons of the API with their codes, in its order."""
    proto = (ROOT / "proto/parallax/v1/error_reason.proto").read_text()
    published, comment = [], ""
    for line in map(str.strip, proto.splitlines()):
        if line.startswith("//"):
            comment += line[2:]
        elif found := re.match(r"ERROR_REASON_(\w+) = [1-9]", line):
            published.append((found.group(1), comment.split(":")[0].strip()))
        comment = comment if line.startswith("//") else ""
    document = (ROOT / "docs/error-reasons.md").read_text()
    told = re.findall(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \|", document, re.M)
    yield "docs/error-reasons.md tells of every reason", len(told) > 10 and told == published


def manager(binary):
    """What the unit relies on: READY, keys that are read again at SIGHUP, STOPPING, exit 0."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "notify")
        keys = pathlib.Path(folder, "keys")
        keys.write_text(f"# Keys of the checks.\none:{KEY}\n")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(20)
            arguments = ["--set", f"auth.api_keys_file={keys}", "--set", "tls.reload=1h", "--health-wait", "1"]
            with Server(binary, *arguments, NOTIFY_SOCKET=path) as server:
                yield "the service manager is told READY", b"READY=1" in notify.recv(1024)
                yield "a call without a key is refused", scores(server.address)[0] == 401
                yield "a call with a key is answered", scores(server.address, authorization=f"Bearer {KEY}")[0] == 200
                keys.write_text(f"two:{NEXT_KEY}\n")
                server.process.send_signal(signal.SIGHUP)
                yield "SIGHUP brings the next key", within(10, lambda: scores(server.address, x_api_key=NEXT_KEY)[0] == 200)
                yield "the key before is refused then", scores(server.address, x_api_key=KEY)[0] == 401
                keys.write_text("short\n")
                server.process.send_signal(signal.SIGHUP)
                yield "keys that cannot be read are counted", within(10, lambda: "parallax_reloads_failed_total 1" in server.metrics())
                yield "and those before stay", scores(server.address, x_api_key=NEXT_KEY)[0] == 200
                yield "no key is in the log", not any(key in line for key in [KEY, NEXT_KEY] for line in server.log)
                yield "no text is in the log", not any("ceasefire" in line for line in server.log)
                code = server.stop()
                yield "the service manager is told STOPPING", b"STOPPING=1" in notify.recv(1024)
                yield "SIGTERM ends it with 0", code == 0


def health_check(server):
    """The health check of the image, with its own command."""
    command = json.loads(re.search(r"HEALTHCHECK[^\[]*(\[.*\])", (ROOT / "Dockerfile").read_text()).group(1))
    # The wget of the image is that of busybox.
    busybox = os.environ.get("BUSYBOX") or shutil.which("busybox")
    if not busybox:
        print("not tried: the health check of the image, there is no busybox")
        return
    command = [busybox, "wget", *(word.replace("127.0.0.1:9090", server.admin) for word in command[1:])]
    yield "the health check of the image passes", subprocess.run(command, timeout=20).returncode == 0
    server.process.terminate()
    yield "and fails once the server stops", within(
        1.5, lambda: subprocess.run(command, timeout=20, stderr=subprocess.DEVNULL).returncode != 0)
    yield "which it then does", server.process.wait(timeout=40) == 0


def frames(body):
    """Kind and content of the frames of an answer of gRPC-Web."""
    while body:
        kind, length = struct.unpack(">BI", body[:5])
        yield kind, body[5:5 + length]
        body = body[5 + length:]


@contextlib.contextmanager
def envoy(program, servers):
    """Envoy as compose.yaml runs it, in front of these servers; its address and that of its admin port."""
    config = yaml.safe_load((ROOT / "deploy/envoy/envoy.yaml").read_text())
    at = config["static_resources"]["listeners"][0]["address"]["socket_address"]
    at.update(address="127.0.0.1", port_value=0)
    cluster = config["static_resources"]["clusters"][0]
    endpoint = lambda server: {"endpoint": {"address": {"socket_address": {
        "address": "127.0.0.1", "port_value": int(server.address.split(":")[1])}}}}
    cluster["load_assignment"]["endpoints"] = [{"lb_endpoints": [endpoint(server) for server in servers]}]
    config["admin"] = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}}
    with tempfile.TemporaryDirectory() as folder:
        path, admin = pathlib.Path(folder, "envoy.json"), pathlib.Path(folder, "admin")
        path.write_text(json.dumps(config))
        process = subprocess.Popen(
            [program, "--config-path", path, "--admin-address-path", admin, "--log-level", "error", "--concurrency", "1",
             "--use-dynamic-base-id"], stdout=subprocess.DEVNULL)
        try:
            def healthy():
                if not (admin.exists() and admin.read_text()):
                    return 0
                status, body = ask(admin.read_text().strip(), "/clusters?format=json")
                hosts = json.loads(body)["cluster_statuses"][0].get("host_statuses", []) if status == 200 else []
                return sum("failed_active_health_check" not in host["health_status"] for host in hosts)
            if not within(30, lambda: healthy() == len(servers)):
                raise SystemExit("Envoy does not find the servers")
            listeners = json.loads(ask(admin.read_text().strip(), "/listeners?format=json")[1])
            yield f"127.0.0.1:{listeners['listener_statuses'][0]['local_address']['socket_address']['port_value']}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def proxied(binary, program):
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server(binary)) for _ in range(2)]
        address = stack.enter_context(envoy(program, servers))
        status, body = scores(address)
        yield "Envoy: JSON is that of the server", (status, body) == scores(servers[0].address)
        status, body = ask(address, "/v1/compare", "{}", content_type="application/json")
        yield "Envoy: a refusal keeps its details", status == 400 and b'"reason":"INVALID_FIELDS"' in body
        status, body = ask(address, f"/{SERVICE}/DescribeEngine", bytes(5), content_type="application/grpc-web+proto")
        got = list(frames(body))
        yield "Envoy: gRPC-Web", status == 200 and [kind for kind, _ in got] == [0, 128] and b"grpc-status:0" in got[1][1].replace(b" ", b"")
        yield "Envoy: the page", ask(address, "/")[0] == 200
        with grpc.insecure_channel(address) as channel:
            names = ProtoReflectionDescriptorDatabase(channel).get_services()
            yield "Envoy: gRPC, a stream of reflection", SERVICE in names
            describe = channel.unary_unary(f"/{SERVICE}/DescribeEngine")
            for _ in range(20):
                describe(b"", timeout=10)
            count = lambda server: int(re.search(r'DescribeEngine",code="Ok"} (\d+)', server.metrics()).group(1))
            counts = [count(server) for server in servers]
            yield f"Envoy: one connection, each call to the next server {counts}", sum(counts) == 21 and min(counts) >= 10
            # One of them ends: nobody is told.
            failed = 0
            servers[0].process.terminate()
            until = time.monotonic() + 4
            while time.monotonic() < until:
                try:
                    describe(b"", timeout=10)
                except grpc.RpcError:
                    failed += 1
                time.sleep(0.01)
            yield f"Envoy: a server that ends loses no call ({failed} failed)", failed == 0 and servers[0].process.wait(timeout=30) == 0
            servers[1].process.kill()
            try:
                describe(b"", timeout=10)
                code = None
            except grpc.RpcError as error:
                code = error.code()
            yield "Envoy: with no server left a call is UNAVAILABLE", code == grpc.StatusCode.UNAVAILABLE


def checks(binary, program):
    yield from files(binary)
    yield from reasons()
    yield from manager(binary)
    with Server(binary) as server:
        yield from metrics(server)
        yield from health_check(server)
    if program:
        yield from proxied(binary, program)


def main():
    binary, program = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    n_passed = n_failed = 0
    for name, is_good in checks(binary, program):
        n_passed, n_failed = n_passed + bool(is_good), n_failed + (not is_good)
        print("ok  " if is_good else "FAIL", name, flush=True)
    print(f"{n_passed} passed, {n_failed} failed")
    return n_failed > 0


if __name__ == "__main__":
    sys.exit(main())
