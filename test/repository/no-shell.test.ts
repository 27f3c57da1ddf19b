import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packages, root, trackedFiles } from './workspace.ts';

/** What starts a program, whatever it is called by: `child_process` and `cluster` of Node, and its internal binding. */
const STARTS_PROGRAMS =
  /(?:from|import|require)\b[\s(]*['"](?:node:)?(?:child_process|cluster)['"]|process\s*\.\s*binding\b/;

test('nothing that a pipeline runs starts a program, let alone a shell', () => {
  // The testkit starts the servers of tests.
  const shipped = packages.map(({ folder }) => path.relative(root, folder)).filter((it) => it !== 'packages/testkit');
  const sources = trackedFiles().filter(
    (file) =>
      shipped.some((folder) => file.startsWith(`${folder}/src/`)) && /(?<!\.test|\.fixture)\.[cm]?[jt]s$/.test(file),
  );
  expect(sources.length).toBeGreaterThan(400);
  expect(sources.filter((file) => STARTS_PROGRAMS.test(readFileSync(path.join(root, file), 'utf8')))).toEqual([]);
});
