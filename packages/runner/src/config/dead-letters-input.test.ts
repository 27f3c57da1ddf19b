import { expect, test } from 'vitest';
import { changed, GOOD, load, problemsOf } from './load.fixture.ts';

const withLetters = (inputs: string): string => `${GOOD}  letters: { type: print, inputs: ${inputs} }\n`;

test.each([
  ['dead_letters', ['dead_letters']],
  ['[edited, dead_letters]', ['edited', 'dead_letters']],
  // Letters have to be named: a pattern that fits all components does not mean them.
  ['"*"', ['app', 'edited']],
])('a sink may have the inputs %s', async (inputs, resolved) => {
  const { config, problems } = await load({ 'p.yaml': withLetters(inputs) });
  expect(problems).toEqual([]);
  expect(config?.components.find(({ id }) => id === 'letters')?.inputs).toEqual(resolved);
});

test.each([
  [
    'a transform that takes letters',
    changed('inputs: app', 'inputs: [app, dead_letters]'),
    'p.yaml:7:19 transforms.edited.inputs[1]: only sinks take dead letters, expected a source or transform',
  ],
  [
    'a slip in the name',
    withLetters('dead_leters'),
    'p.yaml:12:35 sinks.letters.inputs: unknown component "dead_leters", expected one of app, edited, did you mean "dead_letters"?',
  ],
  [
    'a component of that name',
    GOOD.replaceAll('edited', 'dead_letters'),
    'p.yaml:5:3 transforms.dead_letters: the id "dead_letters" stands for the dead letters, expected another id',
  ],
])('%s', async (_, text, message) => {
  expect(await problemsOf(text)).toContain(message);
});
