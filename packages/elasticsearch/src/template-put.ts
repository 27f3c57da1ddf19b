import type { ErrorCode, PluginContext } from '@tailrace/core';
import { excerpt, parseObject, reasonOf } from './answer.ts';
import type { Answer, Connection, NoAnswer } from './client.ts';
import { type Product, productOf } from './product.ts';
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

/**
 * Puts the template unless the cluster has the same one, a newer one or one that somebody else made; those are left alone, and that is
 * logged. Asks whose server it is unless that is known.
 */
export async function ensureTemplate(
  connection: Connection,
  template: NamedTemplate,
  context: PluginContext,
  signal: AbortSignal,
  known?: Product,
): Promise<TemplateResult> {
  const { name, bodyFor, overwrite } = template;
  const product = known ?? (await askProduct(connection, signal));
  if (typeof product !== 'string') return failed(product, 'ask for the version before index template', name);
  const body = bodyFor(product);
  const path = `/_index_template/${encodeURIComponent(name)}`;
  const found = await connection.request({ method: 'GET', path }, signal);
  if (found.kind === 'none' || (found.status !== 200 && found.status !== 404))
    return failed(found, 'read index template', name);
  if (found.status === 200) {
    const existing = readTemplate(found.text);
    if (!existing) return failed(found, 'read index template', name);
    const keep = overwrite ? isSame(existing, body) : reasonToKeep(existing, body, name);
    if (typeof keep === 'string') context.log.warn({ template: name }, keep);
    if (keep) return READY;
  }
  const put = await connection.request({ method: 'PUT', path, body: JSON.stringify(body) }, signal);
  if (put.kind === 'none' || put.status !== 200) return failed(put, 'put index template', name);
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

/** What answers but does not say who it is may be a proxy that lets only some paths through: the name that most have is assumed. */
async function askProduct(connection: Connection, signal: AbortSignal): Promise<Product | Answer | NoAnswer> {
  const answer = await connection.request({ method: 'GET', path: '/' }, signal);
  if (answer.kind === 'none' || answer.status === 401 || isTemporary(answer.status)) return answer;
  return productOf(answer) ?? 'elasticsearch';
}

function isTemporary(status: number): boolean {
  return status === 429 || status >= 500;
}

function failed(answer: Answer | NoAnswer, what: string, name: string): TemplateResult {
  const start = `cannot ${what} ${name}: `;
  if (answer.kind === 'none') {
    const code =
      answer.cause === 'tls' ? 'tls_failed' : answer.cause === 'aborted' ? 'server_timeout' : 'server_unreachable';
    return { kind: 'failed', code, message: start + answer.message, temporary: true };
  }
  const message = `${start}${reasonOf(answer.text) ?? `status ${answer.status}: ${excerpt(answer.text)}`}`;
  const code = answer.status === 401 ? 'unauthorized' : 'template_failed';
  return { kind: 'failed', code, message, temporary: isTemporary(answer.status) };
}
