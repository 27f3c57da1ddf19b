import { giveArena, takeArena } from '@tailrace/kernel';
import { expect, it } from 'vitest';
import { LogBatch } from './log-batch.ts';
import { path } from './path.ts';

/** A batch of one event whose text stands in memory that is used again. */
function pooled(size: number): LogBatch {
  const text = takeArena(size).fill(0x20);
  text.set(Buffer.from('{"a":1}'));
  const one = { text, start: Uint32Array.of(0), end: Uint32Array.of(7), length: 1 };
  return LogBatch.fromSource(one, {
    streams: [{ id: 'AAAAAAAAAAAAAAAA', source: 's', label: 'l', firstSeen: 0, replayBelow: 0 }],
    stream: new Uint16Array(1),
    offset: new Float64Array(1),
    endOffset: new Float64Array(1),
    sub: new Uint32Array(1),
    seconds: new Float64Array(1),
    nanos: new Uint32Array(1),
    flags: new Uint8Array(1),
  });
}

const SIZE = 1_000_003;

it('memory is used again only when the last of the batches that share a text is released', () => {
  const batch = pooled(SIZE);
  const { buffer } = batch.events().text;
  const branch = batch.fork();
  const chosen = branch.select([0]);
  const shares = chosen.events().text.buffer === buffer;
  batch.release();
  expect(takeArena(SIZE).buffer).not.toBe(buffer);
  branch.release();
  chosen.release();
  // A small part of a large text is copied out of it, so that it does not hold what nobody needs.
  expect(shares).toBe(false);
  expect(takeArena(SIZE).buffer).toBe(buffer);
});

it('a batch that was edited leaves the text of the others alone', () => {
  const batch = pooled(SIZE);
  const { buffer } = batch.events().text;
  const branch = batch.fork();
  branch.set(0, path('a'), 2);
  expect(branch.events().text.buffer).not.toBe(buffer);
  branch.release();
  expect(batch.text(0)).toBe('{"a":1}');
  expect(takeArena(SIZE).buffer).not.toBe(buffer);
  batch.release();
  expect(takeArena(SIZE).buffer).toBe(buffer);
});

it('a released batch says so to whoever still looks at it; its place stays known', () => {
  const batch = pooled(SIZE);
  batch.release();
  batch.release();
  expect(() => batch.text(0)).toThrow('this batch was released');
  expect(() => batch.get(0, path('a'))).toThrow('this batch was released');
  expect(batch.id(0)).toBe('AAAAAAAAAAAAAAAA-000000000000');
});

it('refuses memory that is given back twice', () => {
  const text = takeArena(SIZE);
  giveArena(text);
  expect(() => giveArena(text)).toThrow('given back twice');
});
