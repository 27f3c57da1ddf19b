import { expect, test } from 'vitest';
import { joinEvents } from './join-events.ts';
import { settleRange, ticketAt } from './lineage.ts';
import { batchOf } from './log-batch.fixture.ts';

const OTHER = { id: 'ZyXwVuTsRqPoNmLk', source: 'in', label: 'b.log', firstSeen: 700, replayBelow: 0 };

test('an event made of several has the text, place and time of the first, and ends with the last', () => {
  const one = batchOf(['{"n":1}', '{"n":2}']);
  const two = batchOf(['{"n":3}'], {
    offset: Float64Array.of(20),
    endOffset: Float64Array.of(30),
    seconds: Float64Array.of(9),
  });
  const made = joinEvents([
    [
      { batch: one, index: 0 },
      { batch: two, index: 0 },
    ],
    [{ batch: one, index: 1 }],
  ]);
  expect([made.text(0), made.text(1)]).toEqual(['{"n":1}', '{"n":2}']);
  expect([made.position(0), made.position(1)].map(({ offset, end, sub }) => [offset, end, sub])).toEqual([
    [0, 30, 2],
    [10, 20, 0],
  ]);
  expect([made.time(0), made.time(1)]).toEqual([1000n * 10n ** 9n, 1001n * 10n ** 9n]);
  // FLAG.merged, because events that are none of these can stand between them.
  expect([...made.columns.flags]).toEqual([16, 0]);
});

test('a part of another stream does not move the end', () => {
  const one = batchOf(['{}']);
  const other = batchOf(['{}'], { streams: [OTHER], offset: Float64Array.of(500), endOffset: Float64Array.of(600) });
  const made = joinEvents([
    [
      { batch: one, index: 0 },
      { batch: other, index: 0 },
    ],
    [{ batch: other, index: 0 }],
  ]);
  expect(made.position(0).end).toBe(10);
  expect(made.position(1)).toMatchObject({ stream: OTHER, offset: 500, end: 600 });
});

test('it settles all that it is made of, also what those had been merged from', async () => {
  const one = batchOf(['{"n":1}', '{"n":2}', '{"n":3}']);
  const two = batchOf(['{"n":4}']);
  const merged = one.merge([0, 1], '{"n":1.5}').fork();
  const rest = one.select([2]).fork();
  const made = joinEvents([
    [
      { batch: merged, index: 0 },
      { batch: two, index: 0 },
    ],
    [{ batch: rest, index: 0 }],
  ]);
  // One input of its own, and what the first part had brought along.
  expect(made.lineage.merged?.get(0)?.inputs).toHaveLength(1);
  expect(made.lineage.merged?.get(0)?.tickets).toEqual([ticketAt(two.lineage, 0), ticketAt(one.lineage, 0)]);
  settleRange(made.lineage, 0, 1, 'delivered');
  expect(await ticketAt(two.lineage, 0).settled).toBe('delivered');
  expect(ticketAt(one.lineage, 0).pending).toBe(1);
  settleRange(made.lineage, 1, 2, 'discarded');
  expect(await ticketAt(one.lineage, 0).settled).toBe('discarded');
});

test('edits of the parts are in the new events, and the batch of none is empty', () => {
  const one = batchOf(['{"n":1}']);
  one.object(0)['n'] = 7;
  const made = joinEvents([[{ batch: one, index: 0 }]]);
  expect(made.text(0)).toBe('{"n":7}');
  expect(joinEvents([])).toHaveLength(0);
});
