// Compares two files, then a hundred pairs on one stream: compare.js [LEFT RIGHT [SIDES]]; SERVER is HOST:PORT.
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const types = protoLoader.loadSync("parallax/v1/comparison_service.proto", { includeDirs: [path("../proto")], enums: String });
const { ComparisonService } = grpc.loadPackageDefinition(types).parallax.v1;
const RetryInfo = protobuf.parse(`syntax = "proto3"; message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }`).root.lookupType("RetryInfo");
const options = {
  "grpc.service_config": readFileSync(path("service-config.json"), "utf8"),
  "grpc.max_receive_message_length": 64 << 20, // An answer quotes both texts; the default is 4 MiB.
  "grpc.per_rpc_retry_buffer_size": 2 << 20, // A request has up to 1 MiB; what is not kept is not sent again.
};

// What call(deadline) resolves to. A busy server says when to come back, an absent one does not: both are waited for.
async function retrying(call, deadline = Date.now() + 10_000) {
  for (;;) {
    try {
      return await call(deadline);
    } catch (error) {
      const [status] = error.metadata?.get("grpc-status-details-bin") ?? [];
      const details = status ? types["google.rpc.Status"].deserialize(status).details : [];
      const info = details.find((detail) => detail.type_url.endsWith("/google.rpc.RetryInfo"));
      const told = info && RetryInfo.toObject(RetryInfo.decode(info.value), { longs: Number, defaults: true }).retryDelay;
      const { seconds, nanos } = told ?? { seconds: 0, nanos: 2e8 };
      const wait = (seconds * 1e3 + nanos / 1e6) * (1 + Math.random() / 2);
      const isBusy = error.code === grpc.status.RESOURCE_EXHAUSTED && info;
      if (!(isBusy || error.code === grpc.status.UNAVAILABLE) || Date.now() + wait > deadline) throw error;
      console.error(`again in ${(wait / 1e3).toFixed(3)} s: ${error.details}`);
      await sleep(wait);
    }
  }
}

const defaults = ["skerry-bank-call/valmere.txt", "skerry-bank-call/tarsk.txt", "sides.json"].map(path);
const [left, right, file] = process.argv.length > 2 ? process.argv.slice(2) : defaults;
const sides = file ? JSON.parse(readFileSync(file, "utf8")) : []; // The publishers of LEFT and RIGHT. Without: inferred.
const readout = (id, name, side) => ({ id, text: readFileSync(name, "utf8"), authorSide: side?.id });
const request = { readouts: [readout("left", left, sides[0]), readout("right", right, sides[1])], sides };
const client = new ComparisonService(`dns:///${process.env.SERVER ?? "127.0.0.1:50051"}`, grpc.credentials.createInsecure(), options);
const { comparison } = await retrying((deadline) => promisify(client.compare.bind(client))(request, { deadline }));
const texts = new Map(comparison.positions.map((position) => [position.id, position.text]));
for (const { id, kind, confidence, members } of comparison.points) {
  console.log(`${id} ${kind}, ${Math.round(confidence * 100)} % sure`);
  for (const member of members) console.log(`    ${member.readoutId}, ${member.holders.join(" and ")}: “${texts.get(member.positionId)}”`);
}
const answers = await retrying(async (deadline) => {
  const stream = client.compareStream({ deadline });
  for (let n = 0; n < 100; n++) stream.write({ id: String(n), request });
  stream.end();
  return stream.toArray();
});
console.log(`${answers.filter((answer) => answer.comparison).length} of 100 comparisons answered`);
