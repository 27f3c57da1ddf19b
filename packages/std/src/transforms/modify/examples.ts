import type { TransformExample } from '@tailrace/core';

/** Examples of the modify transform, for the reference; a test runs them. */
export const examples: readonly TransformExample[] = [
  {
    title: 'The order of operations, and conditions',
    config: {
      operations: [
        { rename: { from: 'msg', to: 'message' } },
        { set: { field: 'service.name', value: 'shop' } },
        { default: { field: 'level', value: 'info' } },
        { lower: { fields: ['level'] } },
        { upper: { fields: ['country'] }, when: 'level != "debug"' },
        { copy: { from: 'user.id', to: 'owner' } },
        { remove: { fields: ['user.session', 'tags[0]'] } },
      ],
    },
    input: [
      { msg: 'paid', level: 'WARN', country: 'de', user: { id: 7, session: 'x' }, tags: ['raw', 'eu'] },
      { msg: 'hello', country: 'fr' },
      { level: 'DEBUG', country: 'fr' },
    ],
    output: [
      {
        ...{ message: 'paid', level: 'warn', country: 'DE', user: { id: 7 }, tags: ['eu'] },
        ...{ service: { name: 'shop' }, owner: 7 },
      },
      { message: 'hello', level: 'info', country: 'FR', service: { name: 'shop' } },
      { level: 'debug', country: 'fr', service: { name: 'shop' } },
    ],
  },
  {
    title: 'Lists from texts, and back',
    config: {
      operations: [
        { split: { field: 'roles', separator: ';', trim: true, drop_empty: true } },
        { split: { field: 'request', separator: ' ', limit: 2, to: 'verb_and_rest' } },
        { join: { field: 'path', separator: '/', to: 'url' } },
      ],
    },
    input: [{ roles: 'admin; dev;', request: 'GET /a b', path: ['shop', 7, null, 'cart'] }],
    output: [
      {
        roles: ['admin', 'dev'],
        request: 'GET /a b',
        verb_and_rest: ['GET', '/a b'],
        path: ['shop', 7, null, 'cart'],
        url: 'shop/7/cart',
      },
    ],
  },
  {
    title: 'Times',
    config: {
      operations: [
        { parse_timestamp: { field: 'time', formats: ['rfc3339', '%d/%b/%Y:%T %z'], to: '@timestamp' } },
        { parse_timestamp: { field: 'started', formats: ['%Y-%m-%d %H:%M:%S.%f'], timezone: 'Europe/Berlin' } },
        { parse_timestamp: { field: 'ended', formats: ['epoch_ns'] } },
      ],
    },
    input: [
      { time: '10/Oct/2000:13:55:36 -0700', started: '2024-07-01 12:00:00.000000001', ended: 1704067200123456 },
      { time: '2024-02-29T12:00:00.5+01:00', ended: '1704067200123456789' },
    ],
    output: [
      {
        ...{ '@timestamp': '2000-10-10T20:55:36Z', time: '10/Oct/2000:13:55:36 -0700' },
        ...{ started: '2024-07-01T10:00:00.000000001Z', ended: '1970-01-20T17:21:07.200123456Z' },
      },
      {
        ...{ '@timestamp': '2024-02-29T11:00:00.500Z', time: '2024-02-29T12:00:00.5+01:00' },
        ended: '2024-01-01T00:00:00.123456789Z',
      },
    ],
  },
  {
    title: 'Privacy',
    config: {
      operations: [
        {
          hash: {
            fields: ['user.email', 'client'],
            key: 'a key that nobody can guess',
            output: 'base64url',
            length: 16,
            prefix: 'h1-',
          },
        },
        { mask: { fields: ['card'], keep_first: 4, keep_last: 4, character: 'x' } },
        { mask: { fields: ['query'], pattern: '(?i)(token|key)=[^&]+' } },
        { truncate: { fields: ['message'], limit: 12, marker: '...' } },
        { truncate: { fields: ['body'], limit: 7, unit: 'bytes' } },
      ],
    },
    input: [
      {
        user: { email: 'ada@example.com' },
        client: 4711,
        card: '4111111111111111',
        query: 'page=2&token=abc&KEY=x',
        message: 'a long message',
        body: 'größer',
      },
    ],
    output: [
      {
        user: { email: 'h1-camcCpNxDlOA2RFH' },
        client: 'h1-cb4d6W0hvVDoFXpc',
        card: '4111xxxxxxxx1111',
        query: 'page=2&*********&*****',
        message: 'a long me...',
        body: 'grö…',
      },
    ],
  },
  {
    title: 'What happens where a field is missing or does not fit',
    config: {
      on_missing: 'dead_letter',
      on_error: 'dead_letter',
      operations: [
        { parse_timestamp: { field: 'time', to: '@timestamp' } },
        { split: { field: 'roles' }, on_missing: 'skip', on_error: 'skip' },
      ],
    },
    input: [{ time: '2024-01-01T00:00:00Z', roles: 7 }, { roles: 'a,b' }, { time: 'soon' }],
    output: [{ '@timestamp': '2024-01-01T00:00:00Z', time: '2024-01-01T00:00:00Z', roles: 7 }],
  },
];
