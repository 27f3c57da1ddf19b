import { dirname } from 'node:path';
import type { LogBatch } from '@tailrace/core';
import { escapePath } from 'tinyglobby';
import { memberText, TemplateError, templateParts, templatePath } from '../template.ts';

/** A compiled path of the `file` sink. */
export interface FilePath {
  /** The path when it is the same for all events. */
  readonly fixed: string | null;
  /** Matches all paths it gives: a glob. */
  readonly pattern: string;
  /** The deepest folder that is the same for all events. */
  readonly folder: string;
  /** The path of one event; what comes from the event cannot add a folder or leave one. */
  render(batch: LogBatch, i: number): string;
}

type Render = (batch: LogBatch, i: number) => string;

/** Compiles a path with dates and members; throws TemplateError. Dates are UTC, of the time that names the event's index. */
export function compileFilePath(template: string): FilePath {
  if (/\p{Cc}/u.test(template)) throw new TemplateError('must not hold control characters');
  const parts = templateParts(template).map((part): string | Render => {
    if ('text' in part) return part.text;
    if (isDatePattern(part.inside)) return dateOf(part.inside);
    const where = templatePath(part.inside, part.column);
    return (batch, i) => safeName(memberText(batch, i, where));
  });
  if (template.endsWith('/')) throw new TemplateError('must name a file, not a folder');
  const [first = ''] = parts;
  const fixed = parts.length === 1 && typeof first === 'string' ? first : null;
  return {
    fixed,
    // What comes from an event holds no slash.
    pattern: parts.map((part) => (typeof part === 'string' ? escapePath(part) : '*')).join(''),
    // `out/a-{{ x }}`: the folder is `out`, whatever follows the last slash is part of a name.
    folder: dirname(typeof first === 'string' ? `${first}x` : 'x'),
    render: (batch, i) => parts.map((part) => (typeof part === 'string' ? part : part(batch, i))).join(''),
  };
}

const UNITS: Readonly<Record<string, readonly [from: number, to: number]>> = {
  YYYY: [0, 4],
  MM: [5, 7],
  DD: [8, 10],
  HH: [11, 13],
  mm: [14, 16],
};

function isDatePattern(inside: string): boolean {
  return /^(?:YYYY|MM|DD|HH|mm)(?:[-_./]?(?:YYYY|MM|DD|HH|mm))*$/.test(inside);
}

function dateOf(pattern: string): Render {
  let minute = Number.NaN;
  let text = '';
  return (batch, i) => {
    const seconds = batch.indexSeconds(i);
    if (Math.floor(seconds / 60) === minute) return text;
    minute = Math.floor(seconds / 60);
    const iso = new Date(seconds * 1000).toISOString();
    text = pattern.replace(/YYYY|MM|DD|HH|mm/g, (unit) => iso.slice(...UNITS[unit]!));
    return text;
  };
}

const MAX_NAME = 100;

/** A text as part of a file's name, at most 100 characters. */
function safeName(text: string): string {
  if (text === '') return 'none';
  return text
    .slice(0, MAX_NAME)
    .replace(/[^A-Za-z0-9.\-_@+=]/g, '_')
    .replace(/^\.+/, (dots) => '_'.repeat(dots.length));
}
