import assert from 'node:assert/strict';
import type { LogBatch, TransformDeclaration, TransformExample } from '@tailrace/core';
import { batchOf, batchOfTexts } from '../harness.ts';
import { type ContractOptions, chosenConfig, declarationContract } from './declaration.ts';
import { inFolder, type TestHooks } from './hooks.ts';
import { runTransform } from './transform-run.ts';

/** What a transform's suite may be told. */
export interface TransformContractOptions extends ContractOptions {
  /** Events to run it on, beside those of its examples and some odd ones. */
  readonly events?: readonly object[];
  /** False: what it gives depends on the clock, so two runs may differ. */
  readonly repeatable?: boolean;
}

/** Events that a pipeline may hold and a plugin easily forgets. */
const ODD: readonly string[] = [
  '{}',
  '{"":""}',
  '{"log":null}',
  '{"log":"\\u0000\\ud83d\\ude00 \\"}"}',
  '{"n":12345678901234567890,"f":1.50,"deep":[[[{"a":[]}]]]}',
  '{"@timestamp":"2026-11-20T10:00:00.123456789Z","log":"{\\"level\\":\\"INFO\\"}\\n"}',
  '{"__proto__":{"x":1},"constructor":2}',
];

/**
 * The contract of a transform, as tests: its examples run; every event that comes out stands for one that came in; the batch that it was
 * given stays as it is for others; the same events give the same, however they are cut into batches.
 */
export function transformContract(
  hooks: TestHooks,
  declaration: TransformDeclaration,
  options: TransformContractOptions = {},
): void {
  hooks.describe(`the contract of the transform ${declaration.type}`, () => {
    declarationContract(hooks, declaration, options);
    if (declaration.input !== 'logs' || declaration.output !== 'logs') return;
    for (const example of declaration.examples) {
      hooks.test(`example: ${example.title}`, () => runExample(declaration, example));
    }
    behaviour(hooks, declaration, options);
  });
}

async function runExample(declaration: TransformDeclaration, example: TransformExample): Promise<void> {
  await inFolder(example.files ?? {}, async (folder) => {
    const { texts } = await runTransform(declaration, example.config as object, folder, [batchOf(example.input)]);
    const events = texts.map((text) => JSON.parse(text) as unknown);
    assert.deepEqual(events, JSON.parse(JSON.stringify(example.output)));
  });
}

function behaviour({ test }: TestHooks, declaration: TransformDeclaration, options: TransformContractOptions): void {
  const { config, files } = chosenConfig(declaration, options);
  const texts = eventTexts(declaration, options);
  const run = (batches: readonly LogBatch[]) =>
    inFolder(files, (folder) => runTransform(declaration, config, folder, batches));

  test('every event that comes out stands for one that came in, under an id of its own', async () => {
    const { ids } = await run([batchOfTexts(texts)]);
    const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
    assert.deepEqual(twice, [], 'ids that two events have: parts of a split are made by one derive');
  });

  test('an empty batch is no event', async () => {
    assert.deepEqual(await run([batchOfTexts([])]), { texts: [], ids: [], rejected: [] });
  });

  test('the batch that came in stays as it is for the other branches', async () => {
    const batch = batchOfTexts(texts);
    await run([batch]);
    assert.deepEqual(
      Array.from({ length: batch.length }, (_, i) => batch.text(i)),
      texts,
    );
  });

  if (options.repeatable === false) return;
  test('the same events give the same, so that what is read again becomes what it was', async () => {
    assert.deepEqual(await run([batchOfTexts(texts)]), await run([batchOfTexts(texts)]));
  });

  test('it does not matter how the events are cut into batches', async () => {
    const batch = batchOfTexts(texts);
    const whole = await run([batch]);
    for (const size of [1, 2, 3]) {
      const pieces = Array.from({ length: Math.ceil(texts.length / size) }, (_, k) => {
        const from = k * size;
        const count = Math.min(size, texts.length - from);
        return batch.select(Array.from({ length: count }, (__, i) => from + i)).fork();
      });
      assert.deepEqual(await run(pieces), whole, `in batches of ${size}`);
    }
  });
}

function eventTexts(declaration: TransformDeclaration, { events }: TransformContractOptions): string[] {
  const known = events ?? declaration.examples.flatMap((example) => example.input);
  return [...known.map((event) => JSON.stringify(event)), ...ODD, ...known.map((event) => JSON.stringify(event))];
}
