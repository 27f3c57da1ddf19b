import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

const never = new AbortController().signal;

/** A task that ends when it is told to. */
function task(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    end: resolve,
    run: async () => {
      log.push(name);
      await promise;
      return name;
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a limiter', () => {
  it('runs a few at once, the others in their order', async () => {
    const limit = createLimiter(2);
    const log: string[] = [];
    const tasks = ['a', 'b', 'c', 'd'].map((name) => task(log, name));
    const all = tasks.map(({ run }) => limit(run, never));
    await settled();
    expect(log).toEqual(['a', 'b']);
    tasks[1]?.end();
    await settled();
    expect(log).toEqual(['a', 'b', 'c']);
    for (const { end } of tasks) end();
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('never begins what was given up while it waited, and goes on with the next', async () => {
    const limit = createLimiter(1);
    const log: string[] = [];
    const [first, second, third] = ['a', 'b', 'c'].map((name) => task(log, name));
    const stopped = new AbortController();
    const all = [limit(first!.run, never), limit(second!.run, stopped.signal), limit(third!.run, never)];
    stopped.abort();
    for (const { end } of [first!, second!, third!]) end();
    expect(await Promise.all(all)).toEqual(['a', undefined, 'c']);
    expect(log).toEqual(['a', 'c']);
  });

  it('goes on after a task that failed', async () => {
    const limit = createLimiter(1);
    await expect(limit(() => Promise.reject(new Error('no')), never)).rejects.toThrow('no');
    expect(await limit(() => Promise.resolve(1), never)).toBe(1);
  });

  it('ends with all that was not given up, whatever was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        async (kept, most) => {
          const limit = createLimiter(most);
          let running = 0;
          let highest = 0;
          const answers = kept.map((keeps) => {
            const stopped = new AbortController();
            const answer = limit(async () => {
              running += 1;
              highest = Math.max(highest, running);
              await settled();
              running -= 1;
              return true;
            }, stopped.signal);
            if (!keeps) stopped.abort();
            return answer;
          });
          const all = await Promise.all(answers);
          expect(highest).toBeLessThanOrEqual(most);
          for (const [at, keeps] of kept.entries()) if (keeps) expect(all[at]).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
