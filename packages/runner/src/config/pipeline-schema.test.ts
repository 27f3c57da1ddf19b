import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { changed, GOOD, plugins } from './load.fixture.ts';
import { pipelineSchema } from './pipeline-schema.ts';

const ajv = new Ajv({ allowUnionTypes: true });
ajv.addKeyword('x-kind');
const fits = ajv.compile(pipelineSchema(plugins));

describe('the schema for editors takes', () => {
  test.each([
    ['a pipeline', GOOD],
    [
      'settings and tests',
      `shutdown_timeout: 5s\n${GOOD}tests: [{ name: a, input: { raw: x }, expect: { events: [] } }]`,
    ],
    ['a variable where a number is wanted', changed('[a.log]', `[a.log], port: "\${PORT}"`)],
    ['a variable where a duration is wanted', changed('[a.log]', `[a.log], every: "\${EVERY:-1s}"`)],
  ])('%s', (_, text) => {
    expect(fits(parse(text)), JSON.stringify(fits.errors)).toBe(true);
  });
});

describe('the schema for editors refuses', () => {
  test.each([
    ['an unknown key', `sinkz: {}\n${GOOD}`],
    ['an unknown type', changed('type: edit', 'type: eidt')],
    ['an unknown option', changed('type: edit', 'type: edit\n    feild: a')],
    ['a text where a number is wanted', changed('[a.log]', '[a.log], port: http')],
    ['a missing option', changed(', include: [a.log]', '')],
    ['a transform that reads nothing', changed('    inputs: app\n', '')],
  ])('%s', (_, text) => {
    expect(fits(parse(text))).toBe(false);
  });
});
