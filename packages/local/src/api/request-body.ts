import type { IncomingMessage } from 'node:http';
import { ApiProblem } from './api-problem.ts';

const MOST_BYTES = 64 * 1024;

/** The text of a JSON body; throws an {@link ApiProblem} for another kind, and for one that is too large, as soon as it is. */
export async function readText(request: IncomingMessage): Promise<string> {
  const type = String(request.headers['content-type'] ?? '').split(';')[0];
  // A form of another site cannot send this type.
  if (type?.trim().toLowerCase() !== 'application/json')
    throw new ApiProblem('not_json', 'send the body as JSON, with `content-type: application/json`');
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(): ApiProblem {
  return new ApiProblem('body_too_large', `the body is larger than ${MOST_BYTES / 1024} KiB`);
}
