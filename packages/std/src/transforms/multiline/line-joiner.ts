import { type EventOf, joinEvents, type LogBatch, type Path, path } from '@tailrace/core';
import type { Multiline } from '../../multiline/options.ts';
import { begun, joined, type Progress } from '../../multiline/progress.ts';
import { COMPLETE } from '../../multiline/rules.ts';
import { escapedBefore, withoutLineEnd } from '../line-end.ts';

type Out = (batch: LogBatch) => void;

/** Joins events that hold one line each. */
export interface LineJoiner {
  /** Gives out what is complete with these events. */
  take(batch: LogBatch, out: Out): void;
  /** Gives out what no further line came to in time, or all. */
  flush(now: number, final: boolean, out: Out): void;
  /** How often a limit ended an event, since this was asked last. */
  takeSplits(): number;
}

interface Waiting {
  readonly parts: EventOf[];
  /** The contents as they stand in JSON, without quotes and line ends. */
  readonly contents: string[];
  progress: Progress;
  /** Milliseconds since 1970 of the first flush after the last line came; `null` before it. */
  since: number | null;
}

/** A complete event; without contents it is one line and keeps its text. */
interface Joined {
  readonly parts: readonly EventOf[];
  readonly contents: readonly string[] | null;
}

const STREAM = path('stream');
/** Most events that wait at once; the oldest goes before there are more. */
const MOST_WAITING = 10_000;

/** Joins the lines in `field`, per stream of the source or, with `by`, per set of their values. */
export function lineJoiner(multiline: Multiline, field: Path, by: readonly Path[] | null): LineJoiner {
  const waiting = new Map<string, Waiting>();
  let splits = 0;

  function keyOf(batch: LogBatch, i: number): string {
    if (by) return by.map((one) => batch.getText(i, one) ?? '').join('\n');
    return `${batch.position(i).stream.id}\n${batch.getText(i, STREAM) ?? ''}`;
  }
  function end(key: string, ready: Joined[]): void {
    const event = waiting.get(key);
    if (!event) return;
    waiting.delete(key);
    ready.push({ parts: event.parts, contents: event.parts.length > 1 ? event.contents : null });
  }
  function takeLine(key: string, part: EventOf, json: string, ready: Joined[]): void {
    const text = JSON.parse(json) as string;
    const line = withoutLineEnd(text);
    const content = escapedBefore(json, text.length - line.length);
    const bytes = Buffer.byteLength(content);
    const event = waiting.get(key);
    const next = event ? joined(multiline, event.progress, line, bytes) : 'apart';
    if (next === 'full') splits++;
    if (event && typeof next !== 'string') {
      event.progress = next;
      event.parts.push(part);
      event.contents.push(content);
      event.since = null;
    } else {
      end(key, ready);
      const progress = begun(multiline, line, bytes);
      if (progress.state === COMPLETE) ready.push({ parts: [part], contents: null });
      else waiting.set(key, { parts: [part], contents: [content], progress, since: null });
    }
    if (waiting.get(key)?.progress.state === COMPLETE) end(key, ready);
    const [oldest] = waiting.keys();
    if (waiting.size > MOST_WAITING) end(oldest!, ready);
  }
  /** What waits for longer than this batch is in work holds on to its own events only. */
  function letGo(batch: LogBatch): void {
    for (const { parts } of waiting.values()) {
      for (let k = parts.length - 1; k >= 0 && parts[k]!.batch === batch; k--)
        parts[k] = { batch: batch.select([parts[k]!.index]), index: 0 };
    }
  }
  function give(ready: readonly Joined[], out: Out): void {
    if (ready.length === 0) return;
    const made = joinEvents(ready.map(({ parts }) => parts));
    for (const [k, { contents }] of ready.entries()) if (contents) made.setText(k, field, textOf(contents));
    out(made);
  }

  return {
    take(batch, out) {
      const ready: Joined[] = [];
      for (let index = 0; index < batch.length; index++) {
        const key = keyOf(batch, index);
        const json = batch.getText(index, field);
        if (json?.startsWith('"')) takeLine(key, { batch, index }, json, ready);
        else {
          end(key, ready);
          ready.push({ parts: [{ batch, index }], contents: null });
        }
      }
      letGo(batch);
      const isAll =
        ready.length === batch.length &&
        ready.every(({ parts: [first] }, k) => first!.index === k && first!.batch === batch);
      if (isAll) out(batch);
      else give(ready, out);
    },
    flush(now, final, out) {
      const ready: Joined[] = [];
      for (const [key, event] of waiting) {
        event.since ??= now;
        if (final || now - event.since >= multiline.timeoutMs) end(key, ready);
      }
      give(ready, out);
    },
    takeSplits() {
      const count = splits;
      splits = 0;
      return count;
    },
  };
}

/** The JSON text of the lines, without the empty ones at the end. */
function textOf(contents: readonly string[]): string {
  let last = contents.length;
  while (last > 1 && contents[last - 1] === '') last--;
  return `"${contents.slice(0, last).join('\\n')}"`;
}
