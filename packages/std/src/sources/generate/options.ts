import { anyOf, ConfigError, duration, type Infer, integer, list, number, object, oneOf, string } from '@tailrace/core';
import { templateProblems } from '../../generators/template.ts';

/** The options of the `generate` source. */
export const generateOptions = object({
  template: anyOf(
    [
      string({ description: 'One text.' }),
      list(string({ description: 'One of several texts.' }), { description: 'Several texts.', minItems: 1 }),
    ],
    {
      description:
        'Text of a line, with placeholders such as {{seq}}, {{time}}, {{int 1 6}} or {{pick red|green}}; of several each line takes one at random.',
      examples: ['{"n":{{seq}},"level":"{{pick INFO|WARN}}"}'],
    },
  ),
  system: oneOf(['mirrord'], { description: 'A known system whose log to generate, instead of a template.' }),
  format: oneOf(['docker', 'cri', 'plain'], {
    description:
      'How the lines are written before they are read again: as Docker or containerd writes them, or bare; docker for a system, plain for a template.',
  }),
  lines: integer({ minimum: 0, description: 'How many log events to generate; unset: without end.' }),
  rate: number({
    default: 0,
    minimum: 0,
    maximum: 1_000_000,
    description:
      'Lines per second; 0 is as fast as the pipeline takes them. Of a system it is the mean of a day: there are more at noon and fewer at night.',
  }),
  seed: anyOf([string({ description: 'Any text.' }), integer({ description: 'A number.' })], {
    default: 1,
    description:
      'Equal seeds give equal lines; from `start: now` on a system has the same people and workloads, who do something else each time.',
  }),
  start: string({
    default: '2026-11-02T06:00:00Z',
    description:
      'Time of the first line, ISO 8601, or `now`; with `backfill`, of the first line that does not come at once.',
  }),
  backfill: duration({
    description:
      'The lines of so much time before `start` come at once, and then, at `rate`, those that follow. With `start: now` and after a restart only what is missing since the last line.',
    examples: ['2h'],
  }),
});
export type GenerateConfig = Infer<typeof generateOptions>;

/** Throws a {@link ConfigError} that says what cannot be generated, and where it stands. */
export function checkConfig({ template, system, start, backfill, rate }: GenerateConfig): void {
  if (template === undefined && system === undefined) {
    throw new ConfigError([], 'needs `template`, the text of a line, or `system: mirrord`');
  }
  if (template !== undefined && system !== undefined) {
    throw new ConfigError(['template'], 'cannot stand beside `system`: give one of them');
  }
  if (start !== 'now' && Number.isNaN(Date.parse(start))) {
    throw new ConfigError(
      ['start'],
      `must be \`now\` or a time like 2026-11-02T06:00:00Z, is ${JSON.stringify(start)}`,
    );
  }
  if (backfill !== undefined && !(rate > 0)) {
    throw new ConfigError(['backfill'], 'needs a `rate`: how many lines per second there were');
  }
  checkTemplate(template);
}

function checkTemplate(template: GenerateConfig['template']): void {
  const several = Array.isArray(template);
  for (const [i, text] of [template ?? []].flat().entries()) {
    const [problem] = templateProblems(text);
    if (problem !== undefined) throw new ConfigError(several ? ['template', i] : ['template'], problem);
  }
}
