import { resolveConfig } from '@tailrace/core';
import { sourceContext } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { otlpSourceOptions } from './options.ts';
import { otlpSource } from './otlp-source.ts';
import { sample } from './sample.ts';
import { REQUESTS } from './source.fixture.ts';

const stream = { id: 'TailraceTest0000', source: 'in', label: 'test', firstSeen: 0, replayBelow: 0 };
const config = resolveConfig(otlpSourceOptions, {});

function sampled(input: string) {
  const bytes = Buffer.from(input);
  return sample(config, sourceContext().context, { bytes, stream, seconds: 1000 });
}

test.each(['logs', 'metrics', 'traces'] as const)(
  'the JSON of a request of %s is what a test reads',
  async (signal) => {
    const input = JSON.stringify(REQUESTS[signal](3));
    const [batch] = sampled(input);
    expect([batch?.signal, batch?.length, batch?.id(2)]).toEqual([signal, 3, 'TailraceTest0000-000000000002']);
    const declared = await otlpSource.sample!({
      config,
      context: sourceContext().context,
      input: { bytes: Buffer.from(input), stream, seconds: 1000 },
    });
    expect(declared.map(({ length }) => length)).toEqual([3]);
  },
);

test('a record without a time has that of the test', () => {
  const [batch] = sampled('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}');
  expect([batch?.time(0), batch?.text(0)]).toEqual([
    1_000_000_000_000n,
    '{"@timestamp":"1970-01-01T00:16:40.000000000Z"}',
  ]);
});

test('an empty request gives nothing; what is none is said', () => {
  expect(sampled('{"resourceSpans":[]}')).toEqual([]);
  for (const input of ['{}', '[]', 'null', '1']) expect(() => sampled(input)).toThrow('no request of OTLP/JSON');
  expect(() => sampled('{"resourceLogs":')).toThrow('JSON');
});
