import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OtlpError, readResponse, readStatus, responseBytes, statusBytes } from './index.ts';
import { decodeWith, encodeWith, oracleType } from './oracle.fixture.ts';

const ascii = (text: string) => new TextEncoder().encode(text);
const print = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe.each(['protobuf', 'json'] as const)('%s', (encoding) => {
  test.each(['logs', 'metrics', 'traces'] as const)('an answer to %s comes back as it was', (signal) => {
    const partial = fc.record({ rejected: fc.bigInt(0n, 2n ** 63n - 1n), message: fc.string({ unit: 'grapheme' }) });
    fc.assert(
      fc.property(partial, (said) => {
        expect(readResponse(signal, responseBytes(signal, said, encoding), encoding)).toEqual(said);
      }),
    );
  });

  test('full success says nothing', () => {
    const body = responseBytes('logs', { rejected: 0n, message: '' }, encoding);
    expect(print(body)).toBe(encoding === 'json' ? '{}' : '');
    expect(readResponse('logs', body, encoding)).toEqual({ rejected: 0n, message: '' });
  });

  test('a status comes back as it was', () => {
    const wait = fc.option(fc.nat(3_600_000), { nil: undefined });
    const parts = fc.record({ code: fc.nat(16), message: fc.string(), wait });
    fc.assert(
      fc.property(parts, ({ code, message, wait: retryAfterMs }) => {
        const status = { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
        expect(readStatus(statusBytes(status, encoding), encoding)).toEqual(status);
      }),
    );
  });

  test('what is no answer is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (body) => {
        for (const read of [() => readResponse('logs', body, encoding), () => readStatus(body, encoding)]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(OtlpError);
          }
        }
      }),
    );
  });
});

test('the bytes are what others read and write', () => {
  const response = oracleType('collector.metrics.v1.ExportMetricsServiceResponse');
  const said = { rejected: 2n ** 60n, message: 'too old' };
  const object = { partialSuccess: { rejectedDataPoints: '1152921504606846976', errorMessage: 'too old' } };
  expect(decodeWith(response, responseBytes('metrics', said))).toEqual(object);
  expect(readResponse('metrics', encodeWith(response, object))).toEqual(said);
  expect(JSON.parse(print(responseBytes('metrics', said, 'json')))).toEqual(object);

  const status = decodeWith(
    oracleType('google.rpc.Status'),
    statusBytes({ code: 14, message: 'full', retryAfterMs: 1500 }),
  );
  const [detail] = status['details'] as [{ value: string; typeUrl?: string; type_url?: string }];
  expect(detail.typeUrl ?? detail.type_url).toBe('type.googleapis.com/google.rpc.RetryInfo');
  expect(decodeWith(oracleType('google.rpc.RetryInfo'), Buffer.from(detail.value, 'base64'))).toEqual({
    retryDelay: { seconds: '1', nanos: 500_000_000 },
  });
});

test('answers of other servers', () => {
  expect(readResponse('logs', ascii('{"partialSuccess":{"rejectedLogRecords":3}}'), 'json').rejected).toBe(3n);
  expect(readResponse('logs', ascii('{"partialSuccess":null,"more":1}'), 'json')).toEqual({
    rejected: 0n,
    message: '',
  });
  const other =
    '{"code":8,"message":"m","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.25s"}]}';
  expect(readStatus(ascii(other), 'json')).toEqual({ code: 8, message: 'm', retryAfterMs: 250 });
  expect(() => readStatus(ascii('<html>'), 'json')).toThrow(/no JSON/);
  expect(() => readStatus(ascii('[]'), 'json')).toThrow(/no JSON object/);
});
