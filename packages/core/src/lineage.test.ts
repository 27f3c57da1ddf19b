import { describe, expect, test } from 'vitest';
import { retainAll, settleRange, Ticket, ticketAt, worst } from './lineage.ts';
import { batchOf } from './log-batch.fixture.ts';

const ticketsOf = (batch: ReturnType<typeof batchOf>) =>
  Array.from({ length: batch.length }, (_, i) => ticketAt(batch.lineage, i));
const inputsOf = (batch: ReturnType<typeof batchOf>) => [...(batch.lineage.input ?? [])];

describe('a ticket', () => {
  test('settles once all its events have, with the worst outcome', async () => {
    const ticket = new Ticket(3);
    let settled = '';
    const watch = ticket.settled.then((outcome) => {
      settled = outcome;
    });
    ticket.settle(1, 'discarded');
    ticket.settle(1, 'delivered');
    await Promise.resolve();
    expect([ticket.pending, settled]).toEqual([1, '']);
    ticket.settle(1, 'delivered');
    await watch;
    expect([ticket.pending, settled]).toEqual([0, 'discarded']);
  });

  test('waits for the copies of a branch', async () => {
    const ticket = new Ticket(2);
    ticket.retain(2);
    ticket.settle(2, 'delivered');
    expect(ticket.pending).toBe(2);
    ticket.settle(2, 'errored');
    expect(await ticket.settled).toBe('errored');
  });

  test('of no events settles at once; more than there are is a bug', async () => {
    expect(await new Ticket(0).settled).toBe('delivered');
    const ticket = new Ticket(1);
    ticket.settle(0, 'errored');
    expect(() => ticket.settle(2, 'delivered')).toThrow('settled 2 events of 1 that are under way');
    ticket.settle(1, 'delivered');
    expect(await ticket.settled).toBe('delivered');
  });

  test('outcomes rank from delivered to errored', () => {
    const ranked = ['delivered', 'discarded', 'dead_lettered', 'errored'] as const;
    for (const [i, a] of ranked.entries())
      for (const [j, b] of ranked.entries()) expect(worst(a, b)).toBe(ranked[Math.max(i, j)]);
  });
});

describe('lineage', () => {
  test('chosen events know their input, also when chosen twice over', () => {
    const batch = batchOf(['{}', '{}', '{}', '{}']);
    const chosen = batch.select([3, 1, 0]).select([2, 0]);
    expect(inputsOf(chosen)).toEqual([0, 3]);
    expect(ticketsOf(chosen)).toEqual([ticketAt(batch.lineage, 0), ticketAt(batch.lineage, 0)]);
    expect(inputsOf(batch.derive([1, 1], ['{}', '{}']))).toEqual([1, 1]);
  });

  test('a branch begins anew', () => {
    const batch = batchOf(['{}', '{}']).select([1]);
    const fork = batch.fork();
    expect([fork.lineage.input, ticketAt(fork.lineage, 0)]).toEqual([null, ticketAt(batch.lineage, 0)]);
  });

  test('settling a range counts every event once', async () => {
    const batch = batchOf(['{}', '{}', '{}']);
    const ticket = ticketAt(batch.lineage, 0);
    settleRange(batch.lineage, 0, 2, 'delivered');
    expect(ticket.pending).toBe(1);
    const rest = batch.select([2]);
    settleRange(rest.lineage, 0, 1, 'dead_lettered');
    expect(await ticket.settled).toBe('dead_lettered');
  });

  test('a merged event settles all it was made of, over branches and choices', async () => {
    const batch = batchOf(['{}', '{}', '{}']);
    const ticket = ticketAt(batch.lineage, 0);
    const merged = batch.merge([0, 2], '{}');
    expect(merged.lineage.merged?.get(0)?.inputs).toEqual([2]);
    const fork = merged.select([0]).fork();
    retainAll(fork.lineage, fork.length);
    expect(ticket.pending).toBe(5);
    settleRange(fork.lineage, 0, 1, 'delivered');
    settleRange(merged.lineage, 0, 1, 'discarded');
    expect(ticket.pending).toBe(1);
    settleRange(batch.lineage, 1, 2, 'delivered');
    expect(await ticket.settled).toBe('discarded');
  });

  test('merging what was merged adds up', () => {
    const batch = batchOf(['{}', '{}', '{}', '{}']);
    const ticket = ticketAt(batch.lineage, 0);
    const both = batch.merge([0, 1], '{}');
    const more = both.merge([0], '{}');
    expect(more.lineage.merged?.get(0)?.inputs).toEqual([1]);
    settleRange(more.lineage, 0, 1, 'delivered');
    expect(ticket.pending).toBe(2);
  });

  test('retaining counts per source batch', () => {
    const [first, second] = [new Ticket(1), new Ticket(2)];
    const lineage = { tickets: [first, second], ticketOf: Uint16Array.of(0, 1, 1), input: null, merged: null };
    retainAll(lineage, 3);
    expect([first.pending, second.pending]).toEqual([2, 4]);
    settleRange(lineage, 1, 3, 'delivered');
    expect([first.pending, second.pending]).toEqual([2, 2]);
  });
});
