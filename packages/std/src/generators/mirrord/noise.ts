import { hex, type Random } from '../random.ts';
import type { Client, Target } from './cast.ts';
import { type Draft, rustFloat } from './functional.ts';

/** A record of the operator that is not about sessions. */
export function writeOperator(random: Random): Draft {
  const { level, message, fields, module } = random.pick(OPERATOR_RECORDS);
  return {
    rest: `"level":"${level}","fields":{"message":${JSON.stringify(message)}${fields(random)}},"target":"${module}"${thread(random)}}`,
    truth: { kind: 'operator', level, message },
  };
}

/** A message of a newer operator that no documentation lists: it must come through untouched. */
export function writeUnknown(random: Random, client: Client, target: Target): Draft {
  const { message, fields } = random.pick(NEWER_MESSAGES);
  return {
    rest: `"level":"INFO","fields":{"message":"${message}",${target.split},${client.members},${fields(random)}},"target":"operator::events"}`,
    truth: { kind: 'unknown', level: 'INFO', message, clientId: client.id, clientUser: client.user, target },
  };
}

/** A record with a text of about `bytes` bytes of JSON; every fourth is full of letters that take several bytes, so that cuts go through them. */
export function writeLarge(random: Random, bytes: number): Draft {
  const words = random.below(4) === 0 ? WIDE_WORDS : NARROW_WORDS;
  const message = 'Applied patch to workload';
  const head = `"level":"INFO","fields":{"message":"${message}","generation":${random.below(900)},"patch":"`;
  let patch = '';
  // 80 bytes of the rest are the time in front and the module behind.
  let left = bytes - head.length - 80;
  while (left > 0) {
    const word = random.pick(words);
    patch += word.text;
    left -= word.bytes;
  }
  return {
    rest: `${head}${patch}"},"target":"operator::patch"}`,
    truth: { kind: 'operator', level: 'INFO', message, large: true },
  };
}

/** A text that is not JSON: a banner, a panic with its lines one after another, a record that was cut off. */
export function createTexts(random: Random): { busy(): boolean; meanLength: number; next(): Line } {
  let script: readonly Line[] = BANNER;
  let position = 0;
  let written = 0;
  return {
    // Inside a script: its other lines follow at once, as those of a panic do.
    busy: () => position > 0 && position < script.length,
    meanLength: SCRIPTS.reduce((sum, lines) => sum + lines.length, 0) / SCRIPTS.length,
    next() {
      if (position >= script.length) {
        script = random.pick(SCRIPTS);
        position = 0;
      }
      const line = script[position] ?? { stream: 'stdout', text: '-' };
      position += 1;
      written += 1;
      return { stream: line.stream, text: line.text.replace('#', String(written)) };
    },
  };
}

/** A line of text and where it was written. */
export interface Line {
  stream: 'stdout' | 'stderr';
  text: string;
}

function thread(random: Random): string {
  return random.chance(0.2) ? `,"threadId":"ThreadId(${2 + random.below(14)})"` : '';
}

const OPERATOR_RECORDS: readonly {
  level: string;
  message: string;
  module: string;
  fields(random: Random): string;
}[] = [
  {
    level: 'INFO',
    message: 'Loaded license!',
    module: 'operator::license',
    fields: (random) => `,"expires_in_days":${random.below(365)},"seats":250,"fingerprint":"${hex(random, 5)}"`,
  },
  {
    level: 'INFO',
    message: 'Reconciled object',
    module: 'kube_runtime::controller',
    // Larger than 2^53: whoever reads it as a double changes it.
    fields: (random) =>
      `,"resource_version":90071992547${10000 + random.below(89999)},"took_ms":${rustFloat(random.below(4000) / 10)}`,
  },
  {
    level: 'INFO',
    message: 'GET /readyz?probe=1&verbose=true -> 200 <ok>',
    module: 'operator::http',
    fields: (random) =>
      `,"latency_us":${random.below(9000)},"peer":"10.0.${random.below(16)}.${random.below(255)}:44812"`,
  },
  {
    level: 'INFO',
    message: 'Certificate renewed\n\tsubject: CN=mirrord-operator\n\tnot after: 2027-11-02',
    module: 'operator::tls',
    fields: () => ',"path":"C:\\\\certs\\\\operator.pem"',
  },
  {
    level: 'WARN',
    message: 'Watch stream failed, it is started again',
    module: 'kube_client::client',
    fields: (random) =>
      `,"error":"ApiError: \\"too old resource version: ${random.below(99999)}\\" (410)","attempt":${1 + random.below(6)}`,
  },
  {
    level: 'WARN',
    message: 'Client is older than the operator \u2028 some features are off 🚧',
    module: 'operator::session',
    fields: (random) => `,"client_version":"3.${100 + random.below(80)}.0"`,
  },
  {
    level: 'ERROR',
    message: 'Agent could not be reached',
    module: 'operator::agent',
    fields: () =>
      ',"error":"hyper::Error(Connect, Os { code: 111, kind: ConnectionRefused, message: \\"Connection refused\\" })","retry":true',
  },
  {
    level: 'ERROR',
    message: 'Cannot parse frame \u0001\u001b[31mred\u001b[0m',
    module: 'operator::protocol',
    fields: (random) => `,"bytes":"${hex(random, 6)}","offset":null`,
  },
];

// The escapes that JSON.stringify never writes are here: \/, upper-case hex, surrogate pairs.
const NEWER_MESSAGES: readonly { message: string; fields(random: Random): string }[] = [
  {
    message: 'HTTP Request Stolen',
    fields: (random) =>
      `"method":"${random.pick(['GET', 'POST', 'PUT'])}","path":"\\/api\\/v1\\/items\\/${random.below(500)}","body_bytes":${random.below(9000)}`,
  },
  {
    message: 'HTTP Response Sent',
    fields: (random) =>
      `"status":${random.pick([200, 200, 201, 404, 500])},"took":${rustFloat(random.below(5000) / 1000)},"headers":{"content-type":"application\\/json","x.request.id":"${hex(random, 2)}"}`,
  },
  {
    message: 'SQS Message Forwarded',
    fields: (random) =>
      `"queue_name":"orders-${random.below(4)}","queue_type":"sqs","message_id":"${hex(random, 4)}","attributes":[{"n":1e3},{"n":2}]`,
  },
  {
    message: 'Kafka Split Start',
    fields: (random) =>
      `"topic":"caf\\u00E9 \\ud83d\\ude80","queue_type":"kafka","partitions":${1 + random.below(12)},"filter":{}`,
  },
];

const sized = (texts: readonly string[]) => texts.map((text) => ({ text, bytes: Buffer.byteLength(text) }));
const NARROW_WORDS = sized([
  '{\\"op\\":\\"replace\\",\\"path\\":\\"/spec/replicas\\",\\"value\\":0},',
  '{\\"op\\":\\"add\\",\\"path\\":\\"/metadata/labels\\",\\"value\\":\\"shop\\"},',
  '{\\"name\\":\\"PORT\\",\\"value\\":\\"8080\\"},',
  '{\\"image\\":\\"registry.example/shop/checkout:2026.11.02\\",\\"args\\":[\\"--verbose\\"]},',
  'resources.limits.memory 512Mi -> 768Mi, requests unchanged ',
]);
const WIDE_WORDS = sized(['größe ', '設定を変更しました ', 'изменено ', '🚀🛰️ ', 'naïve façade ', 'spec.template ']);

const out = (text: string): Line => ({ stream: 'stdout', text });
const err = (text: string): Line => ({ stream: 'stderr', text });
const BANNER = [
  out('Starting mirrord operator 3.188.0 (rustc 1.90.0)'),
  out('  config: /etc/operator/config.toml, listening on 0.0.0.0:443 & 0.0.0.0:9000'),
];
const SCRIPTS: readonly (readonly Line[])[] = [
  BANNER,
  [
    err("thread 'tokio-runtime-worker' panicked at operator/src/session.rs:#:17:"),
    err('called `Option::unwrap()` on a `None` value: session "<unknown>"'),
    err('stack backtrace:'),
    err('   0: rust_begin_unwind'),
    err('             at /rustc/library/std/src/panicking.rs:697:5'),
    err('note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.'),
  ],
  [out('{"timestamp":"2026-11-02T06:00:0#","level":"INFO","fields":{"message":"Port St')],
  [out('{not json} # größer — 日本語')],
  [err('W1102 06:00:00.000000       1 reflector.go:#] watch of *v1.Pod ended with: too old resource version')],
  [out('\u001b[32m INFO\u001b[0m operator: \ttext log before the JSON layer was ready, attempt #')],
];
