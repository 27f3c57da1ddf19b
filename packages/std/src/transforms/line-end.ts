/** The text without the line feed, or CRLF, at its end: container runtimes leave it there. */
export function withoutLineEnd(text: string): string {
  return text.endsWith('\n') ? text.slice(0, text.endsWith('\r\n') ? -2 : -1) : text;
}

/** What stands between the quotes of a JSON string, up to the escapes of the last `count` characters, which are a line end's. */
export function escapedBefore(json: string, count: number): string {
  let end = json.length - 1;
  // `\n` and `\r`, or `\u000a` and `\u000d`: JSON has no other way to write them.
  for (let k = 0; k < count; k++) end -= json[end - 1] === 'n' || json[end - 1] === 'r' ? 2 : 6;
  return json.slice(1, end);
}
