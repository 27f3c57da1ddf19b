import { openApiOf } from '../../packages/local/src/api/open-api.ts';
import { ROUTES } from '../../packages/local/src/api/routes.ts';

/** docs/reference/openapi.json: the API of the local store, as it describes itself. */
export function files(): Record<string, string> {
  return { 'docs/reference/openapi.json': `${JSON.stringify(openApiOf(ROUTES), null, 2)}\n` };
}
