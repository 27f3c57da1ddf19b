import { LogBatch, type Outcome } from '@tailrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchMaker } from '../../test-pipeline.ts';
import type { QueueBooks } from '../queue.ts';
import { type DiskQueue, diskQueue } from './disk-queue.ts';
import { openFolder } from './open-folder.ts';
import { type Fault, type SimulatedDisk, simulatedDisk } from './simulated-fs.fixture.ts';

const FOLDER = '/data/queues/out';
const TIMING = { save: 3, retry: 2 };
type WhenFull = 'block' | 'drop_newest' | 'drop_oldest';

/** What should be true of a queue. */
interface Model {
  /** Ids that were put, in order. */
  readonly put: number[];
  readonly outcomes: Map<number, Outcome>;
  /** Ids that were delivered, ever; those of this life that may not be written down; those that certainly are. */
  readonly delivered: Set<number>;
  readonly unsaved: Set<number>;
  readonly known: Set<number>;
}

/** A queue over a simulated disk, through crashes and restarts. */
class Real {
  readonly disk: SimulatedDisk = simulatedDisk();
  readonly make = batchMaker({ componentId: 'in', newBatch: (e, c) => LogBatch.fromSource(e, c) });
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
  queue!: DiskQueue;
  books = { recovered: 0, put: 0, ended: 0, discarded: 0, returned: 0, damaged: 0, failing: new Set<string>() };

  constructor(maxBytes: number, whenFull: WhenFull) {
    this.maxBytes = maxBytes;
    this.whenFull = whenFull;
  }
  async open(): Promise<void> {
    const fs = this.disk.mount();
    const books = { recovered: 0, put: 0, ended: 0, discarded: 0, returned: 0, damaged: 0, failing: new Set<string>() };
    this.books = books;
    const told: QueueBooks = {
      recovered(events) {
        books.recovered += events;
      },
      adopted: () => undefined,
      discarded(events) {
        books.discarded += events;
      },
      returned(events) {
        books.returned += events;
      },
      damaged(files) {
        books.damaged += files;
      },
      holds: () => undefined,
      notReady: (subject, reason) =>
        void (reason === null ? books.failing.delete(subject) : books.failing.add(subject)),
    };
    this.queue = diskQueue({
      ...{ fs, folder: FOLDER, books: told, inherited: [], timing: TIMING },
      opened: await openFolder(fs, FOLDER),
      limits: { maxBytes: this.maxBytes, whenFull: this.whenFull },
    });
  }
  /** Lets everything happen that does not wait for anybody. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  /** The ledger of this life, once nothing is under way. */
  expectEven(): void {
    const { recovered, put, ended, discarded, returned } = this.books;
    expect({ came: recovered + put }).toEqual({ came: ended + discarded + returned });
  }
}

type Command = fc.AsyncCommand<Model, Real>;
const command = (text: string, run: Command['run']): Command => ({ check: () => true, run, toString: () => text });
let nextId = 0;

const put = (sizes: readonly number[]): Command =>
  command(`put ${sizes}`, async (model, real) => {
    const events = sizes.map((size) => ({ n: nextId++, pad: 'x'.repeat(size) }));
    const batch = real.make(events);
    const { settled } = batch.lineage.tickets[0]!;
    for (const { n } of events) {
      model.put.push(n);
      void settled.then((outcome) => model.outcomes.set(n, outcome));
    }
    real.books.put += events.length;
    real.queue.put(batch);
    await Promise.resolve();
  });
const rest: Command = command('rest', (_model, real) => real.rest());
const deliver = (most: number): Command =>
  command(`deliver ${most}`, async (model, real) => {
    await real.rest();
    for (let k = 0; k < most; k++) {
      const batch = real.queue.take();
      if (!batch) break;
      deliverAll(model, real, batch);
    }
  });
/** Waits until the positions are written. */
const save: Command = command('save', async (model, real) => {
  if (real.disk.fault) return;
  const before = [...model.unsaved];
  await new Promise((resolve) => setTimeout(resolve, 4 * TIMING.save));
  await real.rest();
  for (const n of before) {
    model.unsaved.delete(n);
    model.known.add(n);
  }
});
const crash = (seed: number): Command =>
  command(`crash ${seed}`, async (model, real) => {
    model.unsaved.clear();
    let state = seed;
    real.disk.crash(() => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    });
    real.disk.fault = null;
    await real.open();
  });
const restart: Command = command('restart', async (model, real) => {
  const isFailing = real.disk.fault !== null;
  await real.rest();
  await real.queue.close(false);
  await Promise.resolve();
  real.expectEven();
  if (!isFailing) for (const n of model.unsaved) model.known.add(n);
  model.unsaved.clear();
  real.disk.fault = null;
  await real.open();
});
const fault = (which: Fault | null): Command =>
  command(`fault ${which}`, (_model, real) => {
    real.disk.fault = which;
    return Promise.resolve();
  });

function deliverAll(model: Model, real: Real, batch: NonNullable<ReturnType<DiskQueue['take']>>): void {
  for (let i = 0; i < batch.length; i++) {
    const { n } = JSON.parse(batch.text(i)) as { n: number };
    expect(model.put, 'invented').toContain(n);
    expect(model.known.has(n), `${n} was delivered and written down`).toBe(false);
    model.delivered.add(n);
    model.unsaved.add(n);
  }
  real.books.ended += batch.length;
  real.queue.ended(batch, true);
}

/** The end of each sequence: everything that is in the queue comes out. */
async function drain(model: Model, real: Real): Promise<void> {
  real.disk.fault = null;
  for (let idle = 0; idle < 3; idle++) {
    await new Promise((resolve) => setTimeout(resolve, 2 * TIMING.retry));
    await real.rest();
    for (let batch = real.queue.take(); batch; batch = real.queue.take()) {
      idle = 0;
      deliverAll(model, real, batch);
    }
  }
  expect(real.queue.isEmpty).toBe(true);
  expect([...real.books.failing]).toEqual([]);
  await real.queue.close(false);
  await Promise.resolve();
  real.expectEven();
}

const sizes = fc.array(fc.oneof(fc.nat(200), fc.nat(20_000), fc.constant(150_000)), { minLength: 1, maxLength: 12 });
const flow = [
  sizes.map(put),
  sizes.map(put),
  fc.constant(rest),
  fc.nat(12).map(deliver),
  fc.constant(save),
  fc.constantFrom<Fault | null>('ENOSPC', 'EIO', 'EROFS', null, null, null).map(fault),
];
const limits = fc.constantFrom(100_000, 1_000_000, 8_000_000);

it('loses nothing that it settled and sends nothing again that it wrote down, whatever the power does', async () => {
  const commands = fc.commands([...flow, fc.integer().map(crash), fc.constant(restart)], { maxCommands: 40 });
  await fc.assert(
    fc.asyncProperty(commands, limits, async (sequence, maxBytes) => {
      const model: Model = { put: [], outcomes: new Map(), delivered: new Set(), unsaved: new Set(), known: new Set() };
      const real = new Real(maxBytes, 'block');
      await real.open();
      await fc.asyncModelRun(() => ({ model, real }), sequence);
      await drain(model, real);
      for (const [n, outcome] of model.outcomes)
        if (outcome === 'delivered') expect(model.delivered, `${n} was settled`).toContain(n);
      expect(new Set(model.outcomes.values()).has('discarded')).toBe(false);
    }),
    { numRuns: 120 },
  );
}, 60_000);

it('counts each event once under every rule, in order', async () => {
  const commands = fc.commands([...flow, fc.constant(restart)], { maxCommands: 40 });
  const rules = fc.constantFrom<WhenFull>('block', 'drop_newest', 'drop_oldest');
  await fc.assert(
    fc.asyncProperty(commands, limits, rules, async (sequence, maxBytes, whenFull) => {
      const model: Model = { put: [], outcomes: new Map(), delivered: new Set(), unsaved: new Set(), known: new Set() };
      const real = new Real(maxBytes, whenFull);
      await real.open();
      await fc.asyncModelRun(() => ({ model, real }), sequence);
      await drain(model, real);
      const settled = [...model.outcomes].filter(([, outcome]) => outcome === 'delivered').map(([n]) => n);
      if (whenFull !== 'drop_oldest') expect(settled.filter((n) => !model.delivered.has(n))).toEqual([]);
      expect([...real.disk.files().keys()].filter((path) => path.endsWith('.seg'))).toEqual([]);
    }),
    { numRuns: 120 },
  );
}, 60_000);
