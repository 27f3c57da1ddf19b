import { existsSync } from 'node:fs';
import { styleText } from 'node:util';
import type { PipelineConfig, TestConfig } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { load, problemsText } from '../pipeline.ts';
import { type Difference, differences } from '../testing/compare.ts';
import { type DiffLine, diffLines, diffText } from '../testing/diff.ts';
import { observe } from '../testing/run-test.ts';

/** The files and, for `x.yaml` or `x.ts`, the tests in `x.test.yaml` beside it. */
function withTestFiles(files: readonly string[]): string[] {
  const beside = files.map((file) => {
    const yaml = file.replace(/\.[cm]?[jt]s$/, '.yaml');
    return yaml.replace(/(?<!\.test)\.ya?ml$/, '.test$&');
  });
  return [...new Set([...files, ...beside.filter((file) => existsSync(file))])];
}

type Color = 'red' | 'green' | 'gray' | 'bold';
type Paint = (color: Color, text: string) => string;

/** `tailrace test`: runs the tests of a pipeline; 1 when one of them fails. */
export async function testCommand(
  files: readonly string[],
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
): Promise<number> {
  const { config, tests, problems } = await load(withTestFiles(files));
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  // styleText looks at NO_COLOR, FORCE_COLOR and whether the stream is a terminal.
  const paint: Paint = (color, text) => styleText(color, text, { stream: stdout });
  if (tests.length === 0) {
    stderr.write(
      `${files.join(', ')}: no tests: write some under the key "tests", here or in a file *.test.yaml beside it\n`,
    );
    return EXIT.failed;
  }
  let failed = 0;
  for (const test of tests) {
    const text = await runOne(config, test, paint);
    if (text.failed) failed++;
    await write(stdout, text.report);
  }
  await write(stdout, `${tests.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? EXIT.ok : EXIT.failed;
}

async function runOne(
  config: PipelineConfig,
  test: TestConfig,
  paint: Paint,
): Promise<{ failed: boolean; report: string }> {
  const found = differences(test, await observe(config, test));
  const { name } = test.test;
  if (found.length === 0) return { failed: false, report: `${paint('green', 'ok')}   ${name}\n` };
  const { file, line, column } = test.place;
  const head = `${paint('red', 'FAIL')} ${name} (${file}:${line}:${column})`;
  return {
    failed: true,
    report: `${[head, ...found.flatMap((difference) => explain(difference, paint))].join('\n')}\n`,
  };
}

function explain({ of, expected, found }: Difference, paint: Paint): string[] {
  const color = { same: 'gray', expected: 'red', found: 'green' } as const;
  const line = (kind: DiffLine['kind'], text: string): string => `  ${paint(color[kind], text)}`;
  return [`  ${paint('bold', of)} (- expected, + found)`, ...diffText(diffLines(expected, found), line)];
}
