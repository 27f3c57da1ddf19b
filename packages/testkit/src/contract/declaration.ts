import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { type JsonSchema, PLUGIN_CONTRACT, type PluginDeclaration, resolveConfig } from '@tailrace/core';
import { pluginContext, sourceContext } from '../harness.ts';
import { moduleImporter } from '../load-module.ts';
import { inFolder, type TestHooks } from './hooks.ts';

/** A configuration that a plugin has to refuse, and the way to the option that is wrong. */
export interface ConfigFault {
  readonly config: object;
  readonly at: readonly (string | number)[];
}

/** What the suites of all kinds take. */
export interface ContractOptions {
  /** Options as they stand in YAML; those of the first example unless set. */
  readonly config?: object;
  /** Files that the options name, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** What `create` refuses: values that fit the schema and still make no sense. */
  readonly faults?: readonly ConfigFault[];
}

/** Options and files to create a plugin with. */
export function chosenConfig(
  declaration: PluginDeclaration,
  options: ContractOptions,
): { config: object; files: Readonly<Record<string, string>> } {
  const example = declaration.examples[0];
  const files = example && 'files' in example ? example.files : undefined;
  return {
    config: options.config ?? (example?.config as object | undefined) ?? {},
    files: options.files ?? files ?? {},
  };
}

/** Creates a plugin of any kind from options as they stand in YAML, as the runner does to validate them. */
async function createIn(declaration: PluginDeclaration, config: object, folder: string): Promise<unknown> {
  const resolved = resolveConfig(declaration.config, config);
  const nothing = (): void => undefined;
  const context = {
    ...sourceContext(folder).context,
    ...pluginContext(folder).context,
    ...{ reject: nothing, discardReason: nothing, route: nothing, loadModule: moduleImporter(folder) },
  };
  if (declaration.kind === 'source') return await declaration.create({ config: resolved, context });
  if (declaration.kind === 'transform') return await declaration.create({ config: resolved, context });
  return await declaration.create({ config: resolved, context });
}

/** What holds for plugins of every kind: the declaration is whole, creating has no effects, wrong options are refused where they stand. */
export function declarationContract(
  { test }: TestHooks,
  declaration: PluginDeclaration,
  options: ContractOptions,
): void {
  test('declares itself: a type, a sentence, an example, a sentence for every option', () =>
    Promise.resolve(declaration).then(checkDeclaration));

  test('creating it has no effects: no file appears, and it can be done twice', async () => {
    const { config, files } = chosenConfig(declaration, options);
    await inFolder(files, async (folder) => {
      await createIn(declaration, config, folder);
      await createIn(declaration, config, folder);
      assert.deepEqual((await readdir(folder)).sort(), Object.keys(files).sort());
    });
  });

  for (const { config, at } of options.faults ?? []) {
    test(`refuses ${JSON.stringify(config)} at ${at.join('.')}`, async () => {
      await inFolder(chosenConfig(declaration, options).files, async (folder) => {
        const error: unknown = await createIn(declaration, config, folder).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        assert.ok(
          error instanceof Error && error.name === 'ConfigError',
          `create throws a ConfigError, not ${String(error)}`,
        );
        assert.deepEqual((error as Error & { at?: unknown }).at, at);
        assert.notEqual(error.message, '');
      });
    });
  }
}

function checkDeclaration({ contract, type, summary, examples, config }: PluginDeclaration): void {
  assert.equal(contract, PLUGIN_CONTRACT, 'made by defineSource, defineTransform or defineSink of this core');
  assert.match(type, /^[a-z0-9]+(?:_[a-z0-9]+)*$/, 'type is lower_snake');
  assert.match(summary, /^\S.*\.$/s, 'summary is a sentence');
  assert.ok(examples.length > 0, 'examples has at least one');
  assert.deepEqual(withoutSentence(config.json, ''), [], 'options without a sentence, or not lower_snake');
}

function withoutSentence(schema: JsonSchema, prefix: string): string[] {
  const inner = [schema.items, ...(schema.anyOf ?? []), schema.additionalProperties];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
      const good = /^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(key) && /^\S.*[.:]$/s.test(option.description ?? '');
      return [...(good ? [] : [`${prefix}${key}`]), ...withoutSentence(option, `${prefix}${key}.`)];
    }),
    ...inner.flatMap((one) => (typeof one === 'object' ? withoutSentence(one, prefix) : [])),
  ];
}
