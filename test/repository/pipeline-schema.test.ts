import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root, trackedFiles } from './workspace.ts';

const pipelines = trackedFiles().filter((file) => /^pipelines\/.*(?<!\/fields)\.yaml$/.test(file));
const schema = JSON.parse(readFileSync(path.join(root, 'docs/reference/pipeline.schema.json'), 'utf8')) as object;
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

test.each(pipelines)('%s tells editors its schema, and fits it as it is written', (file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? 'none';
  const target = path.join(root, path.dirname(file), named);
  expect([path.relative(root, target), existsSync(target)]).toEqual(['docs/reference/pipeline.schema.json', true]);
  validate(parse(text, { merge: true }));
  expect(validate.errors ?? []).toEqual([]);
});

test('the schema takes plugins of one’s own, and refuses what none has', () => {
  const pipelineWith = (type: string) => ({ sources: { app: { type, anything: 1 } } });
  expect([validate(pipelineWith('./mine.ts')), validate(pipelineWith('shop-plugins/orders'))]).toEqual([true, true]);
  expect(validate(pipelineWith('no_such_type'))).toBe(false);
});
