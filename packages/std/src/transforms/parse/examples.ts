import type { TransformExample } from '@tailrace/core';

/** Examples of the parse transform, for the reference; a test runs them. */
export const examples: readonly TransformExample[] = [
  {
    title: 'Named groups, the first pattern that matches',
    config: {
      format: 'regex',
      patterns: [
        '^(?<time>\\S+ \\S+) \\[(?<thread>[^\\]]+)\\] (?<level>[A-Z]+) (?<logger>\\S+) - (?<message>.*)$',
        '^(?<level>[A-Z]+): (?<message>.*)$',
      ],
      ...{ time_field: 'time', time_formats: ['%Y-%m-%d %H:%M:%S,%f'], timezone: 'Europe/Berlin' },
    },
    input: [
      { log: '2024-05-01 12:00:00,250 [main] INFO org.shop.Cart - 3 items' },
      { log: 'WARN: low on memory' },
      { log: 'banner' },
    ],
    output: [
      {
        '@timestamp': '2024-05-01T10:00:00.250Z',
        thread: 'main',
        level: 'INFO',
        logger: 'org.shop.Cart',
        message: '3 items',
      },
      { level: 'WARN', message: 'low on memory' },
      { log: 'banner' },
    ],
  },
  {
    title: 'Names for patterns, and names of one’s own',
    config: {
      field: 'message',
      format: 'grok',
      patterns: ['%{IP:client.ip} %{WORD:verb} %{URIPATHPARAM:path} %{NUMBER:seconds:float} %{ORDER:order:int}'],
      definitions: { ORDER: '[1-9]\\d{5}' },
    },
    input: [{ message: '2001:db8::7 GET /cart?id=1 0.043 100042' }],
    output: [{ client: { ip: '2001:db8::7' }, verb: 'GET', path: '/cart?id=1', seconds: 0.043, order: 100042 }],
  },
  {
    title: 'logfmt, with a limit and a word about what did not fit',
    config: { format: 'logfmt', bare_words: 'ignore', max_fields: 3, max_bytes: '1KiB', error_field: 'parse_error' },
    input: [{ log: 'level=info msg="it is \\"up\\"" done port=8080\n' }, { log: 'a=1 b=2 c=3 d=4' }, { log: 'Hello' }],
    output: [
      { level: 'info', msg: 'it is "up"', port: '8080' },
      { log: 'a=1 b=2 c=3 d=4', parse_error: 'has more than 3 members' },
      { log: 'Hello', parse_error: 'has no pair such as key=value' },
    ],
  },
  {
    title: 'Pairs of another make, under a key of their own',
    config: {
      ...{ format: 'key_value', pair_separator: ';', key_separator: ':', quotes: '\'"', into: 'details' },
      keep_original: 'always',
    },
    input: [{ log: "user: ada; note: 'a; b'; admin" }],
    output: [{ log: "user: ada; note: 'a; b'; admin", details: { user: 'ada', note: 'a; b', admin: true } }],
  },
  {
    title: 'CSV; who wins when a key is there twice',
    config: {
      ...{ format: 'csv', columns: ['stream', 'user.name', '-', 'note', 'empty'], delimiter: ';', quotes: "'" },
      ...{ on_conflict: 'rename', keep_original: 'never' },
    },
    input: [{ stream: 'stdout', log: "audit;ada;7;'it''s; fine';" }],
    output: [{ stream: 'stdout', log_stream: 'audit', user: { name: 'ada' }, note: "it's; fine" }],
  },
  {
    title: 'Keys of the event that stay',
    config: { format: 'logfmt', on_conflict: 'inner_wins', protect: ['kubernetes'] },
    input: [{ level: 'unknown', kubernetes: { pod_name: 'shop-1' }, log: 'level=warn kubernetes=none' }],
    output: [{ level: 'warn', kubernetes: { pod_name: 'shop-1' } }],
  },
  {
    title: 'Syslog, RFC 5424 and RFC 3164',
    config: { format: 'syslog' },
    input: [
      { log: '<165>1 2003-10-11T22:14:15.003Z web1 shop 42 ID47 [origin@32473 ip="192.0.2.1"] started' },
      { '@timestamp': '2024-01-01T00:00:05Z', log: '<34>Dec 31 23:59:59 web1 su[7]: wrong password' },
    ],
    output: [
      {
        ...{ '@timestamp': '2003-10-11T22:14:15.003Z', facility: 'local4', severity: 'notice', hostname: 'web1' },
        ...{ appname: 'shop', procid: '42', msgid: 'ID47' },
        ...{ structured_data: { 'origin@32473': { ip: '192.0.2.1' } }, message: 'started' },
      },
      {
        ...{ '@timestamp': '2023-12-31T23:59:59Z', facility: 'auth', severity: 'crit', hostname: 'web1' },
        ...{ appname: 'su', procid: '7', message: 'wrong password' },
      },
    ],
  },
  {
    title: 'A Kubernetes component',
    config: { format: 'klog', timezone: 'UTC' },
    input: [
      {
        '@timestamp': '2024-03-02T10:00:01Z',
        log: 'E0302 10:00:00.123456       1 reflector.go:147] failed to list *v1.Pod',
      },
    ],
    output: [
      {
        ...{ '@timestamp': '2024-03-02T10:00:00.123456Z', severity: 'ERROR', pid: 1, file: 'reflector.go', line: 147 },
        message: 'failed to list *v1.Pod',
      },
    ],
  },
  {
    title: 'An access log of nginx or Apache; lines of another kind are dropped',
    config: { format: 'combined', on_error: 'drop' },
    input: [
      {
        log: '::1 - ada [10/Oct/2000:13:55:36 -0700] "GET /a?b=%20 HTTP/1.1" 200 2326 "-" "Mozilla/5.0 (\\"x\\")"',
      },
      { log: 'nginx: [warn] conflicting server name' },
    ],
    output: [
      {
        ...{ '@timestamp': '2000-10-10T20:55:36Z', client: '::1', user: 'ada', method: 'GET', path: '/a?b=%20' },
        ...{ protocol: 'HTTP/1.1', status: 200, bytes: 2326, agent: 'Mozilla/5.0 ("x")' },
      },
    ],
  },
  {
    title: 'The time stays where it was read',
    config: { format: 'combined', time_field: '' },
    input: [{ log: '192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "-" 408 -' }],
    output: [{ client: '192.0.2.1', timestamp: '10/Oct/2000:13:55:36 -0700', status: 408 }],
  },
];
