import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildFile, DEFAULTS, library } from '@tailrace/dashboards';
import { describe, expect, test } from 'vitest';
import { expressions, type GrafanaFile, interpolated } from '../../packages/dashboards/src/grafana/lint.fixture.ts';
import { serverOrSkip } from '../support/servers.ts';

const prometheus = await serverOrSkip('prometheus');

describe.skipIf(prometheus.skipped)('PromQL of the files for Grafana', () => {
  const promtool = path.join(path.dirname(prometheus.program), 'promtool');

  test.each(library.map(({ id }) => id))('promtool finds nothing wrong in %s', async (id) => {
    const asked = expressionsOf(id).map(({ expr }) => interpolated(expr));
    expect(asked.length).toBeGreaterThan(5);
    expect(await check(asked)).toContain(`SUCCESS: ${asked.length} rules found`);
  });

  test('promtool finds a rate of no range, which the grammar allows', async () => {
    await expect(check(['sum(rate(mirrord_sessions_create_total))'])).rejects.toThrow(/expected type range vector/);
  });

  async function check(asked: readonly string[]): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'promtool-'));
    const rules = asked.map((expr, k) => ({ record: `panel:${k}`, expr }));
    // JSON is YAML.
    await writeFile(path.join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    try {
      return (await promisify(execFile)(promtool, ['check', 'rules', 'rules.yaml'], { cwd: folder })).stdout;
    } finally {
      await rm(folder, { recursive: true });
    }
  }
});

function expressionsOf(id: string) {
  const dashboard = library.find((each) => each.id === id)!;
  return expressions(JSON.parse(buildFile(dashboard, 'grafana', DEFAULTS, library).text) as GrafanaFile);
}
