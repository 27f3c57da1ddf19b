import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  datadogDashboardsStandIn,
  type GrafanaStandIn,
  grafanaStandIn,
  type KibanaStandIn,
  kibanaStandIn,
  type ProcessEnd,
  scriptedServer,
  tlsProxy,
} from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runTailrace } from '../support/tailrace.ts';

const root = join(import.meta.dirname, '../..');
const SECRETS = { kibana: 'secret-of-kibana', grafana: 'secret-of-grafana' };
const ENVIRONMENT = {
  KIBANA_API_KEY: SECRETS.kibana,
  GRAFANA_TOKEN: SECRETS.grafana,
  DD_API_KEY: 'api',
  DD_APP_KEY: 'app',
};

/** Runs a push of one dashboard unless told otherwise; no secret may be in what it says. */
async function push(target: string, url: string, ...more: string[]): Promise<ProcessEnd> {
  const end = await runTailrace(['dashboards', 'push', target, 'mirrord-usage', '--url', url, ...more], {
    env: ENVIRONMENT,
  });
  for (const secret of Object.values(ENVIRONMENT).filter((text) => text.length > 3))
    expect(end.stdout + end.stderr).not.toContain(secret);
  return end;
}

async function kibana(options: Parameters<typeof kibanaStandIn>[0] = {}): Promise<KibanaStandIn> {
  const server = await kibanaStandIn({ apiKey: SECRETS.kibana, spaces: ['ops'], ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function grafana(options: Parameters<typeof grafanaStandIn>[0] = {}): Promise<GrafanaStandIn> {
  const server = await grafanaStandIn({ token: SECRETS.grafana, folders: ['team'], ...options });
  onTestFinished(() => server.stop());
  return server;
}

const writes = (requests: readonly { method: string; path: string }[]): string[] =>
  requests
    .filter(({ method, path }) => method !== 'GET' && !path.endsWith('_export'))
    .map(({ method, path }) => `${method} ${path}`);

// Each test starts the command several times.
const SLOW = { timeout: 120_000 };

describe('kibana', SLOW, () => {
  test('creates, finds nothing to do, shows what would change, changes', async () => {
    const server = await kibana();
    const dry = await push('kibana', server.url, '--dry-run');
    expect([dry.code, dry.stdout, server.objects]).toEqual([0, 'mirrord-usage: would be created\n', []]);

    const url = `${server.url}/app/dashboards#/view/tailrace-mirrord-usage`;
    expect(await push('kibana', server.url)).toMatchObject({
      code: 0,
      stdout: `mirrord-usage: created ${url}\n`,
      stderr: '',
    });
    expect(server.objects.map(({ type, id }) => `${type}:${id}`)).toEqual(
      expect.arrayContaining(['index-pattern:tailrace-logstash', 'dashboard:tailrace-mirrord-usage']),
    );
    expect(await push('kibana', server.url)).toMatchObject({ code: 0, stdout: `mirrord-usage: unchanged ${url}\n` });
    expect(writes(server.requests)).toEqual(['POST /api/saved_objects/_import?overwrite=false']);

    const other = ['--set', 'index_pattern=logs-*'];
    const shown = await push('kibana', server.url, ...other, '--dry-run');
    expect(shown.stdout).toContain('mirrord-usage: would be changed');
    expect(shown.stdout).toContain('~ index-pattern tailrace-logstash.title: "logstash-*" → "logs-*"\n');
    expect(writes(server.requests)).toHaveLength(1);
    expect((await push('kibana', server.url, ...other)).stdout).toContain('mirrord-usage: changed');
    expect(server.objects.find(({ type }) => type === 'index-pattern')?.attributes['title']).toBe('logs-*');
    expect(writes(server.requests).at(-1)).toBe('POST /api/saved_objects/_import?overwrite=true');
  });

  test('all dashboards, when none is named, share what they share', async () => {
    const server = await kibana();
    const command = ['dashboards', 'push', 'kibana', '--url', server.url];
    const first = await runTailrace(command, { env: ENVIRONMENT });
    expect([first.code, first.stdout.match(/: created /g)?.length]).toEqual([0, 2]);
    const second = await runTailrace(command, { env: ENVIRONMENT });
    expect([second.code, second.stdout.match(/: unchanged /g)?.length]).toEqual([0, 2]);
  });

  test('what was done before an error is said', async () => {
    const server = await kibana();
    const theirs = { title: 'Mine', description: 'by hand' };
    server.objects.push({
      space: 'default',
      type: 'dashboard',
      id: 'tailrace-pipeline-health',
      attributes: theirs,
      references: [],
    });
    const end = await runTailrace(['dashboards', 'push', 'kibana', '--url', server.url], { env: ENVIRONMENT });
    expect(end).toMatchObject({
      code: 1,
      stdout: `mirrord-usage: created ${server.url}/app/dashboards#/view/tailrace-mirrord-usage\n`,
      stderr: expect.stringContaining('has a dashboard "tailrace-pipeline-health" ("Mine") that tailrace did not make'),
    });
  });

  test('what somebody else made under our id stays', async () => {
    const server = await kibana();
    const theirs = { title: 'Mine', description: 'by hand' };
    server.objects.push({
      space: 'default',
      type: 'dashboard',
      id: 'tailrace-mirrord-usage',
      attributes: theirs,
      references: [],
    });
    const { code, stderr } = await push('kibana', server.url);
    expect(code).toBe(1);
    expect(stderr).toContain('has a dashboard "tailrace-mirrord-usage" ("Mine") that tailrace did not make');
    expect([server.objects.length, writes(server.requests)]).toEqual([1, []]);
  });

  test('what somebody makes between the look and the import stays', async () => {
    const server = await kibana();
    const theirs = { title: 'Mine' };
    server.onImport = () =>
      void server.objects.push({
        space: 'default',
        type: 'dashboard',
        id: 'tailrace-mirrord-usage',
        attributes: theirs,
        references: [],
      });
    const { code, stderr } = await push('kibana', server.url);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'dashboard "tailrace-mirrord-usage" is there already, made by somebody else: push again to see it',
    );
    expect(server.objects.filter(({ type }) => type === 'dashboard')).toMatchObject([{ attributes: theirs }]);
  });

  test('a data view of the user’s own has to be there, and stays as it is', async () => {
    const server = await kibana();
    const own = ['--set', 'data_view_id=own', '--set', 'index_pattern=logs-*'];
    const missing = await push('kibana', server.url, ...own);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('has no data view "own": create it under Stack Management');

    const attributes = { title: 'logs-*', fieldFormatMap: '{"port":{"id":"string"}}' };
    server.objects.push({ space: 'default', type: 'index-pattern', id: 'own', attributes, references: [] });
    expect((await push('kibana', server.url, ...own)).stdout).toContain('mirrord-usage: created');
    expect(server.objects.filter(({ type }) => type === 'index-pattern')).toMatchObject([{ id: 'own', attributes }]);

    const other = await push('kibana', server.url, '--set', 'data_view_id=own');
    expect(other.stderr).toContain('the data view "own" reads logs-*, and the dashboard is for logstash-*');
  });

  test('a data view that goes away in the meantime is named', async () => {
    const server = await kibana();
    server.objects.push({
      space: 'default',
      type: 'index-pattern',
      id: 'own',
      attributes: { title: 'logstash-*' },
      references: [],
    });
    server.onImport = () => void server.objects.splice(0);
    const { code, stderr } = await push('kibana', server.url, '--set', 'data_view_id=own');
    expect(code).toBe(1);
    expect(stderr).toContain('refers to data view "own", which is not in this space');
  });

  test('a space has a copy of its own, which the next push finds', async () => {
    const server = await kibana();
    await push('kibana', server.url);
    const first = await push('kibana', server.url, '--space', 'ops');
    expect(first.stdout).toMatch(
      /^mirrord-usage: created http:.*\/s\/ops\/app\/dashboards#\/view\/[0-9a-f-]{36}\n {2}another space has its id/,
    );
    const second = await push('kibana', server.url, '--space', 'ops');
    expect(second.stdout).toMatch(
      /^mirrord-usage: unchanged http:.*\/s\/ops\/app\/dashboards#\/view\/[0-9a-f-]{36}\n$/,
    );
    const unknown = await push('kibana', server.url, '--space', 'nope');
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('has no space "nope": correct --space'),
    ]);
  });

  test.each([
    ['8.8.2', 1, 'is version 8.8.2, which is too old: the dashboards need 8.9 or newer'],
    ['8.9.0', 0, ''],
    ['9.4.1', 0, ''],
  ])('version %s', async (version, code, message) => {
    const server = await kibana({ version });
    const end = await push('kibana', server.url);
    expect([end.code, end.stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(writes(server.requests)).toHaveLength(code === 0 ? 1 : 0);
  });
});

describe('grafana', SLOW, () => {
  test('creates, finds nothing to do, shows what would change, changes', async () => {
    const server = await grafana();
    expect((await push('grafana', server.url, '--dry-run')).stdout).toBe('mirrord-usage: would be created\n');
    expect(server.dashboards.size).toBe(0);
    const created = await push('grafana', server.url, '--folder', 'team');
    expect(created).toMatchObject({ code: 0, stderr: '' });
    expect(created.stdout).toMatch(/^mirrord-usage: created http:\S+\/d\/\S+\/mirrord-usage\n$/);
    const [uid, saved] = [...server.dashboards][0]!;
    expect([saved.folderUid, saved.model['version']]).toEqual(['team', 1]);
    expect(Object.keys(saved.model).filter((key) => key.startsWith('__'))).toEqual([]);

    // Without --folder it stays where it is.
    expect((await push('grafana', server.url)).stdout).toContain('mirrord-usage: unchanged');
    const shown = await push('grafana', server.url, '--set', 'metric_prefix=prod_', '--dry-run');
    expect(shown.stdout).toContain('mirrord-usage: would be changed');
    expect(shown.stdout).toMatch(
      /~ panels\[Licence valid for\]\.targets\[A\]\.expr: .*mirrord_license.* → .*prod_mirrord_license/,
    );
    expect(server.dashboards.get(uid)?.model['version']).toBe(1);
    expect((await push('grafana', server.url, '--set', 'metric_prefix=prod_')).stdout).toContain(
      'mirrord-usage: changed',
    );
    expect(server.dashboards.get(uid)).toMatchObject({ folderUid: 'team', model: { version: 2 } });
  });

  test('what somebody saves between the look and the save stays', async () => {
    const server = await grafana();
    await push('grafana', server.url);
    const [uid, saved] = [...server.dashboards][0]!;
    const theirs = { ...saved, model: { ...saved.model, version: 7 } };
    server.onSave = () => void server.dashboards.set(uid, theirs);
    const { code, stderr } = await push('grafana', server.url, '--set', 'metric_prefix=prod_');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('somebody saved "mirrord-usage" since it was read: look at it there and push again'),
    ]);
    expect(server.dashboards.get(uid)).toBe(theirs);
  });

  test('what others made, or files provide, stays', async () => {
    const server = await grafana();
    await push('grafana', server.url);
    const [uid, saved] = [...server.dashboards][0]!;
    server.dashboards.set(uid, { ...saved, provisioned: true });
    expect((await push('grafana', server.url)).stdout).toContain('mirrord-usage: unchanged');
    const provisioned = await push('grafana', server.url, '--set', 'metric_prefix=prod_');
    expect([provisioned.code, provisioned.stderr]).toEqual([1, expect.stringContaining('is provisioned from files')]);
    server.dashboards.set(uid, { ...saved, model: { ...saved.model, description: 'by hand' } });
    const foreign = await push('grafana', server.url);
    expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining('was not made by tailrace')]);
    expect(writes(server.requests)).toHaveLength(1);
  });

  test('a reader may not write; folders have to be there; old ones are refused', async () => {
    const server = await grafana({ token: 'viewer-is-not-the-token' });
    const viewer = await runTailrace(['dashboards', 'push', 'grafana', '--url', server.url], {
      env: { GRAFANA_TOKEN: 'viewer' },
    });
    expect([viewer.code, viewer.stderr]).toEqual([1, expect.stringContaining('forbids it (403: You')]);
    expect(viewer.stderr).toContain('the credentials need the permissions dashboards:create and dashboards:write');
    const other = await grafana({ version: '9.5.2' });
    expect((await push('grafana', other.url)).stderr).toContain('is version 9.5.2, which is too old');
    const third = await grafana();
    const folder = await push('grafana', third.url, '--folder', 'nope');
    expect([folder.code, folder.stderr]).toEqual([1, expect.stringContaining('has no folder with the uid "nope"')]);
  });
});

describe('datadog', SLOW, () => {
  test('creates, finds its own by the mark among others, changes', async () => {
    const server = await datadogDashboardsStandIn();
    onTestFinished(() => server.stop());
    // More than a page of others, one of them with the same title.
    for (let n = 0; n < 120; n++)
      server.dashboards.set(`other-${n}`, {
        id: `other-${n}`,
        title: 'mirrord - Usage',
        description: null,
        layout_type: 'free',
        widgets: [],
      });
    expect((await push('datadog', server.url, '--dry-run')).stdout).toBe('mirrord-usage: would be created\n');
    const created = await push('datadog', server.url);
    expect([created.code, created.stderr]).toEqual([0, '']);
    expect(created.stdout).toMatch(/^mirrord-usage: created http:\S+\/dashboard\/abc-def-120\n$/);
    const file = JSON.parse(readFileSync(join(root, 'dashboards/mirrord-usage/datadog.json'), 'utf8')) as object;
    const sent = server.requests.find(({ method }) => method === 'POST')!;
    expect(JSON.parse(sent.text)).toEqual(file);

    expect((await push('datadog', server.url)).stdout).toContain('mirrord-usage: unchanged');
    const shown = await push('datadog', server.url, '--set', 'datadog_namespace=prod', '--dry-run');
    expect(shown.stdout).toMatch(/~ widgets\[.*\]\.definition\..*mirrord.* → .*prod\.mirrord/);
    expect((await push('datadog', server.url, '--set', 'datadog_namespace=prod')).stdout).toContain(
      'mirrord-usage: changed',
    );
    expect([writes(server.requests), server.dashboards.size]).toEqual([
      ['POST /api/v1/dashboard', 'PUT /api/v1/dashboard/abc-def-120'],
      121,
    ]);

    server.dashboards.set('copy', { ...server.dashboards.get('abc-def-120'), id: 'copy' });
    const twice = await push('datadog', server.url);
    expect([twice.code, twice.stderr]).toEqual([
      1,
      expect.stringContaining('has 2 dashboards whose description bears [tailrace:mirrord-usage]: abc-def-120, copy'),
    ]);
  });

  test('keys that are wrong, or not there', async () => {
    const server = await datadogDashboardsStandIn();
    onTestFinished(() => server.stop());
    const command = ['dashboards', 'push', 'datadog', '--url', server.url];
    const wrong = await runTailrace(command, { env: { DD_API_KEY: 'api', DD_APP_KEY: 'no-such-key' } });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('forbids it (403: Forbidden)')]);
    expect(wrong.stderr).not.toContain('no-such-key');
    const missing = await runTailrace(command, { env: { DD_API_KEY: 'api' } });
    expect([missing.code, missing.stderr]).toEqual([
      64,
      'tailrace: set DD_API_KEY and DD_APP_KEY: Datadog asks for an API key and an application key\n',
    ]);
  });
});

describe('any server', () => {
  test.each(['kibana', 'grafana'])('%s: 401 names the variables to check', async (target) => {
    const server = target === 'kibana' ? await kibana({ apiKey: 'another' }) : await grafana({ token: 'another' });
    const { code, stderr } = await push(target, server.url);
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not accept the credentials \(401: .*\): check (KIBANA_API_KEY|GRAFANA_TOKEN)/);
  });

  test.each([
    [['--url', 'http://user:hunter2@host'], 'credentials belong in the environment'],
    [['--url', 'kibana:5601'], 'expected the address of a server, such as https://host:1234'],
    [[], 'give --url, or set KIBANA_URL'],
    [['--url', 'http://h', '--folder', 'x'], '--folder is for grafana'],
    [['--url', 'http://h', '--ca', 'none.pem'], '--ca none.pem: ENOENT'],
    [['nope', '--url', 'http://h'], 'no dashboard "nope"; there are mirrord-usage'],
    [['--url', 'http://h', '--set', 'colour=red'], '--set colour: unknown parameter'],
  ])('%j is refused', async (more, message) => {
    const { code, stderr } = await runTailrace(['dashboards', 'push', 'kibana', ...more]);
    expect([code, stderr]).toEqual([64, expect.stringContaining(message)]);
    expect(stderr).not.toContain('hunter2');
  });

  test('one that is not there, one that is not trusted, and one that is', async () => {
    const nobody = await push('kibana', 'http://127.0.0.1:9');
    expect([nobody.code, nobody.stderr]).toEqual([
      75,
      expect.stringContaining('cannot be reached: nothing listens there'),
    ]);
    const server = await grafana();
    const proxy = await tlsProxy({ target: server.url });
    onTestFinished(() => proxy.stop());
    const untrusted = await push('grafana', proxy.url);
    expect([untrusted.code, untrusted.stderr]).toEqual([75, expect.stringContaining('give it with --ca FILE')]);
    const trusted = await runTailrace(['dashboards', 'push', 'grafana', '--url', proxy.url, '--ca', 'ca.pem'], {
      env: ENVIRONMENT,
      files: { 'ca.pem': proxy.ca },
    });
    expect([trusted.code, trusted.stderr]).toEqual([0, '']);
  });

  test('one whose answers are packed in an unknown way', async () => {
    const server = await scriptedServer([{ status: 200, headers: { 'content-encoding': 'compress' }, body: 'x' }]);
    onTestFinished(() => server.stop());
    const { code, stderr } = await push('grafana', server.url);
    const said = 'answers 200 with a body that cannot be read (content-encoding "compress")';
    expect([code, stderr]).toEqual([75, expect.stringContaining(said)]);
  });
});
