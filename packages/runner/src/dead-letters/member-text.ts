/**
 * The text of one member of a JSON object, byte for byte as it stands there: numbers keep all digits, keys their order. `json` has to
 * be valid; of several members with the name the last one counts, as for `JSON.parse`.
 */
export function memberText(json: string, name: string): string | undefined {
  let found: string | undefined;
  let at = json.indexOf('{') + 1;
  for (;;) {
    at = skip(json, at, ' \t\r\n,');
    if (json[at] !== '"') return found;
    const keyEnd = stringEnd(json, at);
    const from = skip(json, keyEnd, ' \t\r\n:');
    const to = valueEnd(json, from);
    if (JSON.parse(json.slice(at, keyEnd)) === name) found = json.slice(from, to);
    at = to;
  }
}

function skip(json: string, at: number, what: string): number {
  while (at < json.length && what.includes(json[at]!)) at++;
  return at;
}

/** After the closing quote of the string that begins at `at`. */
function stringEnd(json: string, at: number): number {
  let end = at;
  for (;;) {
    end = json.indexOf('"', end + 1);
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

function valueEnd(json: string, from: number): number {
  const first = json[from];
  if (first === '"') return stringEnd(json, from);
  return first === '{' || first === '[' ? nestedEnd(json, from) : scalarEnd(json, from);
}

function scalarEnd(json: string, from: number): number {
  let at = from;
  while (at < json.length && !',} \t\r\n'.includes(json[at]!)) at++;
  return at;
}

function nestedEnd(json: string, from: number): number {
  let depth = 0;
  let at = from;
  do {
    const char = json[at]!;
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    at = char === '"' ? stringEnd(json, at) : at + 1;
  } while (depth > 0);
  return at;
}
