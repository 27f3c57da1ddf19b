import { describe, expect, test } from 'vitest';
import { batchOf } from './log-batch.fixture.ts';
import { path } from './path.ts';

const FIRST = { id: 'AbCdEfGhIjKlMnOp', source: 'in', label: 'a.log', firstSeen: 500, replayBelow: 0 };

describe('reading one member', () => {
  const batch = batchOf(['{"a":{"b":[1,{"c":"x\\n"}]},"n":12345678901234567890,"f":1.0,"z":null}', '{"a":"\\u00e9"}']);

  test('values as JSON has them, integers without loss', () => {
    expect(batch.get(0, path('a.b[1].c'))).toBe('x\n');
    expect(batch.get(0, path('a.b'))).toEqual([1, { c: 'x\n' }]);
    expect(batch.get(0, path('n'))).toBe(12345678901234567890n);
    expect(batch.get(0, path('z'))).toBeNull();
    expect(batch.get(1, path('a'))).toBe('é');
    expect(batch.get(1, path('n'))).toBeUndefined();
    expect(batch.get(1, path('a.b'))).toBeUndefined();
  });

  test('the text as it stands', () => {
    expect(batch.getText(0, path('f'))).toBe('1.0');
    expect(batch.getText(1, path('a'))).toBe('"\\u00e9"');
  });
});

describe('edits', () => {
  test('set, remove and rename leave the rest of the text alone', () => {
    const batch = batchOf(['{ "a" : 1.0, "b":"\\u0041" ,"c":[ 1 ] }']);
    batch.set(0, path('b'), 2n ** 64n);
    batch.rename(0, path('c'), path('d.e'));
    expect(batch.text(0)).toBe('{"d":{"e":[ 1 ]}, "a" : 1.0, "b":18446744073709551616  }');
    batch.remove(0, path('a'));
    expect(batch.get(0, path('a'))).toBeUndefined();
    batch.set(0, path('b'), undefined);
    expect(JSON.parse(batch.text(0))).toEqual({ d: { e: [1] } });
  });

  test('objects on the way are made, what is no object is replaced, array items are never made', () => {
    const batch = batchOf(['{"a":1,"l":[1]}']);
    batch.set(0, path('x.y.z'), 1);
    batch.set(0, path('x.y.w'), 2);
    batch.set(0, path('a.b'), 3);
    batch.set(0, path('l[5]'), 4);
    batch.set(0, path('l[0]'), 5);
    expect(JSON.parse(batch.text(0))).toEqual({ x: { y: { z: 1, w: 2 } }, a: { b: 3 }, l: [5] });
  });

  test('items behind a removed one move up before the next edit', () => {
    const batch = batchOf(['{"a":[0,1,2]}']);
    batch.remove(0, path('a[0]'));
    batch.set(0, path('a[1]'), 'two');
    expect(batch.text(0)).toBe('{"a":[1,"two"]}');
  });

  test('what is missing cannot be moved', () => {
    const batch = batchOf(['{"to":1}']);
    batch.rename(0, path('from'), path('to'));
    expect(batch.text(0)).toBe('{"to":1}');
  });

  test('of a key that stands twice nothing is left after its removal', () => {
    const batch = batchOf(['{"a":1,"b":2,"a":3}', '{"a":1,"\\u0061":2,"b":{"a":1}}']);
    batch.remove(0, path('a'));
    batch.remove(1, path('a'));
    batch.rename(0, path('b'), path('c'));
    expect([batch.text(0), batch.text(1)]).toEqual(['{"c":2}', '{"b":{"a":1}}']);
  });

  test('only the edited events get new text', () => {
    const texts = ['{"a":1}', '{ "a" : 2 }', '{"a":3}'];
    const batch = batchOf(texts);
    batch.set(2, path('b'), true);
    const { text, start, end } = batch.events();
    expect(texts.map((_, i) => Buffer.from(text.subarray(start[i], end[i])).toString())).toEqual([
      texts[0],
      texts[1],
      '{"b":true,"a":3}',
    ]);
  });
});

describe('an event as an object', () => {
  test('changes are written back as the smallest edits', () => {
    const batch = batchOf(['{ "a" : { "b":1.0, "c" : 2.0 }, "n":12345678901234567890,"l":[1.0,2] }']);
    const event = batch.object(0) as { a: { [key: string]: unknown }; l: unknown[]; new?: unknown };
    expect(batch.object(0)).toBe(event);
    event.a['c'] = 3;
    event.new = { x: [] };
    expect(batch.text(0)).toBe('{"new":{"x":[]}, "a" : { "b":1.0, "c" : 3 }, "n":12345678901234567890,"l":[1.0,2] }');
  });

  test('an object that was not changed changes nothing', () => {
    const text = '{ "a" : [ 1.0 , {} ] ,"e":1E2,"p":{"__proto__":{"x":1}}}';
    const batch = batchOf([text]);
    batch.object(0);
    expect(batch.text(0)).toBe(text);
  });

  test('after an edit of the text the object is a new one', () => {
    const batch = batchOf(['{"a":1}']);
    batch.object(0)['b'] = 2;
    batch.set(0, path('c'), 3);
    expect(batch.object(0)).toEqual({ a: 1, b: 2, c: 3 });
  });
});

describe('time', () => {
  const text = '{"@timestamp":"2026-11-02T06:00:00.123456789Z"}';

  test('an event without a time of its own has that of its reading; its index is that of the stream', () => {
    const batch = batchOf(['{}']);
    expect([batch.hasOwnTime(0), batch.time(0), batch.indexSeconds(0)]).toEqual([false, 1_000_000_000_000n, 500]);
  });

  test.each([
    ['"2026-11-02T06:00:00.123456789Z"', 1_793_599_200_123_456_789n],
    ['"2026-11-02T07:00:00+01:00"', 1_793_599_200_000_000_000n],
    ['"2026-11-02t06:00:00.5z"', 1_793_599_200_500_000_000n],
    ['"2026-11-02 06:00:00Z"', 1_793_599_200_000_000_000n],
    ['"2026-11-02T06:00:00.123+0000"', 1_793_599_200_123_000_000n],
    ['"2026-11-02T07:00+01"', 1_793_599_200_000_000_000n],
    ['"2026-11-02T06"', 1_793_599_200_000_000_000n],
    ['"2026-11-02T07:00:00\\u002b01:00"', 1_793_599_200_000_000_000n],
  ])('setting @timestamp to %s sets it', (value, time) => {
    const batch = batchOf(['{}']);
    batch.setText(0, path('@timestamp'), value);
    expect([batch.hasOwnTime(0), batch.time(0), batch.indexSeconds(0)]).toEqual([true, time, 1_793_599_200]);
  });

  test.each([
    ...[
      '"soon"',
      '1793599200',
      '"2026-13-02T06:00:00Z"',
      'null',
      '"2026-02-29"',
      '"2026-11-02T24:00:00Z"',
      '["\\u0032"]',
    ],
  ])('%s is no time', (value) => {
    const batch = batchOf(['{}']);
    batch.setText(0, path('@timestamp'), value);
    expect([batch.hasOwnTime(0), batch.time(0)]).toEqual([false, 1_000_000_000_000n]);
  });

  test('a time set in the object counts at once', () => {
    const batch = batchOf(['{}', '{}']);
    for (const i of [0, 1]) batch.object(i)['@timestamp'] = '2026-11-02T06:00:00Z';
    expect([batch.time(1), batch.indexSeconds(0), batch.columns.flags[1]]).toEqual([
      1_793_599_200_000_000_000n,
      1_793_599_200,
      1,
    ]);
  });

  test('a moved member sets it too', () => {
    const batch = batchOf([text.replace('@timestamp', 'time')]);
    batch.rename(0, path('time'), path('@timestamp'));
    expect(batch.time(0)).toBe(1_793_599_200_123_456_789n);
  });
});

describe('branches', () => {
  test('no branch sees the edits of another, whichever comes first', () => {
    const batch = batchOf(['{"a":1}', '{"a":2}']);
    batch.set(0, path('b'), 'before');
    const [left, right] = [batch.fork(), batch.fork()];
    left.set(0, path('a'), 'left');
    right.object(1)['a'] = 'right';
    batch.remove(0, path('b'));
    expect([0, 1].map((i) => left.text(i))).toEqual(['{"b":"before","a":"left"}', '{"a":2}']);
    expect([0, 1].map((i) => right.text(i))).toEqual(['{"b":"before","a":1}', '{"a":"right"}']);
    expect([0, 1].map((i) => batch.text(i))).toEqual(['{"a":1}', '{"a":2}']);
  });

  test('times belong to a branch too, also when its origin had a time set before', () => {
    const at = path('@timestamp');
    const batch = batchOf(['{}']);
    batch.set(0, at, '2001-01-01T00:00:00Z');
    const fork = batch.fork();
    const other = batch.withEvents(batch.events());
    batch.set(0, at, '2002-01-01T00:00:00Z');
    fork.set(0, at, '2003-01-01T00:00:00Z');
    expect([batch, fork, other].map((one) => new Date(one.indexSeconds(0) * 1000).getUTCFullYear())).toEqual([
      2002, 2003, 2001,
    ]);
  });

  test('a source’s columns stay as they were', () => {
    const seconds = Float64Array.of(7);
    const batch = batchOf(['{}'], { seconds });
    batch.set(0, path('@timestamp'), '2001-01-01T00:00:00Z');
    expect(seconds[0]).toBe(7);
  });
});

describe('new batches', () => {
  const batch = batchOf(['{"n":0}', '{"n":1}', '{"n":2}']);

  test('chosen events keep place, time and text', () => {
    const chosen = batch.select([2, 0]);
    expect([chosen.text(0), chosen.text(1), chosen.length]).toEqual(['{"n":2}', '{"n":0}', 2]);
    expect([chosen.id(0), chosen.time(0)]).toEqual([batch.id(2), batch.time(2)]);
    expect(chosen.position(0)).toEqual({ stream: FIRST, offset: 20, end: 30, sub: 0 });
    expect(batch.select([]).length).toBe(0);
  });

  test('few chosen events do not hold on to the text of all', () => {
    const large = batchOf(Array.from({ length: 100 }, (_, n) => `{"n":${n},"fill":"${'x'.repeat(100)}"}`));
    const one = large.select([50]);
    expect(one.events().text.byteLength).toBe(one.text(0).length);
    expect(large.select(Array.from({ length: 99 }, (_, i) => i)).events().text).toBe(large.events().text);
  });

  test('ids: the stream, twelve hex digits, and what a split adds', () => {
    expect(batch.id(1)).toBe('AbCdEfGhIjKlMnOp-00000000000a');
    const split = batch.derive([1, 1, 2], ['{"p":1}', '{"p":2}', '{"p":3}']);
    expect([0, 1, 2].map((i) => split.id(i))).toEqual([
      'AbCdEfGhIjKlMnOp-00000000000a.1',
      'AbCdEfGhIjKlMnOp-00000000000a.2',
      'AbCdEfGhIjKlMnOp-000000000014',
    ]);
    const again = split.derive([1, 1], ['{}', '{}']);
    expect(again.id(1)).toBe('AbCdEfGhIjKlMnOp-00000000000a.20002');
    expect(() => again.derive([0, 0], ['{}', '{}'])).toThrow('an event was split more than twice');
    expect(split.text(1)).toBe('{"p":2}');
  });

  test('a merged event has the place of the first and ends with the last', () => {
    const merged = batch.merge([0, 2], '{"both":true}');
    expect([merged.length, merged.text(0), merged.id(0), merged.position(0).end]).toEqual([
      1,
      '{"both":true}',
      batch.id(0),
      30,
    ]);
  });

  test('new text has to be one to one', () => {
    expect(() => batch.withEvents(batch.select([0]).events())).toThrow('1 texts for 3 events');
  });
});
