import { bytesKey } from './bytes.ts';
import { Irregular, regular } from './irregular.ts';
import { AT, layoutOf } from './layout.ts';
import { logFields, readLogRecord, writeMembers } from './log-record.ts';
import { originText } from './origin-text.ts';
import { split } from './split.ts';
import type { Table } from './tables.ts';
import { TextOut } from './text-out.ts';
import { nanosOf, secondsOf } from './time.ts';
import type { LogEvents } from './types.ts';
import { ValueWriter } from './value-text.ts';
import { Wire } from './wire.ts';

const LAYOUT = layoutOf('logs');
const CLOSE = 0x7d;
/** Each event repeats its resource, so that the events of a small body can be large without bounds. */
const MAX_BYTES = 256 * 2 ** 20;

/** The events made so far. */
interface Made {
  readonly out: TextOut;
  readonly start: number[];
  readonly end: number[];
  readonly seconds: number[];
  readonly nanos: number[];
  readonly ownTime: number[];
  /** The time of reading, in halves of 64 bits. */
  readonly readLo: number;
  readonly readHi: number;
}

/**
 * The log records of an ExportLogsServiceRequest (protobuf) as JSON events, each with its resource and scope; throws an
 * {@link OtlpError}. `@timestamp` is when a record happened, else when it was observed, else `readTime` (Unix seconds, nanoseconds).
 * Nothing else is made up, and what is zero or empty is left out. Events of more than `maxBytes` together (256 MiB) are refused.
 */
export function logEvents(
  body: Uint8Array,
  readTime: { readonly seconds: number; readonly nanos: number },
  maxBytes = MAX_BYTES,
): LogEvents {
  const now = BigInt(readTime.seconds) * 1_000_000_000n + BigInt(readTime.nanos);
  const made: Made = {
    ...{
      out: new TextOut(body.length + (body.length >> 1), maxBytes),
      start: [],
      end: [],
      seconds: [],
      nanos: [],
      ownTime: [],
    },
    ...{ readLo: Number(now & 0xffff_ffffn), readHi: Number(now >> 32n) },
  };
  const wire = new Wire(body);
  const origin = originTexts();
  const write = recordWriter(wire, made);
  const { children } = split(wire, LAYOUT.request, AT.resource, body.length, 0);
  for (let r = 0; r < children.length; r += 2) {
    wire.pos = children[r]!;
    const resource = split(wire, LAYOUT.resource, AT.scope, children[r + 1]!, 1);
    const resourceText = origin(LAYOUT.resource, resource.rest, ',"resource":');
    for (let s = 0; s < resource.children.length; s += 2) {
      wire.pos = resource.children[s]!;
      const { rest, children: records } = split(wire, LAYOUT.scope, AT.item, resource.children[s + 1]!, 2);
      const scopeText = origin(LAYOUT.scope, rest, ',"scope":');
      for (let i = 0; i < records.length; i += 2) write(records[i]!, records[i + 1]!, resourceText, scopeText);
    }
  }
  return eventsOf(made);
}

function eventsOf({ out, start, end, seconds, nanos, ownTime }: Made): LogEvents {
  return {
    text: out.text(),
    start: Uint32Array.from(start),
    end: Uint32Array.from(end),
    length: start.length,
    seconds: Float64Array.from(seconds),
    nanos: Uint32Array.from(nanos),
    ownTime: Uint8Array.from(ownTime),
  };
}

/** Gives the member of a resource or scope, made once for all that are equal. */
function originTexts() {
  const known = new Map<string, Uint8Array>();
  return (table: Table, rest: Uint8Array, name: string): Uint8Array => {
    const key = name + bytesKey(rest);
    const made = known.get(key);
    if (made) return made;
    const object = originText(table, rest);
    const member = object.length === 0 ? object : new Uint8Array(Buffer.concat([Buffer.from(name), object]));
    known.set(key, member);
    return member;
  };
}

function recordWriter(wire: Wire, made: Made) {
  const { out } = made;
  const fields = logFields();
  const values = new ValueWriter(wire, out);
  const writeOne = (from: Wire, writer: ValueWriter, start: number, end: number) => {
    from.pos = start;
    readLogRecord(from, end, fields);
    const { timeLo, timeHi, observedLo, observedHi } = fields;
    const isOwn = timeLo !== 0 || timeHi !== 0;
    const isObserved = observedLo !== 0 || observedHi !== 0;
    const lo = isOwn ? timeLo : isObserved ? observedLo : made.readLo;
    const hi = isOwn ? timeHi : isObserved ? observedHi : made.readHi;
    out.ascii('{"@timestamp":');
    out.timestamp(lo, hi);
    writeMembers(from, out, writer, fields);
    made.seconds.push(secondsOf(lo, hi));
    made.nanos.push(nanosOf(lo, hi));
    made.ownTime.push(isOwn ? 1 : 0);
  };
  return (start: number, end: number, resource: Uint8Array, scope: Uint8Array): void => {
    const at = out.length;
    try {
      writeOne(wire, values, start, end);
    } catch (error) {
      if (!(error instanceof Irregular)) throw error;
      out.length = at;
      const bytes = regular(LAYOUT.item, wire.bytes.subarray(start, end));
      const from = new Wire(bytes);
      writeOne(from, new ValueWriter(from, out), 0, bytes.length);
    }
    out.raw(resource);
    out.raw(scope);
    out.byte(CLOSE);
    made.start.push(at);
    made.end.push(out.length);
  };
}
