import { PassThrough } from 'node:stream';
import { object, resolveConfig, secret } from '@tailrace/core';
import { afterEach, expect, it } from 'vitest';
import { createLog } from './log.ts';

const { NO_COLOR } = process.env;
afterEach(() => {
  if (NO_COLOR === undefined) delete process.env['NO_COLOR'];
  else process.env['NO_COLOR'] = NO_COLOR;
});

/** A stream that keeps what is written to it. */
function stream(isTTY: boolean) {
  const through = new PassThrough();
  let written = '';
  through.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  return {
    to: Object.assign(through, { isTTY }) as unknown as NodeJS.WriteStream,
    async written() {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return written;
    },
  };
}

it('writes JSON lines where nobody looks, with the level as a word and ISO time', async () => {
  const { to, written } = stream(false);
  const log = await createLog('info', to);
  log.debug({}, 'not this');
  log.warn({ component: 'es' }, 'slow');
  const lines = (await written()).trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    component: 'es',
    msg: 'slow',
  });
});

it('is pretty on a terminal, with colours unless NO_COLOR asks for none', async () => {
  for (const noColor of ['', '1']) {
    process.env['NO_COLOR'] = noColor;
    const { to, written } = stream(true);
    const log = await createLog('debug', to);
    log.error({ component: 'es' }, 'gone');
    const said = await written();
    expect(said).toMatch(/ERROR/);
    expect(said).toContain('gone');
    expect(() => JSON.parse(said)).toThrow();
    expect(said.includes('\u001b[')).toBe(noColor === '');
  }
});

it('prints a secret as ***, wherever it stands', async () => {
  const config = resolveConfig(object({ key: secret({ description: 'A key.' }) }), { key: 'hunter2' });
  for (const isTTY of [false, true]) {
    const { to, written } = stream(isTTY);
    const log = await createLog('info', to);
    log.info({ key: config.key, deep: { config }, list: [config.key] }, `with ${config.key}`);
    const said = await written();
    expect(said).toContain('***');
    expect(said).not.toContain('hunter2');
  }
});
