"""A running `parallax serve` and a client of it, by reflection: no generated code."""
import os
import re
import subprocess
import threading

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

import pairs as annotated

SERVICE = "parallax.v1.ComparisonService"
KINDS = {"POINT_KIND_OVERLAP": "overlap", "POINT_KIND_DIVERGENCE": "divergence"}


class Server:
    """The binary on a free port of the loopback and on one processor, which its threads then count."""

    def __init__(self, binary):
        processor = min(os.sched_getaffinity(0))
        self.process = subprocess.Popen(
            [binary, "serve", "--address", "127.0.0.1:0", "--permits", "1", "--set", "admission.nice=0",
             # The same pairs come again each round: nothing may be remembered of them.
             "--set", "cache.judgement_bytes=0"],
            stderr=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {processor}))
        for line in self.process.stderr:
            found = re.search(r"address=(\S+)", line)
            if found:
                self.address = found.group(1)
                break
        else:
            raise SystemExit("the server ended before it served")
        threading.Thread(target=lambda: [None for _ in self.process.stderr], daemon=True).start()

    def processor_seconds(self):
        """Processor time so far, of all threads."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


class Client:
    """Compares by one engine."""

    def __init__(self, address, engine):
        self.name, self.engine = f"Parallax {engine.removeprefix('ENGINE_')}", engine
        channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        self.kinds = pool.FindEnumTypeByName("parallax.v1.PointKind").values_by_number
        self.scopes = pool.FindEnumTypeByName("parallax.v1.PointScope").values_by_number
        self.engines = pool.FindEnumTypeByName("parallax.v1.Engine").values_by_name
        self.units = pool.FindEnumTypeByName("parallax.v1.OffsetUnit").values_by_name
        compare = pool.FindServiceByName(SERVICE).FindMethodByName("Compare")
        self.request_class = message_factory.GetMessageClass(compare.input_type)
        answer_class = message_factory.GetMessageClass(compare.output_type)
        self.version = self.call(channel, pool, "DescribeEngine").version
        self.compare = channel.unary_unary(
            f"/{SERVICE}/Compare", self.request_class.SerializeToString, answer_class.FromString)

    @staticmethod
    def call(channel, pool, name):
        method = pool.FindServiceByName(SERVICE).FindMethodByName(name)
        request_class, answer_class = (message_factory.GetMessageClass(kind) for kind in (method.input_type, method.output_type))
        stub = channel.unary_unary(f"/{SERVICE}/{name}", request_class.SerializeToString, answer_class.FromString)
        return stub(request_class(), timeout=30)

    def request(self, pair):
        """Both texts with their authors, the sides by name and principal: what a caller knows, and what `evaluate` gives."""
        request = self.request_class()
        request.options.engine = self.engines[self.engine].number
        request.options.offset_unit = self.units["OFFSET_UNIT_UTF32"].number
        request.options.max_points = 10_000
        for x, side in zip("ab", annotated.SIDES):
            request.readouts.add(id=x, author_side=side, date=pair.date, text=pair.texts[x])
            name, principal = pair.principal(side)
            request.sides.add(id=side, display_name=name, principals=[principal] if principal else [])
        return request

    def answer(self, pair):
        """One call, from texts to the parsed answer."""
        return self.compare(self.request(pair), timeout=30).comparison

    def predict(self, pair):
        """The answer as a prediction, by the rules of `parallax evaluate`."""
        comparison = self.answer(pair)
        prediction = annotated.Prediction()
        places, accounts = {}, {}
        for position in comparison.positions:
            places[position.id], accounts[position.id] = (position.span.start, position.span.end), position.readout_id
            holders = sorted(set(position.holders))
            held_by = "joint" if {"A", "B"} <= set(holders) else holders[0] if holders in (["A"], ["B"]) else "other"
            prediction.positions[position.readout_id].append((places[position.id], held_by))
        for point in comparison.points:
            members = [member.position_id for member in point.members]
            kind = KINDS.get(self.kinds[point.kind].name)
            if kind is None:
                for member in members:
                    prediction.one_sided[accounts[member]].append(places[member])
            elif self.scopes[point.scope].name == "POINT_SCOPE_ACROSS_READOUTS":
                by_text = {x: [places[member] for member in members if accounts[member] == x] for x in "ab"}
                prediction.links += [(kind, a, b) for a in by_text["a"] for b in by_text["b"]]
        return prediction
