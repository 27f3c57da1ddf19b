/** CPU per event of the kernel's framing and encoding beside JSON.parse code that does the same, in one run. `node --conditions=source bench/kernel.ts` */
import {
  type BulkColumns,
  createFramer,
  createKernel,
  encodeBulk,
  encodeLines,
  type Format,
  type Framed,
} from '@tailrace/kernel';
import { cpuPerItem } from './rows/cpu.ts';

const EVENTS = 2000;
const TIME = '2024-01-01T00:00:00.123456789Z';
const MEMBERS = '"kubernetes":{"namespace_name":"mirrord","pod_name":"mirrord-operator-7d9c-x"}';
const PREFIX = '{"create":{"_index":"logstash-2024.01.01"';
const ID = '0123456789abcdef01234567';

const message = JSON.stringify({
  timestamp: '2024-01-01T00:00:00.123456Z',
  level: 'INFO',
  fields: {
    message: 'Port Steal',
    client_id: 'x9f8d7c6b5a4',
    client_name: 'a developer',
    session_duration: 1234,
    port: 8080,
    target: { type: 'deployment', namespace: 'default', name: 'frontend', container: 'server' },
  },
  target: 'operator::metrics::session',
  span: { name: 'session', session_id: '81985529216486895' },
  spans: [
    { name: 'connection', peer: '10.0.0.1:4312' },
    { name: 'session', session_id: '81985529216486895' },
  ],
  text: 'steal of a port by a session that has been going on for a while '.repeat(2),
});

const lines: Record<Format, string> = {
  docker: JSON.stringify({ log: `${message}\n`, stream: 'stdout', time: TIME }),
  cri: `${TIME} stdout F ${message}`,
  ndjson: message,
  text: message,
};

// What a program without a kernel does for the same event text.
const plain: Record<Format, (line: string) => string> = {
  docker(line) {
    const { log, stream, time } = JSON.parse(line) as { log: string; stream: string; time: string };
    return `{"@timestamp":"${time}","stream":"${stream}",${MEMBERS},"log":${JSON.stringify(log.slice(0, -1))}}`;
  },
  cri(line) {
    const stream = line.indexOf(' ');
    const tag = line.indexOf(' ', stream + 1);
    const log = JSON.stringify(line.slice(tag + 3));
    return `{"@timestamp":"${line.slice(0, stream)}","stream":"${line.slice(stream + 1, tag)}",${MEMBERS},"log":${log}}`;
  },
  ndjson(line) {
    JSON.parse(line);
    return `{"@timestamp":"${TIME}",${MEMBERS},${line.slice(1)}`;
  },
  text: (line) => `{"@timestamp":"${TIME}",${MEMBERS},"log":${JSON.stringify(line)}}`,
};

const measure = (run: () => unknown): number => cpuPerItem(EVENTS, run);

const k = createKernel();
const readTime = { seconds: 1_704_067_200, nanos: 0 };
const rows: [name: string, bytes: number, kernel: number, copies: number, reference: number][] = [];
let framed: Framed | undefined;

for (const format of ['docker', 'cri', 'ndjson', 'text'] as const) {
  const line = lines[format];
  const chunk = Buffer.from(`${line}\n`.repeat(EVENTS));
  const framer = createFramer(k, { format, maxEventBytes: 1 << 20, members: Buffer.from(MEMBERS) });
  const whole = measure(() => {
    framed = framer.frame(chunk, 0, readTime);
  });
  // Parameters and input stand in the kernel still: this is the call alone.
  const alone = measure(() => k.wasm.frame());
  const reference = measure(() => {
    let size = 0;
    for (const each of chunk.toString().split('\n')) if (each !== '') size += Buffer.from(plain[format](each)).length;
    if (size === 0) throw new Error('nothing was written');
  });
  rows.push([`frame ${format}`, line.length, alone, whole - alone, reference]);
}

const events = framed!;
const columns: BulkColumns = {
  seconds: events.seconds,
  stream: new Uint16Array(EVENTS),
  offset: events.offset,
  sub: new Uint32Array(EVENTS),
};
const objects = Array.from({ length: EVENTS }, (_, i) => {
  const text = Buffer.from(events.text.subarray(events.start[i], events.end[i])).toString();
  return JSON.parse(text) as object;
});
const out = new Uint8Array(8 << 20);
const marks = new Uint32Array(EVENTS);
const size = events.end[0]! - events.start[0]!;

const linesCpu = measure(() => encodeLines(k, events, 0, EVENTS, out, 0, marks));
const linesReference = measure(() => Buffer.from(objects.map((event) => `${JSON.stringify(event)}\n`).join('')));
rows.push(['encodeLines', size, linesCpu, 0, linesReference]);

const prefix = [Buffer.from(PREFIX)];
const prefixOf = new Uint8Array(EVENTS);
const bulkCpu = measure(() => encodeBulk(k, events, columns, [ID], prefix, prefixOf, 0, EVENTS, out, 0, marks));
const bulkReference = measure(() => {
  const entries = objects.map((event, i) => {
    const id = `${ID}-${events.offset[i]!.toString(16).padStart(12, '0')}`;
    return `${PREFIX},"_id":"${id}"}}\n${JSON.stringify(event)}\n`;
  });
  return Buffer.from(entries.join(''));
});
rows.push(['encodeBulk', size, bulkCpu, 0, bulkReference]);

console.log('CPU µs per event'.padEnd(18), 'bytes', ' kernel', ' copies', ' JSON.parse code', ' ratio');
for (const [name, bytes, kernel, copies, reference] of rows) {
  const numbers = [
    String(bytes).padStart(5),
    kernel.toFixed(3).padStart(7),
    copies.toFixed(3).padStart(7),
    reference.toFixed(2).padStart(16),
    ((kernel + copies) / reference).toFixed(2).padStart(6),
  ];
  console.log(name.padEnd(18), ...numbers);
}
