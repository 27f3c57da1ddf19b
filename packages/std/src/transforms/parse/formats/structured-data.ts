import { type Members, type Misfit, misfit, noMembers, shown, tooMany } from '../line.ts';

/** STRUCTURED-DATA and where it ends; `null`: there is none (`-`). */
export interface StructuredData {
  readonly elements: Members | null;
  readonly end: number;
}

/** SD-NAME of RFC 5424, 6: printable ASCII without `=`, space, `]` and `"`; programs write longer ones than the 32 characters there. */
const NAME = /^[!#-<>-\\^-~]{1,255}/;

/** Reads STRUCTURED-DATA (RFC 5424, 6.3): elements by their ids, parameters by their names; one that comes again makes a list. */
export function readStructuredData(line: string, from: number, maxFields: number): StructuredData | Misfit {
  if (line[from] === '-') return { elements: null, end: from + 1 };
  if (line[from] !== '[') return misfit('structured data or - is expected (RFC 5424)', from);
  const elements = noMembers();
  const left = { fields: maxFields };
  let at = from;
  while (line[at] === '[') {
    const id = nameAt(line, at + 1);
    if (id === null) return misfit('the id of an element of structured data is expected (RFC 5424)', at + 1);
    const element = (elements[id] ?? noMembers()) as Members;
    elements[id] = element;
    if (--left.fields < 0) return tooMany(maxFields);
    const end = readParameters(line, at + 1 + id.length, element, left);
    if (typeof end !== 'number') return left.fields < 0 ? tooMany(maxFields) : end;
    at = end;
  }
  return { elements, end: at };
}

/** Reads ` name="value"` up to the closing bracket; answers with the place behind it. */
function readParameters(line: string, from: number, element: Members, left: { fields: number }): number | Misfit {
  let at = from;
  while (line[at] === ' ') {
    while (line[at] === ' ') at++;
    const name = nameAt(line, at);
    if (name === null) break;
    at += name.length;
    if (!line.startsWith('="', at)) return misfit(`="…" is expected behind ${shown(name)} (RFC 5424)`, at);
    const value = valueAt(line, at + 2);
    if (value === null) return misfit(`the value of ${shown(name)} is not closed (RFC 5424)`, at + 1);
    if (--left.fields < 0) return misfit('too many');
    add(element, name, value.text);
    at = value.end;
  }
  return line[at] === ']' ? at + 1 : misfit('] is expected (RFC 5424)', at);
}

function add(element: Members, name: string, value: string): void {
  const known = element[name];
  if (known === undefined) element[name] = value;
  else if (Array.isArray(known)) known.push(value);
  else element[name] = [known, value];
}

function nameAt(line: string, at: number): string | null {
  return NAME.exec(line.slice(at, at + 255))?.[0] ?? null;
}

/** A backslash hides `"`, `\` and `]`; any other stands for itself (6.3.3). */
function valueAt(line: string, from: number): { text: string; end: number } | null {
  for (let at = from; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return { text: line.slice(from, at).replace(/\\(["\\\]])/g, '$1'), end: at + 1 };
  }
  return null;
}
