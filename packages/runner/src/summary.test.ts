import { expect, it } from 'vitest';
import { componentStats, countDiscarded, countErrors, sinkStats } from './stats.ts';
import { summarize, summaryText } from './summary.ts';

/** A source, a filter and a sink that worked; everything adds up. */
function worked() {
  const [app, odd, out] = [
    componentStats('app', 'file', 'source'),
    componentStats('odd', 'filter', 'transform'),
    componentStats('out', 'elasticsearch', 'sink'),
  ] as const;
  Object.assign(app, { received: 20_010, merged: 10, sent: 20_000 });
  Object.assign(odd, { received: 20_000, sent: 15_000 });
  countDiscarded(odd, 5000, 'filter', true);
  Object.assign(out, { received: 15_000, recovered: 200, sent: 15_188, deadLettered: 5, sink: sinkStats(1) });
  countDiscarded(out, 7, 'queue_damaged', false);
  countErrors(out, 'document_refused', 5);
  out.sink!.duplicatesAvoided = 1200;
  return [app, odd, out] as const;
}
const letters = (file: number) => ({ written: 5, files: { file: 'data/dead-letters.ndjson', written: file } }) as never;

it('says what went in, what came out, and what became of the rest', () => {
  const summary = summarize(worked(), letters(5), 12_340, []);
  expect(summary.ok).toBe(true);
  expect(summaryText(summary)).toMatchInlineSnapshot(`
    "component  type               in     out  discarded  dead letters  errors
    app        file           20,010  20,000          0             0  –
    odd        filter         20,000  15,000      5,000             0  –
    out        elasticsearch  15,000  15,188          7             5  document_refused 5
    in 20,010, out 15,188, discarded 5,007, dead letters 5, 1,200 duplicates avoided
    took 12.3 s
    odd discarded 5,000: filter
    out discarded 7: queue_damaged (not intended)
    out: 200 events were in the disk queue
    10 lines became part of another event
    5 dead letters: data/dead-letters.ndjson
    "
  `);
});

it('says what did not add up, and what comes again', () => {
  const [app, odd, out] = worked();
  out.returned = 3;
  const summary = summarize([app, odd, out], letters(0), 10, ['app: something went wrong']);
  expect([summary.ok, summary.returned]).toEqual([false, 3]);
  expect(summaryText(summary).split('\n').slice(-5)).toMatchInlineSnapshot(`
    [
      "5 dead letters",
      "3 events were not delivered in time; what was read from files or waits on the disk comes again at the next start",
      "app: something went wrong",
      "out: the ledger is off by -3 events: please report this",
      "",
    ]
  `);
});
