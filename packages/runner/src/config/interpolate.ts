import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Where values of `${…}` come from. */
export interface Variables {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `${file:…}` is relative to. */
  readonly folder: string;
}

/** A text with its variables filled in, or what is wrong with it. */
export interface Interpolated {
  readonly text: string;
  /** Whether anything was filled in. */
  readonly changed: boolean;
  /** Values that no message may show. */
  readonly secrets: readonly string[];
  /** Files that `${file:…}` names, absolute. */
  readonly files: readonly string[];
  readonly faults: readonly { readonly what: string; readonly expected?: string }[];
}

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([\s\S]*))?$/;
const SECRET_NAME = /pass|pw|secret|token|key|credential|auth/i;

/**
 * Fills in `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `${file:PATH}` (one newline at its end is cut); `$$` is a dollar sign.
 * As in a shell, `:-` and `:?` also stand in for an empty value, and variables in a default are filled in when it is used.
 */
export function interpolate(source: string, variables: Variables): Interpolated {
  const faults: { what: string; expected?: string }[] = [];
  const secrets: string[] = [];
  const files: string[] = [];
  let changed = false;

  function fill(text: string): string {
    let filled = '';
    let at = 0;
    for (;;) {
      const dollar = text.indexOf('$', at);
      if (dollar < 0) return filled + text.slice(at);
      filled += text.slice(at, dollar);
      if (text[dollar + 1] !== '{') {
        filled += '$';
        at = dollar + (text[dollar + 1] === '$' ? 2 : 1);
        continue;
      }
      const close = closingBrace(text, dollar + 2);
      if (close < 0) {
        faults.push({ what: '"${" is not closed', expected: `\${NAME}, or $\${ for the characters themselves` });
        at = dollar + 2;
        continue;
      }
      filled += look(text.slice(dollar + 2, close));
      at = close + 1;
    }
  }
  function look(inner: string): string {
    changed = true;
    const isFile = inner.startsWith('file:');
    if (isFile) files.push(path.resolve(variables.folder, inner.slice(5)));
    const found = isFile ? readSecret(inner.slice(5), variables.folder) : readVariable(inner, variables, fill);
    if (found.fault) faults.push(found.fault);
    if (found.secret && found.value !== '') secrets.push(found.value);
    return found.value;
  }

  return { text: fill(source), changed, secrets, files, faults };
}

/** Where the brace stands that closes the one before `from`, those of inner variables passed over; -1: nowhere. */
function closingBrace(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('$$', at)) at++;
    else if (text.startsWith('${', at)) open++;
    else if (text[at] === '}' && --open === 0) return at;
  }
  return -1;
}

interface Found {
  readonly value: string;
  readonly secret: boolean;
  readonly fault?: { readonly what: string; readonly expected?: string };
}

const faulty = (what: string, expected?: string): Found => ({
  value: '',
  secret: false,
  fault: expected === undefined ? { what } : { what, expected },
});

function readVariable(inner: string, variables: Variables, fill: (text: string) => string): Found {
  const match = VARIABLE.exec(inner);
  if (!match) {
    return faulty(`"\${${inner}}" is no variable`, `\${NAME}, \${NAME:-default}, \${NAME:?message} or \${file:PATH}`);
  }
  const [, name, operator, rest] = match as unknown as [string, string, string | undefined, string | undefined];
  const value = Object.hasOwn(variables.env, name) ? variables.env[name] : undefined;
  const secret = SECRET_NAME.test(name);
  if (value !== undefined && (value !== '' || operator === undefined)) return { value, secret };
  if (operator === '-') return { value: fill(rest ?? ''), secret: false };
  const state = value === undefined ? 'is not set' : 'is empty';
  return faulty(`variable ${name} ${state}${operator === '?' && rest ? `: ${rest}` : ''}`);
}

function readSecret(file: string, folder: string): Found {
  try {
    return { value: readFileSync(path.resolve(folder, file), 'utf8').replace(/\r?\n$/, ''), secret: true };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return faulty(`file ${file} cannot be read (${code ?? 'unknown error'})`);
  }
}
