import {
  ConfigError,
  defineSink,
  defineSource,
  defineTransform,
  integer,
  type LogBatch,
  object,
  path,
  type SinkDeclaration,
  type SourceContext,
  type SourceDeclaration,
  type SourceIo,
  string,
  type TransformDeclaration,
} from '@tailrace/core';
import { describe, expect, test } from 'vitest';
import { batchOfTexts } from '../harness.ts';
import type { TestHooks } from './hooks.ts';
import { sinkContract } from './sink-contract.ts';
import { sourceContract } from './source-contract.ts';
import { transformContract } from './transform-contract.ts';

/** The tests of a suite that fail, by their names. */
async function failures(suite: (hooks: TestHooks) => void): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  suite({ describe: (_, body) => body(), test: (name, body) => tests.push({ name, body }) });
  const failed: string[] = [];
  for (const { name, body } of tests) {
    await body().catch(() => {
      failed.push(name);
    });
  }
  return failed;
}

const config = object({ field: string({ default: 'log', description: 'A field.' }) });
const summary = 'Does something.';
const empty = [{ title: 'Nothing', config: {}, input: [], output: [] }];

describe('a transform', () => {
  const transform = (create: TransformDeclaration<typeof config>['create']): TransformDeclaration =>
    defineTransform({ type: 'tested', summary, config, examples: empty, create });
  const of = (declaration: TransformDeclaration, options = {}) =>
    failures((hooks) => transformContract(hooks, declaration, options));
  const field = path('tag');

  test('that keeps to the contract passes', async () => {
    const good = transform(({ context }) => (batch) => {
      const kept: number[] = [];
      for (let i = 0; i < batch.length; i++) {
        if (batch.getText(i, path('n')) !== undefined) context.reject(i, 'not_json', 'no numbers');
        else kept.push(i);
        batch.set(i, field, i % 1);
      }
      return batch.select(kept);
    });
    expect(await of(good, { events: [{ a: 1 }, { n: 2 }, { c: 3 }] })).toEqual([]);
  });

  test('that makes batches from nowhere has lost its lineage', async () => {
    const failed = await of(transform(() => (batch) => batchOfTexts(Array.from({ length: batch.length }, () => '{}'))));
    expect(failed).toContain('every event that comes out stands for one that came in, under an id of its own');
  });

  test('that gives two events one id is found out', async () => {
    const failed = await of(transform(() => (batch) => [batch, batch.fork()]));
    expect(failed).toContain('every event that comes out stands for one that came in, under an id of its own');
  });

  test('that rejects what it gives out is found out', async () => {
    const failed = await of(
      transform(({ context }) => (batch) => {
        if (batch.length > 0) context.reject(0, 'not_json', 'no');
        return batch;
      }),
    );
    expect(failed).toContain('the same events give the same, so that what is read again becomes what it was');
  });

  test('that counts across what it is given once is not repeatable', async () => {
    let count = 0;
    const failed = await of(
      transform(() => (batch) => {
        for (let i = 0; i < batch.length; i++) batch.set(i, field, count++);
        return batch;
      }),
    );
    expect(failed).toEqual([
      'the same events give the same, so that what is read again becomes what it was',
      'it does not matter how the events are cut into batches',
    ]);
  });

  test('that looks at the place in the batch depends on the cut', async () => {
    const failed = await of(transform(() => (batch) => batch.select(batch.length > 0 ? [0] : [])));
    expect(failed).toEqual(['it does not matter how the events are cut into batches']);
  });

  test('that holds back more than it gives out at the end is found out', async () => {
    const held: LogBatch[] = [];
    const failed = await of(
      transform(() => ({
        holds: true,
        process: (batch) => void held.push(batch),
        flush: (_, __, out) => held.splice(0, 1).forEach(out),
      })),
    );
    expect(failed).toContain('it does not matter how the events are cut into batches');
  });

  test('that refuses options at another place than it should is found out', async () => {
    const refusing = transform(({ config: { field: name } }) => {
      if (name === 'bad') throw new ConfigError(['fiel'], 'is bad');
      return (batch) => batch;
    });
    expect(await of(refusing, { faults: [{ config: { field: 'bad' }, at: ['field'] }] })).toEqual([
      'refuses {"field":"bad"} at field',
    ]);
    expect(await of(refusing, { faults: [{ config: { field: 'good' }, at: ['field'] }] })).toEqual([
      'refuses {"field":"good"} at field',
    ]);
  });

  test('whose example is wrong is found out', async () => {
    const examples = [{ title: 'Wrong', config: {}, input: [{ a: 1 }], output: [{ a: 2 }] }];
    const wrong = defineTransform({ type: 'tested', summary, config, examples, create: () => (batch) => batch });
    expect(await of(wrong)).toEqual(['example: Wrong']);
  });

  test('with an option without a sentence, or a name that is none, has no declaration', async () => {
    const options = object({ Field: string({ description: 'x' }) });
    const create = () => (batch: LogBatch) => batch;
    const bad = defineTransform({ type: 'Tested', summary, config: options, examples: empty, create });
    expect(await of(bad)).toEqual(['declares itself: a type, a sentence, an example, a sentence for every option']);
  });
});

describe('a sink', () => {
  type Encode = Awaited<ReturnType<SinkDeclaration['create']>>['encode'];
  const text = new TextEncoder();
  const lines: Encode = (batch, from, to, out) => {
    let i = from;
    while (i < to && out.append(text.encode(`${batch.text(i)}\n`))) i++;
    return i;
  };
  const sink = (more: Partial<Awaited<ReturnType<SinkDeclaration['create']>>>): SinkDeclaration =>
    defineSink({
      type: 'tested',
      summary,
      config: object({}),
      examples: [{ title: 'Nothing', config: {} }],
      create: () => ({
        limits: { bytes: 1e5, events: 100, waitMs: 1 },
        maxInFlight: 1,
        encode: lines,
        send: () => Promise.resolve({ kind: 'done', refused: [] }),
        ...more,
      }),
    });
  const of = (declaration: SinkDeclaration) =>
    failures((hooks) => sinkContract(hooks, declaration, { target: () => Promise.resolve({ config: {} }) }));

  test('that keeps to the contract passes', async () => expect(await of(sink({}))).toEqual([]));

  test('that writes beyond the writer is found out', async () => {
    const encode: Encode = (batch, from, to, out) => {
      for (let i = from; i < to; i++) if (!out.append(text.encode(batch.text(i)))) out.entries++;
      return to;
    };
    expect(await of(sink({ encode }))).toEqual([
      'encode stops at the limit of the writer, of bytes and of entries, and goes on where it stopped',
      'an event that alone is too large for the writer is left to the runner: nothing is written',
    ]);
  });

  test('that says it wrote more than it did is found out', async () => {
    const failed = await of(sink({ encode: (...given) => Math.min(given[2], lines(...given) + 1) }));
    expect(failed).toContain(
      'encode stops at the limit of the writer, of bytes and of entries, and goes on where it stopped',
    );
  });

  test('whose bytes depend on when they are made is found out', async () => {
    let count = 0;
    const encode: Encode = (_, from, to, out) => {
      let i = from;
      while (i < to && out.append(text.encode(String(1000 + count++)))) i++;
      return i;
    };
    expect(await of(sink({ encode }))).toEqual([
      'encode begins where it is told, and the same events give the same bytes',
    ]);
  });

  test('that refuses an entry twice is found out', async () => {
    const refusal = { index: 0, retry: false, code: 'document_refused', message: 'no' } as const;
    const failed = await of(sink({ send: () => Promise.resolve({ kind: 'done', refused: [refusal, refusal] }) }));
    expect(failed).toEqual(['a target that takes everything: done, and each entry is accounted for']);
  });
});

describe('a source', () => {
  type Run = (io: SourceIo, context: SourceContext, lines: number) => Promise<void>;
  const options = object({ lines: integer({ default: 6, description: 'How many.' }) });
  const source = (run: Run): SourceDeclaration =>
    defineSource({
      type: 'tested',
      summary,
      config: options,
      examples: [{ title: 'Lines', config: {} }],
      create: ({ config: { lines }, context }) => ({ run: (io) => run(io, context, lines) }),
    });
  const of = (declaration: SourceDeclaration) =>
    failures((hooks) => {
      sourceContract(hooks, declaration, { resumes: true, input: () => Promise.resolve({ config: {}, events: 6 }) });
    });

  function batchAt(context: SourceContext, line: number): LogBatch {
    const batch = batchOfTexts([`{"line":${line}}`]);
    return context.newBatch(batch.events(), {
      ...batch.columns,
      offset: Float64Array.of(line * 10),
      endOffset: Float64Array.of(line * 10 + 10),
    });
  }
  const good: Run = async (io, context, lines) => {
    io.ready();
    for (let line = Number(io.checkpoints.get('next') ?? 0); line < lines && !io.signal.aborted; line++) {
      const { settled } = await io.emit(batchAt(context, line), { bytes: 10 });
      if ((await settled) !== 'errored') io.checkpoints.set('next', line + 1);
    }
  };

  test('that keeps to the contract passes', async () => expect(await of(source(good))).toEqual([]));

  const READS = 'it becomes ready, reads all there is, and each event has an id and a position of its own';
  const WAITS = 'it waits while a batch is not taken';
  const ENDS = 'it ends when it is told to, and emits nothing afterwards';
  const RESUMES = 'what was not delivered comes again under the same ids, and what was does not';

  test('that never says it is ready is found out', async () => {
    const failed = await of(source((io, context, lines) => good({ ...io, ready: () => undefined }, context, lines)));
    expect(failed).toEqual([READS, WAITS, ENDS]);
  });

  test('whose events have one id, or fall behind, is found out', async () => {
    const same: Run = async (io, context, lines) => {
      io.ready();
      for (let line = lines; line > 0; line--) await io.emit(batchAt(context, line), { bytes: 10 });
    };
    expect(await of(source(same))).toEqual([READS, WAITS, ENDS, RESUMES]);
  });

  test('that does not wait for what it emits is found out', async () => {
    const hasty: Run = async (io, context, lines) => {
      io.ready();
      await Promise.all(Array.from({ length: lines }, (_, line) => io.emit(batchAt(context, line), { bytes: 10 })));
    };
    expect(await of(source(hasty))).toEqual([WAITS, RESUMES]);
  });

  test('that goes on after its signal is found out', async () => {
    const deaf: Run = async (io, context, lines) => {
      io.ready();
      for (let line = 0; line < lines + (io.once ? 0 : 3); line++) {
        await io.emit(batchAt(context, line), { bytes: 10 });
        // As if it read in between.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    expect(await of(source(deaf))).toEqual([ENDS, RESUMES]);
  });

  test('that forgets where it was, or moves on over what failed, is found out', async () => {
    const forgetful: Run = (io, context, lines) =>
      good({ ...io, checkpoints: { ...io.checkpoints, get: () => 0 } }, context, lines);
    expect(await of(source(forgetful))).toEqual([RESUMES]);
    const careless: Run = async (io, context, lines) => {
      const emit: SourceIo['emit'] = async (batch, received) => {
        await io.emit(batch, received);
        return { settled: Promise.resolve('delivered') };
      };
      await good({ ...io, emit }, context, lines);
    };
    expect(await of(source(careless))).toEqual([RESUMES]);
  });
});
