import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Block, type Inline, parseMarkdown } from './markdown.ts';

const text = (of: string): Inline => ({ kind: 'text', text: of });

test('headings, paragraphs, lists and code', () => {
  const blocks = parseMarkdown(
    '# Title #\nOne\ntwo\n\n- a\n  more of a\n- b\n1. first\n2) second\n\n```js\n<b> *x*\n```\nend',
  );
  expect(blocks).toEqual([
    { kind: 'heading', level: 1, inside: [text('Title')] },
    { kind: 'paragraph', inside: [text('One two')] },
    { kind: 'list', ordered: false, items: [[text('a more of a')], [text('b')]] },
    { kind: 'list', ordered: true, items: [[text('first')], [text('second')]] },
    { kind: 'code', text: '<b> *x*' },
    { kind: 'paragraph', inside: [text('end')] },
  ]);
});

test('emphasis, code and links, within each other', () => {
  const [block] = parseMarkdown('a *b* **c _d_** `e*f*` [g *h*](https://x.test/y) snake_case_name 2 * 3 * 4');
  expect(block).toEqual({
    kind: 'paragraph',
    inside: [
      text('a '),
      { kind: 'emphasis', inside: [text('b')] },
      text(' '),
      { kind: 'strong', inside: [text('c '), { kind: 'emphasis', inside: [text('d')] }] },
      text(' '),
      { kind: 'code', text: 'e*f*' },
      text(' '),
      { kind: 'link', href: 'https://x.test/y', inside: [text('g '), { kind: 'emphasis', inside: [text('h')] }] },
      text(' snake_case_name 2 * 3 * 4'),
    ],
  });
});

test('addresses that could run something stay text', () => {
  for (const href of [
    'javascript:alert',
    'JAVASCRIPT:x',
    'data:text/html,x',
    '//evil.test',
    ' https://x',
    'vbscript:x',
  ]) {
    const source = `[a](${href})`;
    expect(linksOf(parseMarkdown(source)), source).toEqual([]);
  }
  expect(linksOf(parseMarkdown('[a](#/d/mirrord-usage) [b](mailto:a@b.test)'))).toEqual([
    '#/d/mirrord-usage',
    'mailto:a@b.test',
  ]);
});

test('a code block without an end goes to the end, and a list of HTML is text', () => {
  expect(parseMarkdown('```\na')).toEqual([{ kind: 'code', text: 'a' }]);
  expect(parseMarkdown('- <script>x</script>')).toEqual([
    { kind: 'list', ordered: false, items: [[text('<script>x</script>')]] },
  ]);
});

test('any text at all is read, and links lead only to safe places', () => {
  const piece = fc.constantFrom(
    '*',
    '**',
    '_',
    '`',
    '[a](',
    'javascript:',
    'https://x',
    ')',
    '\n',
    '- ',
    '1. ',
    '# ',
    '```',
    'x ',
    '<i>',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      for (const href of linksOf(parseMarkdown(pieces.join('')))) expect(href).toMatch(/^(https?:\/\/|mailto:|#)/);
    }),
    { numRuns: 100 },
  );
});

function linksOf(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'code') return [];
    return (block.kind === 'list' ? block.items.flat() : block.inside).flatMap(linksIn);
  });
}

function linksIn(inline: Inline): string[] {
  if (!('inside' in inline)) return [];
  return [...(inline.kind === 'link' ? [inline.href] : []), ...inline.inside.flatMap(linksIn)];
}
