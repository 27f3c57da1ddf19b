import { lstat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type TestApi, testApi } from './api.fixture.ts';
import { START, sessionStart, WINDOW } from './session.fixture.ts';

describe('the API over a store', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi();
    await api.add([
      sessionStart(1, 'ada', 1),
      sessionStart(2, 'ada', 2),
      sessionStart(30, '<script>alert(1)</script>', 3),
    ]);
  });
  afterAll(() => api.close());
  const get = async (path: string) => {
    const answer = await ask(`${api.url}/api/v1${path}`);
    return { status: answer.status, body: JSON.parse(answer.text) };
  };

  it('tells what the store holds', async () => {
    const { status, body } = await get('/status');
    expect(status).toBe(200);
    expect(body).toMatchObject({ version: '1.2.3', component: 'store', logs: 3, first: START + 60_000 });
    expect(body.dashboards.map(({ id }: { id: string }) => id)).toEqual(['mirrord-usage', 'pipeline-health']);
  });

  it('fills a panel, narrowed by variables', async () => {
    const all = await get(`/dashboards/mirrord-usage/panels/sessions?${WINDOW}`);
    expect(all.body).toEqual({
      kind: 'numbers',
      from: START,
      to: START + 3_600_000,
      tables: [{ name: '', groups: [], columns: ['sessions'], rows: [{ groups: [], columns: [3] }] }],
    });
    const ada = await get(
      `/dashboards/mirrord-usage/panels/sessions?${WINDOW}&var.client_user=ada&var.client_user=bob`,
    );
    expect(ada.body.tables[0].rows).toEqual([{ groups: [], columns: [2] }]);
  });

  it('fills a heatmap; the last bucket has no end, which JSON has no number for', async () => {
    await api.store.change(async (connection) => {
      for (const [minute, buckets] of [
        [1, '[1, 2, 3]'],
        [2, '[2, 5, 9]'],
      ] as const) {
        const time = `epoch_ms(${START + minute * 60_000})`;
        await connection.run(`INSERT INTO metrics (time, start, name, kind, temporality, monotonic, labels, series, bounds, buckets)
VALUES (${time}, epoch_ms(${START}), 'mirrord_operator_ping_latency', 'histogram', 'cumulative', true, MAP {}, 1, [0.5, 1], ${buckets})`);
      }
    });
    const { body } = await get(`/dashboards/mirrord-usage/panels/ping-latency-heatmap?${WINDOW}`);
    expect(body.tables[0].groups).toEqual(['le']);
    const bounds = new Set(body.tables[0].rows.map(({ groups }: { groups: unknown[] }) => groups[0]));
    expect(bounds).toEqual(new Set([0.5, 1, '+Inf']));
  });

  it('gives the choices of a variable', async () => {
    const { body } = await get(`/dashboards/mirrord-usage/variables/client_user?${WINDOW}`);
    expect(body.values).toEqual([
      { value: 'ada', count: 2 },
      { value: '<script>alert(1)</script>', count: 1 },
    ]);
  });

  it('finds events and opens one', async () => {
    const where = encodeURIComponent(JSON.stringify([{ field: 'fields.client_user', is: 'ada' }]));
    const found = await get(`/events?${WINDOW}&where=${where}&columns=fields.client_user,fields.session_id&limit=1`);
    expect(found.body).toMatchObject({ kind: 'events', total: 2, events: [{ cells: ['ada', '2'] }] });
    const next = await get(
      `/events?${WINDOW}&where=${where}&columns=fields.session_id&limit=1&before=${found.body.next}`,
    );
    expect(next.body).toMatchObject({ next: null, events: [{ cells: ['1'] }] });
    const { body } = await get(`/events/${found.body.events[0].key}`);
    expect(body).toMatchObject({
      time: START + 120_000,
      source: { component: 'operator', label: '/var/log/1.log', offset: 100, end: 199 },
    });
    expect(body.fields).toContainEqual({ path: 'fields.client_user', type: 'keyword', value: 'ada' });
  });

  it.each([
    ['fields.client_user,labels."a,b"', ['fields.client_user', 'labels."a,b"']],
    ['labels."say \\",\\" twice",level', ['labels."say \\",\\" twice"', 'level']],
    ['["a,b","level"]', ['a,b', 'level']],
    ['', []],
  ])('columns %s', async (text, columns) => {
    const { body } = await get(`/events?${WINDOW}&columns=${encodeURIComponent(text)}`);
    expect(body.columns).toEqual(columns);
  });

  it('runs a statement', async () => {
    const answer = await ask(
      `${api.url}/api/v1/query`,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      JSON.stringify({ sql: 'SELECT count(*) AS n FROM logs' }),
    );
    expect(JSON.parse(answer.text)).toMatchObject({ columns: [{ name: 'n', type: 'BIGINT' }], rows: [[3]] });
  });

  it('answers at the store’s socket, which only its owner can open', async () => {
    expect((await lstat(api.socketPath)).mode & 0o777).toBe(0o600);
    const answer = await ask('http://anything/api/v1/status', { socketPath: api.socketPath });
    expect(JSON.parse(answer.text)).toMatchObject({ logs: 3 });
  });
});
