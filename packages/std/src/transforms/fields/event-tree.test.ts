import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addMember, findValue, parseTree, printValue, removeValue, renameMembers, replaceValue } from './event-tree.ts';

test('what is not changed is printed as it stood, white space and digits included', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = JSON.stringify({ value }, null, indent);
      expect(printValue(text, parseTree(text).root)).toBe(text);
    }),
    { numRuns: 300 },
  );
  const odd = '{ "a" : 1.10 , "b\\u0041":[ 1e400 , -0 ] , "":"\\\\" }';
  expect(printValue(odd, parseTree(odd).root)).toBe(odd);
});

test('edits of members equal the same edits of an object', () => {
  const keys = fc.constantFrom('a', 'b', 'c', '__proto__', 'é"\\');
  const edit = fc.record({
    kind: fc.constantFrom('remove', 'replace', 'add', 'rename', 'move'),
    key: keys,
    other: keys,
  });
  fc.assert(
    fc.property(fc.dictionary(keys, fc.jsonValue()), fc.array(edit, { maxLength: 6 }), (object, edits) => {
      const { source, root } = parseTree(JSON.stringify(object));
      const twin = new Map(Object.entries(JSON.parse(JSON.stringify(object)) as object));
      for (const { kind, key, other } of edits) {
        const value = findValue(root, [key]);
        if (kind === 'add') {
          addMember(root, key, '"new"');
          twin.set(key, 'new');
        }
        if (!value) continue;
        if (kind === 'remove') {
          removeValue(value);
          twin.delete(key);
        } else if (kind === 'replace') {
          replaceValue(value, '[1]');
          twin.set(key, [1]);
        } else if (kind === 'rename' && !twin.has(other)) {
          renameMembers(root, (member) => (member === value ? other : member.key));
          twin.set(other, twin.get(key));
          twin.delete(key);
        } else if (kind === 'move' && key !== other) {
          removeValue(value);
          addMember(root, other, value);
          twin.set(other, twin.get(key));
          twin.delete(key);
        }
      }
      const printed = JSON.parse(printValue(source, root)) as object;
      expect(new Map(Object.entries(printed))).toEqual(twin);
    }),
    { numRuns: 300 },
  );
});

test('of equal keys the last one stays', () => {
  const text = '{"a":1,"b":{"c":1,"\\u0063":2},"a":3}';
  expect(printValue(text, parseTree(text).root)).toBe('{"b":{"\\u0063":2},"a":3}');
});

test.each(['{', '{"a"', '{"a":', '{"a":1', '[1', '{"a":}', '{a:1}', '', '"x', '{"a":1 "b":2}'])(
  'damage is told: %s',
  (text) => {
    expect(() => parseTree(text)).toThrow(SyntaxError);
  },
);
