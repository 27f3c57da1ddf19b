import { describe, expect, test } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const generate = (...options: string[]) => ['generate', 'mirrord-metrics', ...options];

describe('generate mirrord-metrics', () => {
  test('serves one scrape after the other until a signal, with the answers to the last one', async () => {
    const served = await startTailrace(generate('--port', '0', '--seed', 'x'));
    const url = (await served.line('/metrics')).trim();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const get = async (where: string | URL) => await (await fetch(where)).text();
    const scrapes = [await get(url), await get(url)];
    expect(JSON.parse(await get(new URL('/answers', url)))).toMatchObject({ scrape: 2 });
    served.signal('SIGTERM');
    expect(await served.exit()).toMatchObject({ code: 0, stdout: `${url}\n`, stderr: '' });
    const printed = await runTailrace(generate('--scrape', '2', '--seed', 'x'));
    expect(printed.stdout).toBe(scrapes[1]);
  });

  test('--answers says what a scrape adds up to', async () => {
    const { code, stdout } = await runTailrace(generate('--scrape', '9', '--answers'));
    expect(code).toBe(0);
    const { scrape, metrics } = JSON.parse(stdout) as { scrape: number; metrics: Record<string, { kind: string }> };
    expect(scrape).toBe(9);
    expect(metrics['mirrord_sessions_duration']).toMatchObject({ kind: 'histogram' });
    expect(metrics['mirrord_stolen_connections_count']).toMatchObject({ kind: 'counter' });
  });

  test('--openmetrics', async () => {
    const { stdout } = await runTailrace(generate('--openmetrics', '--scrape', '3'));
    expect(stdout).toContain('# TYPE mirrord_sessions_create counter\n');
    expect(stdout.endsWith('# EOF\n')).toBe(true);
  });

  test('what cannot be is said', async () => {
    expect(await runTailrace(generate('--port', '70000'))).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('It has to be a port, 0 to 65535.') as string,
    });
    expect(await runTailrace(generate('--port', '1', '--answers'))).toMatchObject({ code: 64 });
    const served = await startTailrace(generate('--port', '0'));
    const { port } = new URL((await served.line('/metrics')).trim());
    expect(await runTailrace(generate('--port', port))).toMatchObject({
      code: 75,
      stderr: expect.stringMatching(/^tailrace: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/) as string,
    });
  });
});
