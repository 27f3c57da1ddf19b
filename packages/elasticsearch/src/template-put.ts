import type { ErrorCode, PluginContext } from '@tailrace/core';
import { excerpt, parseObject, reasonOf } from './answer.ts';
import type { Answer, Connection, NoAnswer } from './client.ts';
import type { NamedTemplate } from './sink-template.ts';
import type { IndexTemplate } from './template.ts';

/** What became of the index template: it stands as it should, or why not. */
export type TemplateResult =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly temporary: boolean };

interface Found {
  readonly version?: number;
  readonly _meta?: { readonly managed_by?: unknown; readonly hash?: unknown };
}

const READY: TemplateResult = { kind: 'ready' };

/** Puts the template unless the cluster has the same one, a newer one or one that somebody else made; those are left alone, and that is logged. */
export async function ensureTemplate(
  connection: Connection,
  template: NamedTemplate,
  context: PluginContext,
  signal: AbortSignal,
): Promise<TemplateResult> {
  const { name, body, overwrite } = template;
  const path = `/_index_template/${encodeURIComponent(name)}`;
  const found = await connection.request({ method: 'GET', path }, signal);
  if (found.kind === 'none' || (found.status !== 200 && found.status !== 404)) return failed(found, `read ${name}`);
  if (found.status === 200) {
    const existing = readTemplate(found.text);
    if (!existing) return failed(found, `read ${name}`);
    const keep = overwrite ? isSame(existing, body) : reasonToKeep(existing, body, name);
    if (typeof keep === 'string') context.log.warn({ template: name }, keep);
    if (keep) return READY;
  }
  const put = await connection.request({ method: 'PUT', path, body: JSON.stringify(body) }, signal);
  if (put.kind === 'none' || put.status !== 200) return failed(put, `put ${name}`);
  context.log.info({ template: name, version: body.version, hash: body._meta.hash }, 'index template put');
  return READY;
}

/** True: it is the same; text: why it stays although it differs; false: it is older. */
function reasonToKeep(existing: Found, ours: IndexTemplate, name: string): string | boolean {
  if (existing._meta?.managed_by !== 'tailrace') {
    return `index template ${name} was not made by tailrace and stays as it is: give template.name another name, or set template.overwrite`;
  }
  if (isSame(existing, ours)) return true;
  if ((existing.version ?? 0) <= ours.version) return false;
  return `index template ${name} has version ${existing.version}, newer than ${ours.version} here, and stays as it is: raise template.version, or set template.overwrite`;
}

function isSame(existing: Found, ours: IndexTemplate): boolean {
  return existing._meta?.hash === ours._meta.hash && existing.version === ours.version;
}

function readTemplate(text: string): Found | undefined {
  const list = parseObject(text)?.['index_templates'];
  const first = Array.isArray(list) ? (list[0] as { index_template?: Found } | undefined) : undefined;
  return first?.index_template;
}

function failed(answer: Answer | NoAnswer, what: string): TemplateResult {
  const start = `cannot ${what.replace(' ', ' index template ')}: `;
  if (answer.kind === 'none') {
    const code =
      answer.cause === 'tls' ? 'tls_failed' : answer.cause === 'aborted' ? 'server_timeout' : 'server_unreachable';
    return { kind: 'failed', code, message: start + answer.message, temporary: true };
  }
  const message = `${start}${reasonOf(answer.text) ?? `status ${answer.status}: ${excerpt(answer.text)}`}`;
  const temporary = answer.status === 429 || answer.status >= 500;
  return { kind: 'failed', code: answer.status === 401 ? 'unauthorized' : 'template_failed', message, temporary };
}
