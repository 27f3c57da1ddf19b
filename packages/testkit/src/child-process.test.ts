import { existsSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ProcessOptions, type RunningProcess, startProcess } from './child-process.ts';

async function start(script: string, options: Partial<ProcessOptions> = {}): Promise<RunningProcess> {
  const running = await startProcess({ command: [process.execPath, '--input-type=module', '-e', script], ...options });
  onTestFinished(() => running.dispose());
  return running;
}

const forever = 'setInterval(() => {}, 1000);';

describe('a started process', () => {
  test('finds its files, and its end tells code and output', async () => {
    const script =
      'import { readFileSync } from "node:fs"; console.log(readFileSync("a/b.txt", "utf8")); console.error("e"); process.exit(78);';
    const running = await start(script, { files: { 'a/b.txt': 'content' } });
    expect(await running.exit()).toEqual({ code: 78, signal: null, stdout: 'content\n', stderr: 'e\n' });
  });

  test('is waited for until it writes a line, also one that was written before', async () => {
    const running = await start(
      `console.log("first"); setTimeout(() => console.error("then port 42"), 50); ${forever}`,
    );
    expect(await running.line(/port \d+/)).toBe('then port 42');
    expect(await running.line('first')).toBe('first');
    await expect(running.line('never', 50)).rejects.toThrow(
      /a line with never did not come within 50 ms.*first.*port 42/s,
    );
  });

  test('is no longer waited for once it has ended', async () => {
    const running = await start('console.log("partial"); process.stdout.write("no newline")');
    await expect(running.line('no newline')).rejects.toThrow('the process ended without a line with no newline');
  });

  test('is asked over TCP and unix sockets until the answer is right', async () => {
    const script = `
      import { createServer } from "node:http";
      let asked = 0;
      const serve = () => createServer((request, response) => response.writeHead(asked++ < 3 ? 503 : 200).end(request.url));
      serve().listen("socket");
      serve().listen(0, function () { console.log("port " + this.address().port + "."); });`;
    const running = await start(script);
    const port = /\d+/.exec(await running.line('port'))?.[0];
    const url = `http://127.0.0.1:${port}/readyz`;
    expect((await running.endpoint(url)).status).toBe(503);
    expect(await running.endpoint(url, { until: ({ status }) => status === 200 })).toEqual({
      status: 200,
      body: '/readyz',
    });
    const socketPath = `${running.folder}/socket`;
    expect((await running.endpoint('http://localhost/metrics', { socketPath })).body).toBe('/metrics');
    await expect(running.endpoint(url, { until: () => false, timeoutMs: 50 })).rejects.toThrow(
      'the awaited answer of http://127',
    );
  });

  test('reads what is written to it, and hears signals', async () => {
    const reading = await start('process.stdin.pipe(process.stdout)');
    reading.write('one ');
    reading.write('two', true);
    expect((await reading.exit()).stdout).toBe('one two');
    const hearing = await start(`process.on("SIGTERM", () => process.exit(5)); console.log("up"); ${forever}`);
    await hearing.line('up');
    hearing.signal('SIGTERM');
    expect((await hearing.exit()).code).toBe(5);
  });

  test('is killed at once, and disposed of with its folder', async () => {
    const running = await start(`process.on("SIGTERM", () => {}); console.log("up"); ${forever}`);
    await running.line('up');
    expect(await running.kill()).toMatchObject({ code: null, signal: 'SIGKILL' });
    await running.dispose();
    expect(existsSync(running.folder)).toBe(false);
  });

  test('gets the given environment and nothing else', async () => {
    const running = await start('console.log(Object.keys(process.env).sort().join())', { env: { ONLY: '1' } });
    expect((await running.exit()).stdout).toBe('ONLY\n');
  });

  test('that does not exist is told apart', async () => {
    const running = await startProcess({ command: ['no-such-program'] });
    expect(await running.exit()).toMatchObject({ code: 127, stderr: expect.stringContaining('ENOENT') });
    await running.dispose();
  });
});
