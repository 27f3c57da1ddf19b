import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Store } from '../store/store.ts';
import { keepAnswers } from './answers.ts';
import { ask, type TestApi, testApi } from './api.fixture.ts';
import { jsonBody } from './reply.ts';
import { sessionStart, WINDOW } from './session.fixture.ts';
import type { StoreReader } from './store-reader.ts';

const PANEL = `/api/v1/dashboards/mirrord-usage/panels/sessions?${WINDOW}`;

/** A store that tells what was read of it. */
function counted(reads: string[], beforeRead: () => Promise<void> = async () => {}): (store: Store) => StoreReader {
  return (store) => ({
    get fields() {
      return store.fields;
    },
    get revision() {
      return store.revision;
    },
    onChange: store.onChange,
    counts: store.counts,
    async read(sql, limits) {
      reads.push(sql);
      await beforeRead();
      return await store.read(sql, limits);
    },
  });
}

async function withApi(seenAs: (store: Store) => StoreReader, work: (api: TestApi) => Promise<void>): Promise<void> {
  const api = await testApi({}, seenAs);
  try {
    await work(api);
  } finally {
    await api.close();
  }
}

const shown = async (api: TestApi, path = PANEL) =>
  JSON.parse((await ask(api.url + path)).text).tables[0].rows[0].columns[0];
const revision = async (api: TestApi) => JSON.parse((await ask(`${api.url}/api/v1/status`)).text).revision;

describe('equal questions', () => {
  it('cost one read within a revision, under way or later, in whatever order their parameters stand', async () => {
    const reads: string[] = [];
    await withApi(
      counted(reads, () => sleep(50)),
      async (api) => {
        const ten = await Promise.all(Array.from({ length: 10 }, () => shown(api)));
        expect(new Set(ten)).toEqual(new Set([0]));
        const turned = PANEL.replace(/\?(from=\d+)&(to=\d+)/, '?$2&$1');
        expect(turned).not.toBe(PANEL);
        await shown(api, turned);
        expect(reads).toHaveLength(1);
        await shown(api, `${PANEL}&var.client_user=ada`);
        expect(reads).toHaveLength(2);
      },
    );
  });

  it('are asked anew when the store has changed, and the status tells so', async () => {
    const reads: string[] = [];
    await withApi(counted(reads), async (api) => {
      const before = await revision(api);
      expect(await shown(api)).toBe(0);
      await api.add([sessionStart(1, 'ada', 1)]);
      await expect.poll(() => revision(api), { timeout: 10_000 }).toBeGreaterThan(before);
      expect(await shown(api)).toBe(1);
      expect(reads).toHaveLength(2);
    });
  });

  it('never show less than the revision that was told', async () => {
    await withApi(
      (store) => store,
      async (api) => {
        for (let session = 1; session <= 5; session++) {
          const before = await revision(api);
          await api.add([sessionStart(session, 'ada', session)]);
          await expect.poll(() => revision(api), { timeout: 10_000 }).toBeGreaterThan(before);
          expect(await shown(api)).toBe(session);
        }
      },
    );
  });

  it('are given up when the one who asked has gone', async () => {
    const [asked, aborted]: boolean[][] = [[], []];
    const waiting = (store: Store): StoreReader => ({
      ...counted([])(store),
      read: (_sql, { signal }) =>
        new Promise((_resolve, reject) => {
          asked?.push(true);
          signal?.addEventListener('abort', () => {
            aborted?.push(true);
            reject(new Error('gone'));
          });
        }),
    });
    await withApi(waiting, async (api) => {
      const leaving = new AbortController();
      const end = ask(api.url + PANEL, { signal: leaving.signal }).catch((error: Error) => error.name);
      await expect.poll(() => asked, { timeout: 10_000 }).toEqual([true]);
      expect(aborted).toEqual([]);
      leaving.abort();
      expect(await end).toBe('AbortError');
      await expect.poll(() => aborted, { timeout: 10_000 }).toEqual([true]);
      expect(api.said).toEqual([]);
    });
  });
});

describe('kept answers', () => {
  const { signal } = new AbortController();
  const answer = (bytes: number) => () => Promise.resolve(jsonBody('x'.repeat(bytes)));

  it('are bounded in bytes; the oldest goes first', async () => {
    const answers = keepAnswers();
    let asked = 0;
    const ask = (key: string) =>
      answers.get(key, 1, signal, () => {
        asked++;
        return answer(6 * 1024 * 1024)();
      });
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) await ask(key);
    // Two of six MiB fit, with room for their compressed forms.
    expect(asked).toBe(4);
  });

  it('are waited for by all who ask the same; the question ends when the last one goes', async () => {
    const answers = keepAnswers();
    const [first, second] = [new AbortController(), new AbortController()];
    let asked = 0;
    let question: AbortSignal | undefined;
    const endless = (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        asked++;
        question = signal;
        signal.addEventListener('abort', () => reject(new Error('gone')));
      });
    const both = [first, second].map((each) =>
      answers.get('a', 1, each.signal, endless).catch((error) => error.message),
    );
    first.abort();
    expect([asked, question?.aborted]).toEqual([1, false]);
    second.abort();
    expect(question?.aborted).toBe(true);
    // Nobody waits for that one any more, so it is asked anew.
    expect((await answers.get('a', 1, signal, answer(1))).bytes.toString()).toBe('"x"');
    expect(await Promise.all(both)).toEqual(['gone', 'gone']);
  });

  it('are not kept when the question failed', async () => {
    const answers = keepAnswers();
    await expect(answers.get('a', 1, signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect((await answers.get('a', 1, signal, answer(1))).bytes.toString()).toBe('"x"');
  });

  it('bound the questions under way', async () => {
    const answers = keepAnswers();
    const never = () => new Promise<never>(() => {});
    for (let question = 0; question < 64; question++) void answers.get(`${question}`, 1, signal, never);
    await expect(answers.get('more', 1, signal, never)).rejects.toMatchObject({ code: 'busy', status: 503 });
  });
});
