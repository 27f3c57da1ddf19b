import { expect, test } from 'vitest';
import { runTailrace } from '../support/tailrace.ts';

const PIPELINE = `
data_dir: data
sources:
  operator: { type: prometheus_scrape, targets: ['http://operator:9000'], job: mirrord-operator }
sinks:
  out: { type: otlp, inputs: operator, endpoint: 'http://127.0.0.1:1' }
`;
const EXPOSITION = `# TYPE mirrord_sessions_duration histogram
mirrord_sessions_duration_bucket{user_id="a",le="1"} 1
mirrord_sessions_duration_bucket{user_id="a",le="+Inf"} 3
mirrord_sessions_duration_sum{user_id="a"} 12.5
mirrord_sessions_duration_count{user_id="a"} 3
`;

const runTest = (raw: string, expected: object) =>
  runTailrace(['test', 'p.yaml'], {
    files: {
      'p.yaml': PIPELINE,
      'p.test.yaml': JSON.stringify({ tests: [{ name: 'it', input: { raw }, expect: expected }] }),
    },
  });

test('an exposition goes in, the request comes out', async () => {
  const point = { count: '3', sum: 12.5, explicitBounds: [1], bucketCounts: ['1', '2'] };
  const metric = {
    name: 'mirrord_sessions_duration',
    histogram: { aggregationTemporality: 2, dataPoints: [point] },
  };
  const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] };
  const end = await runTest(EXPOSITION, { match: 'contains', requests: [request] });
  expect(end).toMatchObject({ code: 0, stdout: 'ok   it\n1 passed, 0 failed\n', stderr: '' });
});

test('an input that is none fails the test and says where', async () => {
  const { code, stdout } = await runTest('x one\n', { requests: [] });
  expect(code).toBe(1);
  expect(stdout).toContain('operator cannot read the input: line 1, column 3: expected a number, found "one"\n');
});
