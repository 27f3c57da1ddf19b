import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CodeNode, codePlaces } from './code-places.ts';
import { maskCode } from './mask-code.ts';

/** What stands at the end of a way: the line of its key, and what follows it there. */
function at(source: string, ...way: (string | number)[]): string {
  let node: CodeNode = codePlaces(source);
  let offset = node.offset;
  for (const step of way) {
    const member = typeof step === 'string' ? node.members.get(step) : undefined;
    const next = member?.value ?? (typeof step === 'number' ? node.items[step] : undefined);
    if (!next) return 'nowhere';
    offset = member?.keyOffset ?? next.offset;
    node = next;
  }
  return source.slice(offset, offset + 12).split('\n')[0]!;
}

describe('where members of a pipeline stand', () => {
  const source = `
import { definePipeline } from 'tailrace'; // definePipeline({ sources: 1 })
const es = { type: 'elasticsearch', nodes: ['http://a:1', 'http://b:2'] } as const;
const shared: Record<string, string> = { 'x-y': 'z', };
const sinks = { es, file: { type: 'file', ...shared } };
export default definePipeline({
  /* sources: */ data_dir: \`a\${{ b: '}' }.b}c\`,
  sources: { app: { type: 'file', include: ["{", /[/{]+/.source, 'c'] } },
  transforms: {
    quiet: { inputs: 'app', run: (event: { a: number }) => { if (event.a / 2 > 1) return null; return event; } },
    'dashed-id': { inputs: ['quiet'], run(event) { return [event, { deep: 1 }]; }, after: 4 },
  },
  sinks,
});
`;
  test.each([
    [[], 'export defau'],
    [['data_dir'], 'data_dir: `a'],
    [['sources', 'app', 'type'], "type: 'file'"],
    [['sources', 'app', 'include', 2], "'c'] } },"],
    [['transforms', 'quiet', 'inputs'], "inputs: 'app"],
    [['transforms', 'quiet', 'run'], 'run: (event:'],
    [['transforms', 'dashed-id', 'inputs', 0], "'quiet'], ru"],
    [['transforms', 'dashed-id', 'after'], 'after: 4 },'],
    [['transforms', 'dashed-id', 'deep'], 'nowhere'],
    [['sinks', 'es'], 'es, file: { '],
    [['sinks', 'es', 'nodes', 1], "'http://b:2'"],
    [['sinks', 'file', 'x-y'], "'x-y': 'z', "],
  ])('%j', (way, text) => expect(at(source, ...(way as (string | number)[]))).toBe(text));
});

test.each([
  ['export default { sources: {\n a: 1 } }', 'a: 1 } }'],
  ['export default { sources: { a: 1 } } satisfies Pipeline;', 'a: 1 } } sat'],
  ['export default definePipeline(({ env }) => ({ sources: { a: env.A } }))', 'a: env.A } }'],
  ['export default definePipeline(async () => { const x = {}; return { sources: { a: 1 } }; })', 'a: 1 } }; })'],
  ['const p = { sources: { a: 1 } }; export default definePipeline(p);', 'a: 1 } }; ex'],
  ['const p = definePipeline({ sources: { a: 1 } }); export default p;', 'a: 1 } }); e'],
])('%s', (source, text) => expect(at(source, 'sources', 'a')).toBe(text));

test('constants that name each other come to an end', () => {
  expect(at('const a = { b }; const b = { a }; export default a', 'b', 'a')).toBe('a }; export ');
});

test('any text is read to its end', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    ',',
    ':',
    '"',
    "'",
    '`',
    '${',
    '/',
    '*',
    '\\',
    'a',
    ' ',
    '\n',
    '...',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const source = `export default {${parts.join('')}`;
      codePlaces(source);
      expect(maskCode(source)).toHaveLength(source.length);
    }),
    { numRuns: 100 },
  );
});
