import { type LogBatch, type Path, PathError, path } from '@tailrace/core';

/** A template that cannot be read: what, and where. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A part of a template: plain text, or what stands in its braces. */
export type TemplatePart = { readonly text: string } | { readonly inside: string; readonly column: number };

/** Cuts a template into its parts; throws {@link TemplateError} on braces that are not closed. */
export function templateParts(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  for (const match of template.matchAll(/\{\{((?:"(?:[^"\\]|\\.)*"|[^"])*?)\}\}/gs)) {
    if (match.index > at) parts.push({ text: template.slice(at, match.index) });
    parts.push({ inside: match[1]!.trim(), column: match.index + 1 });
    at = match.index + match[0].length;
  }
  const rest = template.slice(at);
  const open = rest.indexOf('{{');
  if (open >= 0) throw new TemplateError(`column ${at + open + 1}: {{ without }}`);
  if (rest !== '') parts.push({ text: rest });
  return parts;
}

/** The path between two braces; throws {@link TemplateError} with the template's column. */
export function templatePath(inside: string, column: number): Path {
  try {
    return path(inside);
  } catch (error) {
    if (error instanceof PathError) throw new TemplateError(`column ${column}: ${error.message}`);
    throw error;
  }
}

/** Compiles a template whose placeholders are field paths. */
export function compileTemplate(template: string): { render(batch: LogBatch, i: number): string } {
  const parts = templateParts(template).map((part) =>
    'text' in part ? part.text : templatePath(part.inside, part.column),
  );
  return {
    render(batch, i) {
      let line = '';
      for (const part of parts) line += typeof part === 'string' ? part : memberText(batch, i, part);
      return line;
    },
  };
}

/** A member as text: strings without quotes, everything else as JSON; empty when it is missing or null. */
export function memberText(batch: LogBatch, i: number, where: Path): string {
  const text = batch.getText(i, where);
  if (text === undefined || text === 'null') return '';
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}
