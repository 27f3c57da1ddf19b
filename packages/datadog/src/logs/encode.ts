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

/**
 * Makes the function that appends events as entries of a body (see frame.ts) until it is full, and answers the first one left out:
 * the reserved attributes, then the event's own members with their bytes. `report` gets what is worth counting once per call.
 */
export function createEncoder(k: Kernel, config: DatadogLogsConfig, report: (counts: Counts) => void): Encode {
  const set = columnSet();
  const partOf = createParts(set, config);
  const addMessage = createMessageRule(set, config);
  const addTime = createTimeRule(set, config);
  const traceOf = createTraceIds(set, config);
  const located = set.located(k);
  const pieces = new Pieces();
  const edits: OwnEdit[] = [];
  const addOwn = createOwnMembers();
  const writesTimes = config.on_too_old !== 'send';
  // The comma in front of an entry is no part of the event.
  const most = config.max_entry_bytes + 1;

  /** Puts the entry of an event together; true when it had to be shortened. */
  function compose(batch: LogBatch, i: number, milliseconds: number): boolean {
    located.seek(i);
    pieces.clear();
    edits.length = 0;
    const part = partOf(located, i);
    const isHuge = located.events.end[i]! - located.events.start[i]! > MAX_EVENT_BYTES;
    if (!isHuge) {
      pieces.add(part.members);
      if (part.edits.length > 0) edits.push(...part.edits);
      addTime(located, i, milliseconds, pieces, edits);
      addMessage(located, i, pieces, edits);
      const trace = traceOf(located, i);
      if (trace !== '') pieces.add(Buffer.from(trace));
      addOwn(pieces, batch, located, i, edits);
      if (pieces.bytes <= most) return false;
    }
    const short = isHuge ? null : shortenTexts(pieces.joined(), most);
    pieces.clear();
    pieces.add(short ?? asText(part, located, i, milliseconds, most));
    return true;
  }

  return (batch, from, end, out) => {
    located.open(batch.events());
    const { seconds, nanos } = batch.columns;
    const to = Buffer.from(out.bytes.buffer, out.bytes.byteOffset, out.bytes.byteLength);
    const oldest = Date.now() - config.max_age;
    const counts: Counts = { shortened: 0, tooOld: 0 };
    let i = from;
    for (; i < end; i++) {
      const milliseconds = seconds[i]! * 1000 + Math.floor(nanos[i]! / 1e6);
      const isShortened = compose(batch, i, milliseconds);
      if (!pieces.appendTo(out, to, writesTimes ? milliseconds : null)) break;
      if (isShortened) counts.shortened++;
      if (milliseconds < oldest) counts.tooOld++;
    }
    // A batch that does not fit into one body comes again for the rest of it.
    if (i === batch.length) located.open(null);
    report(counts);
    return i;
  };
}

const decoder = new TextDecoder();

/** Of an event whose texts alone do not make it too long, the beginning as a text. */
function asText({ members }: Part, { text, events }: Located, i: number, milliseconds: number, room: number): Buffer {
  const begin = `${decoder.decode(members)}"timestamp":${milliseconds},"message":"`;
  const left = room - Buffer.byteLength(begin) - 2;
  const from = events.start[i]!;
  const whole = decoder.decode(text.subarray(from, Math.min(events.end[i]!, from + left + MARKER.length)));
  const inside = Buffer.from(JSON.stringify(whole).slice(1, -1));
  return Buffer.concat([Buffer.from(begin), shortenText(inside, left), Buffer.from('"}')]);
}
