import { anything, boolean, type Infer, list, object, oneOf, printPath, resolveConfig, string } from '@tailrace/core';
import type { Place } from '../component.ts';
import { producerOf } from '../routing.ts';
import type { CheckedComponent } from './check-component.ts';
import type { CheckOptions } from './check-options.ts';
import type { WrittenTest } from './collect.ts';
import { outputFault } from './named-outputs.ts';
import { nearest } from './nearest.ts';
import type { Problem, Report } from './problem.ts';
import { walk } from './tree.ts';

/** A test of a pipeline, an entry of `tests`. */
export const testSchema = object({
  name: string({ required: true, minLength: 1, description: 'What the test shows; printed with its result.' }),
  component: string({
    description:
      'Id of the transform or sink to test alone, or one of its outputs (`router.errors`); unset: the whole pipeline.',
  }),
  source: string({ description: 'Id of the source that reads the input; unset: the only one.' }),
  sink: string({ description: 'Id of the sink whose events and requests are expected; unset: the only one.' }),
  input: object(
    {
      raw: string({
        description:
          'The text the source reads: lines as they stand in a file, for `prometheus_scrape` an exposition, for `otlp` the JSON of a request.',
      }),
      raw_base64: string({ description: 'The same for bytes that are no text.' }),
      path: string({
        description: 'The path of the file that the text comes from: names in it become fields of the event.',
      }),
      read_to_end: boolean({
        default: true,
        description: 'The input has ended, so a last line without a newline counts.',
      }),
      events: list(anything({ description: 'An event.' }), { description: 'Events, instead of a text.' }),
    },
    { description: 'What goes in: one of raw, raw_base64, events.' },
  ),
  expect: object(
    {
      match: oneOf(['exact', 'contains'], {
        default: 'exact',
        description: 'contains: further members of an object are no difference.',
      }),
      events: list(anything({ description: 'An event.' }), {
        description:
          'All events that come out of the component, or that reach the sink; a data point or span as the JSON of an OTLP request that holds it alone.',
      }),
      requests: list(anything({ description: 'A body.' }), {
        description:
          'All bodies the sink would send, not packed: each as text, as the JSON value it is, or as a list of the JSON lines in it.',
      }),
      discarded: list(anything({ description: 'component, reason and event.' }), {
        description: 'All events that a component removed; of component, reason and event, those given are compared.',
      }),
      dead_letters: list(anything({ description: 'component, code, message and event.' }), {
        description:
          'All events that a component refused; of component, code, message and event, those given are compared.',
      }),
    },
    { description: 'What has to come out; what is not named is not compared.' },
  ),
});

/** A test that is ready to run. */
export interface TestConfig {
  readonly test: Infer<typeof testSchema>;
  readonly place: Place;
}

/** Checks a test; `undefined` when it is faulty. */
export function readTest(
  { tree, at }: WrittenTest,
  components: readonly CheckedComponent[],
  check: CheckOptions,
  report: Report,
): TestConfig | undefined {
  const raw = check(testSchema.json, { tree, at, place: tree.place }, report);
  if (raw === undefined) return undefined;
  const test = resolveConfig(testSchema, raw);
  let faulty = false;
  const fault = (key: string, rest: Pick<Problem, 'what' | 'expected' | 'near'>): void => {
    faulty = true;
    report({ ...walk(tree, [key]).tree.place, path: printPath([...at, key]), ...rest });
  };
  checkNames(test, components, fault);
  const given = (['raw', 'raw_base64', 'events'] as const).filter((key) => test.input[key] !== undefined);
  if (given.length !== 1) {
    fault('input', { what: given.length === 0 ? 'is missing' : `has ${given.join(' and ')}`, expected: ONE_INPUT });
  }
  const { match: _, ...expected } = test.expect;
  if (Object.values(expected).every((value) => value === undefined)) {
    fault('expect', { what: 'expects nothing', expected: `one or more of ${Object.keys(expected).join(', ')}` });
  }
  return faulty ? undefined : { test, place: tree.place };
}

const ONE_INPUT = 'one of raw, raw_base64, events';

function checkNames(
  test: TestConfig['test'],
  components: readonly CheckedComponent[],
  fault: (key: string, rest: Pick<Problem, 'what' | 'expected' | 'near'>) => void,
): void {
  const sections = { component: ['transforms', 'sinks'], source: ['sources'], sink: ['sinks'] } as const;
  for (const key of ['component', 'source', 'sink'] as const) {
    const id = test[key];
    const ids = components
      .filter(({ section }) => (sections[key] as readonly string[]).includes(section))
      .map((c) => c.id);
    // Without components there is nothing to test; that is said elsewhere.
    if (ids.length === 0) continue;
    const outlet = id?.includes('.') ? components.find((one) => one.id === producerOf(id)) : undefined;
    if (key === 'component' && outlet && id !== undefined) {
      const wrong = outputFault(outlet, id);
      if (wrong) fault(key, wrong);
      continue;
    }
    if (id !== undefined && !ids.includes(id)) {
      fault(key, { what: `unknown ${key} "${id}"`, expected: `one of ${ids.join(', ')}`, near: nearest(id, ids) });
    }
    if (id !== undefined || test.component !== undefined || key === 'component' || ids.length === 1) continue;
    fault(key, {
      what: `the pipeline has ${ids.length} ${key}s`,
      expected: `"${key}" to name one of ${ids.join(', ')}`,
    });
  }
}
