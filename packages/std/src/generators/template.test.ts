import { describe, expect, test } from 'vitest';
import { type TemplateOptions, templateLines, templateProblems } from './template.ts';

const lines = (template: string | string[], options: Partial<TemplateOptions> = {}) => [
  ...templateLines({ template, lines: 3, ...options }),
];

describe('placeholders', () => {
  test('every one of them, twice the same', () => {
    const template =
      '{{seq}} {{seq 100}} {{time}} {{uuid}} {{int 1 6}} {{float 0 1}} {{float -1 1 1}} {{spread 40 0.8}} {{pick a|b c|d}} {{bool 0.9}} {{hex 5}} {{ip}} {{word}}';
    expect(lines(template, { seed: 'golden' })).toMatchInlineSnapshot(`
      [
        "0 100 2026-11-02T06:00:00.000Z 86850c2d-86a9-4e44-8c8a-c5f45c4a6696 4 0.949 -0.1 28.624 a false 47b7d 10.29.243.29 juniper",
        "1 101 2026-11-02T06:00:01.000Z 76bab377-b105-442d-920a-c4becb0c9e89 6 0.306 -0.9 11.953 d true 720c3 10.88.34.87 birch",
        "2 102 2026-11-02T06:00:02.000Z 8570c92f-6137-4f1a-affd-79bfc5a2e1e1 5 0.858 -0.4 51.842 a true 9e28d 10.76.44.57 harbor",
      ]
    `);
    expect(lines(template, { seed: 'golden' })).toEqual(lines(template, { seed: 'golden' }));
    expect(lines(template, { seed: 'other' })).not.toEqual(lines(template, { seed: 'golden' }));
  });

  test('time moves on with the rate', () => {
    const options = { start: '2026-01-31T23:59:59.9Z', rate: 8 };
    expect(lines('{{time}}|{{time ns}}|{{time epoch_ms}}|{{time epoch_s}}', options)).toEqual([
      '2026-01-31T23:59:59.900Z|2026-01-31T23:59:59.9Z|1769903999900|1769903999',
      '2026-02-01T00:00:00.025Z|2026-02-01T00:00:00.025Z|1769904000025|1769904000',
      '2026-02-01T00:00:00.150Z|2026-02-01T00:00:00.15Z|1769904000150|1769904000',
    ]);
  });

  test('uuids are version 4, ints take both ends, floats have their digits', () => {
    for (const line of lines('{{uuid}} {{int -1 1}} {{float 5 6 2}}', { lines: 200 })) {
      expect(line).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12} (-1|0|1) (5\.\d\d|6\.00)$/);
    }
    expect(new Set(lines('{{int -1 1}}', { lines: 200 }))).toEqual(new Set(['-1', '0', '1']));
  });

  test('JSON around them stays as it is, and quotes print anything', () => {
    const [first = ''] = lines('{"a":{"n":{{int 7 7}}}} {{"{{seq}} \\"x\\""}} {{ seq }}');
    expect(first).toBe('{"a":{"n":7}} {{seq}} "x" 0');
  });

  test('with several templates each line takes one', () => {
    expect(new Set(lines(['a', 'b', 'c'], { lines: 100 }))).toEqual(new Set(['a', 'b', 'c']));
  });
});

describe('problems', () => {
  const names = 'seq, time, uuid, int, float, spread, pick, bool, hex, ip, word';
  test.each([
    ['ab {{itn 1 2}}', [`template: column 4: {{itn 1 2}}: unknown placeholder "itn", expected one of ${names}`]],
    ['{{toString}}', [`template: column 1: {{toString}}: unknown placeholder "toString", expected one of ${names}`]],
    ['{{int 6 1}}', ['template: column 1: {{int 6 1}}: expected two numbers, the smaller first']],
    ['{{int 1.5 2}}', ['template: column 1: {{int 1.5 2}}: expected whole numbers, like {{int 1 6}}']],
    ['{{float 1 2 99}}', ['template: column 1: {{float 1 2 99}}: expected 0 to 15 digits, like {{float 0 1 3}}']],
    ['{{pick}}', ['template: column 1: {{pick}}: expected choices, like {{pick red|green|blue}}']],
    ['{{spread x}}', ['template: column 1: {{spread x}}: expected 1 to 2 numbers of at least 0']],
    ['{{time zulu}}', ['template: column 1: {{time zulu}}: expected nothing, ms, ns, epoch_ms or epoch_s behind it']],
    ['x {{seq', [`template: column 3: {{ without }}; expected one of ${names}`]],
    ['{"fine": {"too": 1}}', []],
  ])('%s', (template, problems) => {
    expect(templateProblems(template)).toEqual(problems);
  });

  test('are thrown all at once', () => {
    expect(() => lines(['{{int}}', '{{x}}'])).toThrow(/\{\{int\}\}.*\n.*\{\{x\}\}/);
    expect(() => lines('a', { rate: 0 })).toThrow('rate: got 0, expected more than 0 lines per second');
    expect(() => lines([])).toThrow('template: the list is empty, expected at least one text');
  });
});
