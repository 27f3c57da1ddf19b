import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository/workspace.ts';

/** What somebody would write into a log to run a script in the browser of those who look at it. */
export const MARKUP = '"><img src=x onerror=alert(1)><script>alert(1)</script>';

/** Files of a pipeline into a local store: what a mirrord operator wrote in ten minutes, and a session whose names are markup. */
export function markedPipeline(page: object): Record<string, string> {
  const config = {
    metrics: { enabled: false },
    sources: {
      operator: { type: 'generate', system: 'mirrord', format: 'docker', rate: 4, start: 'now', backfill: '10m' },
      markup: { type: 'file', include: ['markup.log'], read_from: 'beginning' },
    },
    transforms: {
      record: { type: 'unpack', inputs: ['operator', 'markup'] },
      usage: { type: 'fields', inputs: 'record', file: 'fields.yaml' },
    },
    sinks: { store: { type: 'local', inputs: 'usage', fields: ['fields.yaml'], page } },
  };
  const session = { message: 'Session Start', session_id: '1', client_user: MARKUP, target_name: MARKUP };
  const record = {
    level: 'INFO',
    kubernetes: { container_name: 'mirrord-operator' },
    fields: { ...session, target_namespace: MARKUP },
  };
  return {
    'pipeline.yaml': JSON.stringify(config),
    'fields.yaml': readFileSync(join(root, 'pipelines/mirrord/fields.yaml'), 'utf8'),
    'markup.log': `${JSON.stringify({ log: `${JSON.stringify(record)}\n`, time: new Date().toISOString() })}\n`,
  };
}
