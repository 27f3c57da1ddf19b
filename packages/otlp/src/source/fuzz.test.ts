import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeClients, framed, rawExport } from './grpc.fixture.ts';
import { REQUESTS, type RunningSource, recordsOf, requestBytes, startSource, stopSources } from './source.fixture.ts';

const SIGNALS = ['logs', 'metrics', 'traces'] as const;
const TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;

let source: RunningSource;
beforeAll(async () => {
  source = await startSource();
});
afterAll(async () => {
  closeClients();
  await stopSources();
});

/** A good body, cut short, with bytes changed, or nothing but noise. */
const spoilt = (good: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.nat(good.length - 1).map((end) => good.subarray(0, end)),
    fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }).map((changes) => {
      const bytes = Uint8Array.from(good);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    }),
  );

test.each(SIGNALS.flatMap((signal) => (['protobuf', 'json'] as const).map((format) => [signal, format] as const)))(
  '%s as %s: any body is taken or answered with 400 and counted',
  async (signal, format) => {
    const json = Buffer.from(JSON.stringify(REQUESTS[signal](3)));
    const good = format === 'json' ? json : requestBytes(signal, 3);
    await fc.assert(
      fc.asyncProperty(spoilt(good), async (body) => {
        const before = source.said.errors.request_invalid ?? 0;
        const response = await fetch(`http://${source.http}/v1/${signal}`, {
          method: 'POST',
          body: Buffer.from(body),
          headers: { 'content-type': TYPES[format] },
        });
        await response.arrayBuffer();
        expect([200, 400]).toContain(response.status);
        expect((source.said.errors.request_invalid ?? 0) - before).toBe(response.status === 400 ? 1 : 0);
      }),
      { numRuns: 150 },
    );
  },
);

test('gRPC: any bytes are taken or answered with INVALID_ARGUMENT and counted', async () => {
  const good = requestBytes('logs', 3);
  const bytes = fc.oneof(
    spoilt(good).map((body) => framed(body)),
    fc.tuple(spoilt(good), fc.boolean()).map(([body, isCompressed]) => framed(body, isCompressed)),
    fc.uint8Array({ maxLength: 40 }).filter((noise) => noise.length < 5 || noise[1] === 0),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom('identity', 'gzip', 'zstd'), async (sent, encoding) => {
      const { request_invalid: invalid = 0 } = source.said.errors;
      const code = await rawExport(source.grpc, 'logs', sent, { 'grpc-encoding': encoding });
      expect([0, 3]).toContain(code);
      expect((source.said.errors.request_invalid ?? 0) - invalid).toBe(code === 3 ? 1 : 0);
    }),
    { numRuns: 150 },
  );
});

test.each(['gzip', 'zstd'] as const)(
  'a %s body that would inflate to a gigabyte is refused by both protocols, and costs little',
  async (encoding) => {
    const compress = encoding === 'gzip' ? gzipSync : zstdCompressSync;
    const bomb = Buffer.concat(Array(64).fill(compress(Buffer.alloc(16 << 20))));
    const before = process.memoryUsage.rss();
    const headers = { 'content-type': TYPES.protobuf, 'content-encoding': encoding };
    const http = await fetch(`http://${source.http}/v1/logs`, { method: 'POST', body: bomb, headers });
    expect(http.status).toBe(413);
    expect(await rawExport(source.grpc, 'logs', framed(bomb, true), { 'grpc-encoding': encoding })).toBe(8);
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 << 20);
  },
);

test('afterwards it works as before, and holds nothing', async () => {
  const before = recordsOf(source);
  const response = await fetch(`http://${source.http}/v1/logs`, {
    method: 'POST',
    body: requestBytes('logs', 2),
    headers: { 'content-type': TYPES.protobuf },
  });
  expect(response.status).toBe(200);
  expect(recordsOf(source) - before).toBe(2);
  expect(source.said.gauges.get('otlp_in_flight_bytes')).toBe(0);
  expect(source.said.gauges.get('otlp_in_flight_requests')).toBe(0);
  expect(Object.keys(source.said.errors)).toEqual(['request_invalid', 'request_oversize']);
});
