import { type Json, parseJson, printJson } from '@tailrace/core';

const CODES = { dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Colour = keyof typeof CODES;
const LEVELS: Readonly<Record<string, Colour>> = {
  FATAL: 'red',
  ERROR: 'red',
  WARN: 'yellow',
  WARNING: 'yellow',
  INFO: 'green',
  DEBUG: 'dim',
  TRACE: 'dim',
};
/** Where programs put what a record says, best first. */
const MESSAGES = ['message', 'msg', 'fields.message', 'log'];

/**
 * One event as one line for people: time, level, message, then the other members as `path=value`. Control characters are escaped, so
 * that a log cannot steer the terminal.
 */
export function prettyEvent(text: string, colours: boolean): string {
  const members = new Map<string, Json>();
  flatten(parseJson(text), '', members);
  const paint = (colour: Colour, word: string) => (colours ? `\u001b[${CODES[colour]}m${word}\u001b[0m` : word);
  const take = (name: string): string | undefined => {
    const value = members.get(name);
    if (typeof value !== 'string') return undefined;
    members.delete(name);
    return escapeControls(value.trimEnd());
  };
  const words: string[] = [];
  const time = take('@timestamp');
  if (time !== undefined) words.push(paint('dim', time));
  const level = take('level');
  if (level !== undefined) words.push(paint(LEVELS[level.toUpperCase()] ?? 'cyan', level.padEnd(5)));
  const message = MESSAGES.find((name) => typeof members.get(name) === 'string');
  if (message !== undefined) words.push(take(message)!);
  for (const [name, value] of members) words.push(`${paint('dim', `${escapeControls(name)}=`)}${word(value)}`);
  return words.join(' ');
}

function flatten(value: Json, at: string, into: Map<string, Json>): void {
  const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!nested || (at !== '' && Object.keys(value).length === 0)) {
    into.set(at, value);
    return;
  }
  for (const [key, member] of Object.entries(value)) flatten(member, at === '' ? key : `${at}.${key}`, into);
}

function word(value: Json): string {
  const plain = typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value);
  return plain ? value : escapeControls(printJson(value));
}

function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => {
    if (control === '\n') return '\\n';
    if (control === '\t') return '\\t';
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
