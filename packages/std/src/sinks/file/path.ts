import { hash } from 'node:crypto';
import { dirname } from 'node:path';
import type { LogBatch, Path } from '@tailrace/core';
import { escapePath } from 'tinyglobby';
import { memberText, TemplateError, type TemplatePart, templateParts, templatePath } from '../template.ts';

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

/** A piece of a name. `bytes`: what it takes, `null` when that depends on the event. */
interface Piece {
  /** When it is the same for all events. */
  readonly text: string | null;
  readonly bytes: number | null;
  readonly render: Render;
}

/** What file systems take between two slashes. */
const NAME_BYTES = 255;

/**
 * Compiles a path with dates and members; throws TemplateError. Dates are UTC, of the time that names the event's index. `markBytes`: what
 * must have room behind the last name.
 */
export function compileFilePath(template: string, markBytes: number): FilePath {
  if (/\p{Cc}/u.test(template)) throw new TemplateError('must not hold control characters');
  const parts = templateParts(template);
  if (template.endsWith('/')) throw new TemplateError('must name a file, not a folder');
  const [first] = parts;
  const start = first && 'text' in first ? first.text : '';
  const names = namesOf(parts);
  const renders = names.map((pieces, k) => compileName(pieces, k === names.length - 1 ? markBytes : 0));
  return {
    fixed: start === template ? template : null,
    // What comes from an event holds no slash.
    pattern: names
      .map((pieces) => pieces.map(({ text }) => (text === null ? '*' : escapePath(text))).join(''))
      .join('/'),
    // `out/a-{{ x }}`: the folder is `out`, whatever follows the last slash is part of a name.
    folder: dirname(`${start}x`),
    render(batch, i) {
      let path = renders[0]!(batch, i);
      for (let k = 1; k < renders.length; k++) path += `/${renders[k]!(batch, i)}`;
      return path;
    },
  };
}

/** The pieces of each name of the path. */
function namesOf(parts: readonly TemplatePart[]): Piece[][] {
  const names: Piece[][] = [[]];
  for (const part of parts) {
    if ('inside' in part && !isDatePattern(part.inside)) {
      names.at(-1)!.push(memberPiece(templatePath(part.inside, part.column)));
      continue;
    }
    const [text, piece] = 'text' in part ? ([part.text, textPiece] as const) : ([part.inside, datePiece] as const);
    for (const [k, own] of text.split('/').entries()) {
      if (k > 0) names.push([]);
      if (own !== '') names.at(-1)!.push(piece(own));
    }
  }
  return names;
}

const textPiece = (text: string): Piece => ({ text, bytes: Buffer.byteLength(text), render: () => text });
const datePiece = (pattern: string): Piece => ({ text: null, bytes: pattern.length, render: dateOf(pattern) });
const memberPiece = (where: Path): Piece => ({
  text: null,
  bytes: null,
  render: (batch, i) => safeName(memberText(batch, i, where)),
});

/** `-3f09ac1b`: the beginning of the hash of a whole name behind what is left of it. */
const HASH_BYTES = 9;

/**
 * One name of the path, never longer than file systems take: of a longer one, the members' texts are cut to equal shares and a hash is put
 * behind the last one. So names that differ stay different, and what stands around the members stays as it is.
 */
function compileName(pieces: readonly Piece[], markBytes: number): Render {
  const most = NAME_BYTES - markBytes;
  const own = pieces.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const members = pieces.filter(({ bytes }) => bytes === null).length;
  refuseLongName(pieces, own, markBytes, members);
  const whole: Render = (batch, i) => {
    let name = '';
    for (const { render } of pieces) name += render(batch, i);
    return name;
  };
  if (members === 0) return whole;
  const share = Math.floor((most - own - HASH_BYTES) / members);
  const last = pieces.findLastIndex(({ bytes }) => bytes === null);
  return (batch, i) => {
    const name = whole(batch, i);
    if (Buffer.byteLength(name) <= most) return name;
    const tail = `-${hash('sha256', name).slice(0, HASH_BYTES - 1)}`;
    const texts = pieces.map(({ bytes, render }, k) => {
      // The text of a member is ASCII by now.
      if (bytes === null) return render(batch, i).slice(0, share) + (k === last ? tail : '');
      return render(batch, i);
    });
    return texts.join('');
  };
}

/** Throws a TemplateError for a name that is too long whatever the event holds. */
function refuseLongName(pieces: readonly Piece[], own: number, markBytes: number, members: number): void {
  const most = NAME_BYTES - markBytes - (members > 0 ? members + HASH_BYTES : 0);
  if (own <= most) return;
  const beside = [markBytes > 0 && 'the mark of a rotation', members > 0 && 'what comes from an event'].filter(Boolean);
  const less = beside.length > 0 ? ` beside ${beside.join(' and ')}` : '';
  const shown = pieces
    .map(({ text }) => text ?? '…')
    .join('')
    .slice(0, 40);
  throw new TemplateError(`"${shown}…" is too long for a name: ${own} bytes, at most ${most}${less}`);
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
