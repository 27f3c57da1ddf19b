import type { LogBatch } from '@tailrace/core';
import { type Kernel, MAX_EVENT_BYTES } from '@tailrace/kernel';
import { createParts, type OwnEdit, type Part } from './attributes.ts';
import { columnSet, type Located } from './columns.ts';
import { Pieces } from './entry.ts';
import { createMessageRule, createTimeRule } from './message.ts';
import type { DatadogLogsConfig } from './options.ts';
import { createOwnMembers } from './own-members.ts';
import { MARKER, shortenText, shortenTexts } from './shorten.ts';
import { createTraceIds } from './trace-ids.ts';

/** Puts entries together, one after the other. */
export interface Composer {
  /** The entry that was put together last: a comma, the reserved attributes, then the event's own members with their bytes. */
  readonly pieces: Pieces;
  /** Turns to a batch; `null`: to none, so that its memory is not held. */
  open(batch: LogBatch | null): void;
  /** Puts the entry of an event of that batch together, `milliseconds` since 1970 being its time; true when it had to be shortened. */
  compose(batch: LogBatch, i: number, milliseconds: number): boolean;
}

/** Compiles the options about attributes and sizes. Throws a ConfigError for a field path that cannot be read. */
export function createComposer(k: Kernel, config: DatadogLogsConfig): Composer {
  const set = columnSet();
  const partOf = createParts(set, config);
  const addMessage = createMessageRule(set, config);
  const addTime = createTimeRule(set, config);
  const traceOf = createTraceIds(set, config);
  const located = set.located(k);
  const addOwn = createOwnMembers();
  const pieces = new Pieces();
  const edits: OwnEdit[] = [];
  // The comma in front of an entry is no part of the event.
  const most = config.max_entry_bytes + 1;
  const addAll = (batch: LogBatch, i: number, milliseconds: number, part: Part): void => {
    edits.length = 0;
    pieces.add(part.members);
    if (part.edits.length > 0) edits.push(...part.edits);
    addTime(located, i, milliseconds, pieces, edits);
    addMessage(located, i, pieces, edits);
    const trace = traceOf(located, i);
    if (trace !== '') pieces.add(Buffer.from(trace));
    addOwn(pieces, batch, located, i, edits);
  };
  return {
    pieces,
    open: (batch) => located.open(batch === null ? null : batch.events()),
    compose(batch, i, milliseconds) {
      located.seek(i);
      pieces.clear();
      const part = partOf(located, i);
      const isHuge = located.events.end[i]! - located.events.start[i]! > MAX_EVENT_BYTES;
      if (!isHuge) {
        addAll(batch, i, milliseconds, part);
        if (pieces.bytes <= most) return false;
      }
      const short = isHuge ? null : shortenTexts(pieces.joined(), most);
      pieces.clear();
      pieces.add(short ?? asText(part, located, i, milliseconds, most));
      return true;
    },
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
