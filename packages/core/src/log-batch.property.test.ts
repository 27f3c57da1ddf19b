import { createFramer, kernel } from '@tailrace/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Json, parseJson, printJson } from './json.ts';
import { batchOf } from './log-batch.fixture.ts';
import { twinGet, twinRemove, twinRename, twinSet } from './log-batch.twin.ts';
import { type Path, path, printPath, type Step } from './path.ts';

// Few names, so that paths meet: objects, arrays and scalars stand in each other's way.
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b') },
  { weight: 1, arbitrary: fc.constantFrom('c', 'x.y', '', 'é"\\', '__proto__') },
);
const step: fc.Arbitrary<Step> = fc.oneof({ weight: 4, arbitrary: key }, { weight: 1, arbitrary: fc.nat({ max: 2 }) });
const where: fc.Arbitrary<Path> = fc
  .tuple(key, fc.array(step, { maxLength: 3 }))
  .map(([first, rest]) => ({ text: printPath([first, ...rest]), steps: [first, ...rest] }));

/** JSON text with keys that stand twice, whose numbers, escapes and spaces are not as JSON.stringify writes them. */
const leafText = fc.constantFrom(
  '1',
  '-2.50',
  '1E3',
  '12345678901234567890',
  '"s"',
  '"\\u0061\\n"',
  'null',
  'true',
  '""',
  '"é"',
);
const space = fc.constantFrom('', '', ' ', '\t ');
const { value: valueText, object: objectText } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leafText, tie('object'), list(tie('value'))),
  object: fc
    .tuple(fc.array(key, { maxLength: 4 }), fc.array(tie('value'), { minLength: 4, maxLength: 4 }), space)
    .map(
      ([keys, values, gap]) =>
        `{${gap}${keys.map((name, i) => `${JSON.stringify(name)}${gap}:${gap}${values[i]}`).join(`${gap},`)}${gap}}`,
    ),
}));
function list(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(item, { maxLength: 3 }), space)
    .map(([items, gap]) => `[${gap}${items.join(`,${gap}`)}${gap}]`);
}

type Operation =
  | { readonly kind: 'set' | 'object'; readonly event: number; readonly at: Path; readonly value: string }
  | { readonly kind: 'remove' | 'get' | 'objectRemove'; readonly event: number; readonly at: Path }
  | { readonly kind: 'rename'; readonly event: number; readonly at: Path; readonly to: Path }
  | { readonly kind: 'whole'; readonly event: number };

const event = fc.nat({ max: 1 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constantFrom('set' as const, 'object' as const), event, at: where, value: valueText }),
  fc.record({ kind: fc.constantFrom('remove' as const, 'get' as const, 'objectRemove' as const), event, at: where }),
  fc.record({ kind: fc.constant('rename' as const), event, at: where, to: where }),
  fc.record({ kind: fc.constant('whole' as const), event }),
);
const events = fc.array(objectText, { minLength: 2, maxLength: 2 });
const operations = fc.array(operation, { minLength: 2, maxLength: 14, size: 'max' });

type Batch = ReturnType<typeof batchOf>;

function apply(batch: Batch, objects: readonly Json[], op: Operation): void {
  const twin = objects[op.event]!;
  switch (op.kind) {
    case 'set':
      batch.set(op.event, op.at, parseJson(op.value));
      twinSet(twin, op.at.steps, parseJson(op.value));
      break;
    case 'object':
      twinSet(batch.object(op.event), op.at.steps, parseJson(op.value));
      twinSet(twin, op.at.steps, parseJson(op.value));
      break;
    case 'remove':
      batch.remove(op.event, op.at);
      twinRemove(twin, op.at.steps);
      break;
    case 'objectRemove':
      twinRemove(batch.object(op.event), op.at.steps);
      twinRemove(twin, op.at.steps);
      break;
    case 'rename':
      batch.rename(op.event, op.at, op.to);
      twinRename(twin, op.at.steps, op.to.steps);
      break;
    case 'get':
      expect(batch.get(op.event, op.at)).toEqual(twinGet(twin, op.at.steps));
      break;
    case 'whole':
      batch.events();
      break;
  }
}

test('edits of the text equal the same edits made on objects', () => {
  fc.assert(
    fc.property(events, operations, (texts, ops) => {
      const batch = batchOf(texts);
      const objects = texts.map(parseJson);
      for (const op of ops) apply(batch, objects, op);
      const edited = texts.map((_, i) => parseJson(batch.text(i)));
      expect(edited).toEqual(objects);
      const whole = batch.events();
      expect(texts.map((_, i) => Buffer.from(whole.text.subarray(whole.start[i], whole.end[i])).toString())).toEqual(
        texts.map((_, i) => batch.text(i)),
      );
    }),
    { numRuns: 300 },
  );
});

test('members that no edit touches keep their bytes', () => {
  fc.assert(
    fc.property(events, operations, (texts, ops) => {
      const batch = batchOf(texts);
      const objects = texts.map(parseJson);
      const before = batchOf(texts);
      for (const op of ops) apply(batch, objects, op);
      for (const [i, object] of objects.entries()) {
        const touched = new Set(
          ops
            .filter((op) => op.event === i)
            .flatMap((op) => ('at' in op ? [op.at, ...('to' in op ? [op.to] : [])] : []))
            .map((at) => at.steps[0]),
        );
        for (const name of Object.keys(object as object)) {
          if (touched.has(name)) continue;
          const at = { text: name, steps: [name] };
          expect(batch.getText(i, at)).toBe(before.getText(i, at));
        }
        if (ops.every((op) => op.event !== i)) expect(batch.text(i)).toBe(texts[i]);
      }
    }),
    { numRuns: 200 },
  );
});

test('a batch whose events were edited and then chosen holds the edited text', () => {
  fc.assert(
    fc.property(events, operations, fc.array(event, { maxLength: 4 }), (texts, ops, chosen) => {
      const batch = batchOf(texts);
      const objects = texts.map(parseJson);
      for (const op of ops) apply(batch, objects, op);
      const selected = batch.select(chosen);
      expect(chosen.map((_, k) => parseJson(selected.text(k)))).toEqual(chosen.map((i) => objects[i]));
    }),
    { numRuns: 100 },
  );
});

test('printed values are what was set', () => {
  fc.assert(
    fc.property(valueText, (text) => {
      const batch = batchOf(['{}']);
      batch.set(0, { text: 'a', steps: ['a'] }, parseJson(text));
      expect(batch.text(0)).toBe(`{"a":${printJson(parseJson(text))}}`);
    }),
    { numRuns: 50 },
  );
});

const two = fc.integer({ min: 0, max: 62 }).map((n) => String(n).padStart(2, '0'));
const likelyTwo = fc.integer({ min: 0, max: 31 }).map((n) => String(n).padStart(2, '0'));
const timeText = fc
  .record({
    year: fc.stringMatching(/^\d{4}$/),
    month: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('01', '02', '04', '12') }, likelyTwo),
    day: likelyTwo,
    clock: fc.tuple(fc.constantFrom('T', 'T', 't', ' ', ''), likelyTwo, two, two),
    fraction: fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{0,12}$/)),
    zone: fc.oneof(
      fc.constantFrom('', '', 'Z', 'z', '\\u005a', 'UTC'),
      fc
        .tuple(fc.constantFrom('+', '-', '\\u002b'), likelyTwo, fc.constantFrom('', ':'), two)
        .map((all) => all.join('')),
      fc.tuple(fc.constantFrom('+', '-'), likelyTwo).map((all) => all.join('')),
    ),
    parts: fc.nat(6),
  })
  .map(({ year, month, day, clock: [t, hour, minute, second], fraction, zone, parts }) => {
    const all = [year, `-${month}`, `-${day}`, t + hour, `:${minute}`, `:${second}`, fraction];
    return all.slice(0, parts + 1).join('') + (parts < 3 ? '' : zone);
  });

test('a time that is set is the one that the kernel reads in a line', () => {
  const options = { format: 'ndjson', maxEventBytes: 1000 } as const;
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: timeText }, fc.stringMatching(/^[\dT:Z. +-]{0,20}$/)), (text) => {
      const line = Buffer.from(`{"@timestamp":"${text}"}\n`);
      const { seconds, nanos, flags } = createFramer(kernel(), options).frame(line, 0, { seconds: 1000, nanos: 0 });
      const batch = batchOf(['{}']);
      batch.setText(0, path('@timestamp'), `"${text}"`);
      const set = [batch.columns.flags[0], batch.columns.seconds[0], batch.columns.nanos[0]];
      expect(set).toEqual([flags[0], seconds[0], nanos[0]]);
    }),
    { numRuns: 1000 },
  );
});
