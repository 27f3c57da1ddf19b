/** Inline text; links lead only to http, https, mail and places of the page itself. */
export type Inline =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis'; readonly inside: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly inside: readonly Inline[] };

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly inside: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly inside: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] };

const FENCE = /^\s*```/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const SAFE = /^(https?:\/\/|mailto:|#)/i;

/** The part of CommonMark that panels need: headings, paragraphs, flat lists, code, emphasis and links. Everything else, HTML above all, stays text. */
export function parseMarkdown(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = blockAt(lines, at);
    if (block !== undefined) blocks.push(block);
    at = next;
  }
  return blocks;
}

function blockAt(lines: readonly string[], at: number): [block: Block | undefined, next: number] {
  const line = lines[at] ?? '';
  if (line.trim() === '') return [undefined, at + 1];
  if (FENCE.test(line)) return codeAt(lines, at);
  const heading = HEADING.exec(line);
  if (heading !== null) {
    return [{ kind: 'heading', level: heading[1]?.length ?? 1, inside: parseInline(heading[2] ?? '') }, at + 1];
  }
  if (ITEM.test(line)) return listAt(lines, at);
  let end = at + 1;
  while (end < lines.length && !beginsBlock(lines[end] ?? '')) end += 1;
  const words = lines.slice(at, end).map((each) => each.trim());
  return [{ kind: 'paragraph', inside: parseInline(words.join(' ')) }, end];
}

function beginsBlock(line: string): boolean {
  return line.trim() === '' || FENCE.test(line) || HEADING.test(line) || ITEM.test(line);
}

function codeAt(lines: readonly string[], at: number): [Block, number] {
  const length = lines.slice(at + 1).findIndex((line) => FENCE.test(line));
  const end = length < 0 ? lines.length : at + 1 + length;
  return [{ kind: 'code', text: lines.slice(at + 1, end).join('\n') }, end + 1];
}

function listAt(lines: readonly string[], at: number): [Block, number] {
  const ordered = ITEM.exec(lines[at] ?? '')?.[1] !== undefined;
  const items: string[] = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? '';
    const item = ITEM.exec(line);
    if (item !== null && (item[1] !== undefined) === ordered) items.push(item[2] ?? '');
    else if (item === null && /^\s+\S/.test(line)) items.push(`${items.pop() ?? ''} ${line.trim()}`);
    else break;
  }
  return [{ kind: 'list', ordered, items: items.map(parseInline) }, end];
}

const INLINE =
  /`([^`]+)`|\*\*(\S(?:[^*]*\S)?)\*\*|__(\S(?:[^_]*\S)?)__|\*(\S(?:[^*]*\S)?)\*|(?<!\w)_(\S(?:[^_]*\S)?)_(?!\w)|\[([^[\]]+)\]\(([^()\s]+)\)/;

function parseInline(text: string): Inline[] {
  const found = INLINE.exec(text);
  if (found === null) return text === '' ? [] : [{ kind: 'text', text }];
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  return [...(before === '' ? [] : [{ kind: 'text', text: before } as const]), inlineOf(found), ...parseInline(after)];
}

function inlineOf(found: RegExpExecArray): Inline {
  const [all, code, strong = found[3], , emphasis = found[5], , label, href] = found;
  if (code !== undefined) return { kind: 'code', text: code };
  if (strong !== undefined) return { kind: 'strong', inside: parseInline(strong) };
  if (emphasis !== undefined) return { kind: 'emphasis', inside: parseInline(emphasis) };
  // Of an address that could run something all stays text.
  if (label === undefined || href === undefined || !SAFE.test(href)) return { kind: 'text', text: all };
  return { kind: 'link', href, inside: parseInline(label) };
}
