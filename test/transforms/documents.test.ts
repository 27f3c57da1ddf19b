import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../repository/workspace.ts';
import { runTailrace } from '../support/tailrace.ts';

/** The blocks of a page that begin with the name of their file. */
function filesIn(page: string): Record<string, string> {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const blocks = text.matchAll(/```\w+\n((?:#|\/\/) (\S+)\n.*?)```/gs);
  return Object.fromEntries([...blocks].map(([, content, name]) => [name!, content!]));
}

test.each(['script.md', 'routing.md', 'multiline.md', 'parse.md'])(
  'the pipeline of docs/%s passes the tests that it shows',
  async (page) => {
    const files = filesIn(page);
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['pipeline.yaml', 'pipeline.test.yaml']));
    expect(await runTailrace(['test', 'pipeline.yaml'], { files })).toMatchObject({ code: 0, stderr: '' });
  },
);
