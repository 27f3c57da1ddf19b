import type { ByteWriter, LogBatch } from '@tailrace/core';
import { type Kernel, MAX_EVENT_BYTES } from '@tailrace/kernel';
import { createParts, type OwnEdit, type Part } from './attributes.ts';
import { columnSet, type Located } from './columns.ts';
import { Pieces } from './entry.ts';
import { createMessageRule, createTimeRule } from './message.ts';
import type { DatadogLogsConfig } from './options.ts';
import { createOwnMembers } from './own-members.ts';
import { MARKER, shortenText, shortenTexts } from './shorten.ts';
import { createTraceIds } from './trace-ids.ts';

/** What is counted while events are encoded. */
interface Counts {
  shortened: number;
  tooOld: number;
}

type Encode = (batch: LogBatch, from: number, to: number, out: ByteWriter) => number;

const OPEN = Buffer.from('{');

/**
 * Makes the function that appends events as entries of a body (see frame.ts) until it is full, and answers the first one left out:
 * the reserved attributes, then the event's own members with their bytes. `report` gets what is worth counting once per call.
 */
export function createEncoder(k: Kernel, config: DatadogLogsConfig, report: (counts: Counts) => void): Encode {
  const set = columnSet();
  const parts = createParts(set, config);
  const addMessage = createMessageRule(set, config);
  const addTime = createTimeRule(set, config);
  const traceOf = createTraceIds(set, config);
  const locate = set.locator(k);
  const pieces = new Pieces();
  const edits: OwnEdit[] = [];
  const addOwn = createOwnMembers();
  // A batch that does not fit into one body comes again for the rest of it.
  let located: Located | null = null;

  /** Puts the entry of an event together; true when it had to be shortened. */
  function compose(batch: LogBatch, at: Located, i: number, milliseconds: number): boolean {
    pieces.clear();
    edits.length = 0;
    const { start, end } = at.events;
    pieces.add(OPEN);
    addTime(at, i, milliseconds, pieces, edits);
    const origin = parts.origin(at, i);
    addPart(origin, pieces, edits);
    const isHuge = end[i]! - start[i]! > MAX_EVENT_BYTES;
    if (!isHuge) {
      addPart(parts.status(at, i), pieces, edits);
      addMessage(at, i, pieces, edits);
      const trace = traceOf(at, i);
      if (trace !== '') pieces.add(Buffer.from(trace));
      addOwn(pieces, batch, at, i, edits);
      if (pieces.bytes <= config.max_entry_bytes) return false;
    }
    const short = isHuge ? null : shortenTexts(pieces.joined(), config.max_entry_bytes);
    const entry = short ?? asText(origin, at, i, milliseconds, config.max_entry_bytes);
    pieces.clear();
    pieces.add(entry);
    return true;
  }

  return (batch, from, to, out) => {
    const events = batch.events();
    if (located?.events !== events) located = locate(events);
    const { seconds, nanos } = batch.columns;
    const oldest = Date.now() - config.max_age;
    const counts: Counts = { shortened: 0, tooOld: 0 };
    let i = from;
    for (; i < to; i++) {
      const milliseconds = seconds[i]! * 1000 + Math.floor(nanos[i]! / 1e6);
      const isShortened = compose(batch, located, i, milliseconds);
      if (!pieces.appendTo(out, milliseconds)) break;
      if (isShortened) counts.shortened++;
      if (milliseconds < oldest) counts.tooOld++;
    }
    if (i === batch.length) located = null;
    report(counts);
    return i;
  };
}

function addPart({ members, edits: changes }: Part, pieces: Pieces, edits: OwnEdit[]): void {
  if (members.length > 0) pieces.add(members);
  if (changes.length > 0) edits.push(...changes);
}

const decoder = new TextDecoder();

/** Of an event whose texts alone do not make it too long, the beginning as a text. */
function asText({ members }: Part, { text, events }: Located, i: number, milliseconds: number, room: number): Buffer {
  const begin = `{"timestamp":${milliseconds},${decoder.decode(members)}"message":"`;
  const left = room - Buffer.byteLength(begin) - 2;
  const from = events.start[i]!;
  const whole = decoder.decode(text.subarray(from, Math.min(events.end[i]!, from + left + MARKER.length)));
  const inside = Buffer.from(JSON.stringify(whole).slice(1, -1));
  return Buffer.concat([Buffer.from(begin), shortenText(inside, left), Buffer.from('"}')]);
}
