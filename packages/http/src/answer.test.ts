import { expect, test } from 'vitest';
import { connectionAdvice } from './advice.ts';
import { brokenOff } from './answer.ts';

test('what differs each time is left out, and several faults are one line', () => {
  const ssl =
    'write EPROTO 40DD4428457F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:a.c:77:\n';
  expect(brokenOff(new Error(ssl))).toEqual({ kind: 'none', cause: 'tls', message: 'TLS: wrong version number' });
  expect(brokenOff(new Error('Protocol error (2026-11-21T08:25:08.743Z)')).message).toBe('Protocol error');
  const each = ['::1:1', '127.0.0.1:1'].map((address) => new Error(`connect ECONNREFUSED ${address}`));
  const two = new AggregateError(each, 'as Node.js leaves it empty');
  expect(brokenOff(two)).toEqual({
    kind: 'none',
    cause: 'refused',
    message: 'connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1',
  });
});

test.each([
  ['connect ECONNREFUSED 127.0.0.1:1', 'server_unreachable: nothing listens there'],
  ['getaddrinfo ENOTFOUND a.invalid', 'server_unreachable: no such host name'],
  ['TLS: wrong version number', 'tls_failed: it does not speak TLS: write http://'],
  ['proxy a:1: status 407', 'unauthorized: the proxy refuses the credentials in `proxy`'],
  ['proxy a:1: connect ECONNREFUSED', 'server_unreachable: the proxy does not open a way to it'],
  ['proxy a:1: no answer within connect_timeout', 'server_unreachable: it does not take the connection'],
  ['certificate has expired', 'tls_failed: its certificate has expired'],
  ['the moon is in the wrong house', 'nothing'],
])('%s', (message, wanted) => {
  const advice = connectionAdvice(message);
  expect(advice ? `${advice.code}: ${advice.text}` : 'nothing').toBe(wanted);
});
