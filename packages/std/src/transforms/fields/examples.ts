import type { TransformExample } from '@tailrace/core';

/** Examples of the fields transform, for the reference; a test runs them. */
export const examples: readonly TransformExample[] = [
  {
    title: 'Types, other names, known values',
    config: {
      fields: {
        'fields.port': { type: 'long' },
        'fields.session_id': { type: 'keyword' },
        'fields.session_duration': { type: 'double', unit: 's', aliases: ['fields.duration'] },
        'fields.message': { type: 'keyword', values: { 'Port Steal': { aliases: ['Port Stolen'] } } },
        timestamp: { type: 'date' },
      },
    },
    input: [
      { fields: { message: 'Port Stolen', port: '8080', session_id: 1234567890123 }, timestamp: 1704067200 },
      { fields: { message: 'Session End', duration: 12.5 } },
    ],
    output: [
      { fields: { message: 'Port Steal', port: 8080, session_id: '1234567890123' }, timestamp: '2024-01-01T00:00:00Z' },
      { fields: { message: 'Session End', session_duration: 12.5 } },
    ],
  },
  {
    title: 'A value that cannot be coerced goes beside its field',
    config: { fields: { port: { type: 'long' }, user: { type: 'keyword' } } },
    input: [{ port: 'http', user: { name: 'ada' } }],
    output: [{ port_text: 'http', user_text: '{"name":"ada"}' }],
  },
  {
    title: 'A field file, with undeclared fields under one key',
    config: { file: 'fields.yaml', unknown: 'flatten' },
    files: { 'fields.yaml': 'version: 1\nfields:\n  http.status: { type: long }\n' },
    input: [{ '@timestamp': '2024-01-01T00:00:00Z', 'http.status': '200', http: { verb: 'GET' }, extra: [1, 2] }],
    output: [
      {
        '@timestamp': '2024-01-01T00:00:00Z',
        http: { status: 200 },
        _overflow: { 'http.verb': 'GET', extra: [1, 2] },
      },
    ],
  },
  {
    title: 'Safe keys and a budget',
    config: { fields: { level: { type: 'keyword' } }, max_fields: 1 },
    input: [{ level: 'INFO', 'app.version': '1.2', build: 7 }],
    output: [{ level: 'INFO', app_version: '1.2', _overflow: { build: 7 } }],
  },
  {
    title: 'What cannot be coerced under the name of its own type, and a key of your own for the rest',
    config: { fields: { port: { type: 'long' } }, on_conflict: 'rename', max_fields: 1, overflow: 'more' },
    input: [{ port: 'http', a: 1, b: 2 }],
    output: [{ port_string: 'http', a: 1, more: { b: 2 } }],
  },
];
