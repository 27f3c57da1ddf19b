import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_TARGETS, library } from '@tailrace/dashboards';
import { expect, test } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const root = join(import.meta.dirname, '../..');
const FILES = { kibana: 'kibana.ndjson', grafana: 'grafana.json', datadog: 'datadog.json' };

test('list names each dashboard, what is left out where and why, and the parameters', async () => {
  const { code, stdout } = await runTailrace(['dashboards', 'list']);
  expect(code).toBe(0);
  for (const { id, system, name } of library) expect(stdout).toContain(`${id}: ${system} / ${name}\n`);
  expect(stdout).toContain('      without "Licence valid for": Kibana reads logs, and this is a metric\n');
  expect(stdout).toContain('  index_pattern=logstash-*\n');
});

test('build writes the files that are in the repository, wherever it runs', async () => {
  const running = await startTailrace(['dashboards', 'build', '--out', 'made']);
  const { code, stderr } = await running.exit();
  expect([code, stderr]).toEqual([0, '']);
  for (const { id } of library)
    for (const target of FILE_TARGETS) {
      const file = join(id, FILES[target]);
      expect(readFileSync(join(running.folder, 'made', file), 'utf8')).toBe(
        readFileSync(join(root, 'dashboards', file), 'utf8'),
      );
    }
});

test('build makes one dashboard for one target, with other names', async () => {
  const command = ['dashboards', 'build', 'mirrord-usage', '--out', '.', '--target', 'grafana'];
  const running = await startTailrace([...command, '--set', 'metric_prefix=prod_', '--set', 'field_prefix=']);
  const { code, stdout } = await running.exit();
  expect([code, stdout]).toEqual([0, 'wrote mirrord-usage/grafana.json\n']);
  const text = readFileSync(join(running.folder, 'mirrord-usage/grafana.json'), 'utf8');
  expect(text).toContain('prod_mirrord_license_valid_seconds');
  expect(text).not.toContain('"fields.');
});

test.each([
  [['--out', 'x', '--set', 'histogram_unit=hours'], 64, '--set histogram_unit=hours: expected seconds or milliseconds'],
  [['nope', '--out', 'x'], 64, 'no dashboard "nope"; there are '],
  [['--out', 'x', '--target', 'excel'], 64, "argument 'excel' is invalid"],
  [[], 64, "required option '--out <dir>' not specified"],
])('build %j is refused', async (more, code, message) => {
  const end = await runTailrace(['dashboards', 'build', ...more]);
  expect([end.code, end.stderr]).toEqual([code, expect.stringContaining(message)]);
});

test('build says when it cannot write', async () => {
  const running = await startTailrace(['--version']);
  await running.exit();
  writeFileSync(join(running.folder, 'file'), '');
  const { code, stderr } = await runTailrace(['dashboards', 'build', '--out', join(running.folder, 'file')]);
  expect([code, stderr]).toEqual([75, expect.stringContaining('ENOTDIR')]);
});

test.runIf(process.platform === 'linux')('build ends where the system makes no folders', async () => {
  const { code, stderr } = await runTailrace(['dashboards', 'build', '--out', '/proc/none']);
  expect([code, stderr]).toEqual([75, expect.stringContaining('ENOENT')]);
});
