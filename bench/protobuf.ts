/**
 * CPU per record of OTLP log requests: two protobuf runtimes that make objects, beside @tailrace/telemetry, which makes none.
 * `node --conditions=source bench/protobuf.ts`
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type Cut,
  cutRequest,
  type Entry,
  joinRequest,
  logEvents,
  requestFromJson,
  requestToJson,
} from '@tailrace/telemetry';
import { logsRequest, requestObject } from './rows/otlp-messages.ts';

const RECORDS = 500;
const ATTRIBUTES = 20;
const ROUNDS = 12;
const MILLISECONDS = 150;
function entriesOf({ length, text, start, end, envelope, envelopes }: Cut): Entry[] {
  return Array.from({ length }, (_, i) => ({
    envelope: envelopes[envelope[i]!]!,
    record: text.subarray(start[i], end[i]),
  }));
}

/** CPU of this process in µs per record: of `ROUNDS` turns the best, so that a busy machine tells least. */
function measure(runs: Readonly<Record<string, () => unknown>>): Record<string, number> {
  const best: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const before = process.cpuUsage();
      const start = performance.now();
      let requests = 0;
      for (; performance.now() - start < MILLISECONDS; requests++) run();
      const { user, system } = process.cpuUsage(before);
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, (user + system) / requests / RECORDS);
    }
  }
  return best;
}

const { protobufjs: type, bufbuild: schema } = logsRequest();
const object = type.fromObject(requestObject(RECORDS, ATTRIBUTES));
const body = Uint8Array.from(type.encode(object).finish());
const message = fromBinary(schema, body);
const now = { seconds: 1_704_067_200, nanos: 0 };
const entries = entriesOf(cutRequest('logs', body));
const json = requestToJson('logs', body);
const text = Buffer.from(json).toString();

console.log(`${RECORDS} records of ${ATTRIBUTES} attributes, ${Math.round(body.length / RECORDS)} bytes each`);
const figures = measure({
  'protobufjs decode': () => type.decode(body),
  'protobufjs encode': () => type.encode(object).finish(),
  'bufbuild decode': () => fromBinary(schema, body),
  'bufbuild encode': () => toBinary(schema, message),
  cutRequest: () => cutRequest('logs', body),
  logEvents: () => logEvents(body, now),
  joinRequest: () => joinRequest('logs', entries),
  requestToJson: () => requestToJson('logs', body),
  requestFromJson: () => requestFromJson('logs', json),
  'JSON.parse': () => JSON.parse(text),
});
const bare = figures['protobufjs decode']!;
for (const [name, value] of Object.entries(figures)) {
  console.log(`${name.padEnd(20)} ${value.toFixed(2).padStart(6)} µs  ${(value / bare).toFixed(2)} of a bare decode`);
}
const both = (figures['cutRequest']! + figures['logEvents']!) / bare;
console.log(`cutRequest + logEvents: ${both.toFixed(2)} of a bare decode (at most 1.5)`);
