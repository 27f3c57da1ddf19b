import { appendFile, mkdtemp, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultLedger, type Issue } from './fault-ledger.ts';
import { containerLog } from './fault-log.ts';
import { judge } from './fault-oracle.ts';

const documentOf = ({ payload, time }: Issue) => ({ ...payload, '@timestamp': time, stream: 'stdout' });

describe('the oracle', () => {
  function setting() {
    const ledger = faultLedger('case');
    const issues = Array.from({ length: 4 }, () => ledger.issue('a'));
    const poison = ledger.issue('a', { poison: true });
    return { ledger, issues, poison, all: issues.map(documentOf), letters: new Set([poison.payload.id]) };
  }
  const clean = {
    issued: 5,
    lost: 0,
    unreachable: 0,
    duplicated: 0,
    invented: 0,
    deadLetters: 1,
    misplaced: 0,
    examples: [],
  };

  test('finds nothing where each event is in its place', () => {
    const { ledger, all, letters } = setting();
    expect(judge(ledger, all, letters)).toEqual(clean);
  });

  test('tells lost from destroyed', () => {
    const { ledger, issues, all, letters } = setting();
    ledger.destroy([issues[0]!.payload.id, issues[3]!.payload.id]);
    const verdict = judge(ledger, all.slice(2), letters);
    expect(verdict).toEqual({ ...clean, lost: 1, unreachable: 1, examples: [`lost: ${issues[1]!.payload.id}`] });
    expect(judge(ledger, all, new Set()).lost).toBe(1);
  });

  test('counts repeats beyond the copies that were written', () => {
    const { ledger, issues, all, letters } = setting();
    const more = [...all, all[0]!, all[0]!, all[1]!];
    expect(judge(ledger, more, letters).duplicated).toBe(3);
    ledger.copy(issues[0]!);
    expect(judge(ledger, more, letters)).toMatchObject({ issued: 6, duplicated: 2, lost: 0 });
    expect(judge(ledger, all, letters)).toMatchObject({ issued: 6, duplicated: 0, lost: 1 });
  });

  test('an unknown id, another payload and another time are inventions', () => {
    const { ledger, all, letters } = setting();
    const altered = [{ ...all[0]!, text: 'other' }, { ...all[1]!, '@timestamp': 'x' }, { ...all[2]!, n: '2' }, all[3]!];
    const verdict = judge(ledger, [...altered, { ...all[0]!, id: 'case-a-999999' }, {}], letters);
    expect(verdict).toMatchObject({ invented: 5, lost: 3 });
  });

  test('a good event among the dead letters is misplaced', () => {
    const { ledger, issues, all, letters } = setting();
    const verdict = judge(ledger, all.slice(1), new Set([...letters, issues[0]!.payload.id]));
    expect(verdict).toMatchObject({ lost: 0, deadLetters: 2, misplaced: 1 });
  });
});

describe.each(['docker', 'cri'] as const)('a container’s log in %s', (format) => {
  async function setting() {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'fault-log-')));
    const ledger = faultLedger('case');
    return { ledger, log: await containerLog({ ledger, folder, name: 'web', format, poisonEvery: 10 }) };
  }
  /** The programs' lines, put together from the runtime's. */
  function payloads(text: string): unknown[] {
    const contents = text
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        if (format === 'docker') return (JSON.parse(line) as { log: string }).log;
        const [, , mark, content] = /^(\S+ stdout) ([PF]) (.*)$/.exec(line)!;
        return mark === 'F' ? `${content}\n` : content!;
      });
    return contents
      .join('')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
  }

  test('holds what was issued, long lines in parts', async () => {
    const { ledger, log } = await setting();
    await log.write(70);
    const text = await readFile(log.link, 'utf8');
    expect(payloads(text)).toEqual([...ledger.issued.values()].map((issue) => issue.payload));
    expect(text.split('\n').length - 1).toBe(71);
    expect([...ledger.issued.values()].filter((issue) => issue.poison).length).toBe(7);
    expect(await log.idsInFile()).toEqual([...ledger.issued.keys()]);
  });

  test('parts of a line belong together, and lines fill exactly so many bytes', async () => {
    const { ledger, log } = await setting();
    const [first, second] = log.parts();
    await appendFile(log.file, first);
    await appendFile(log.file, second);
    for (const bytes of [1500, 1501, 5432]) {
      const lines = log.exactly(bytes);
      expect(lines.length).toBe(bytes);
      await appendFile(log.file, lines);
    }
    expect(payloads(await readFile(log.file, 'utf8'))).toEqual(
      [...ledger.issued.values()].map((issue) => issue.payload),
    );
  });
});
