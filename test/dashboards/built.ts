import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Names that stand in a built file. */
export interface Mentions {
  readonly fields: ReadonlySet<string>;
  readonly metrics: ReadonlySet<string>;
}

/** Where each target's file names a field as a whole. */
const FIELD_KEYS = new Set(['sourceField', 'facet', 'fieldName']);
/** Members of objects in the events, wherever they stand in a query. */
const NESTED = /\b(?:fields|delta|kubernetes|docker|lag_seconds|request_(?:seconds|events|bytes))\.[a-z_][a-z0-9_]*/g;
const METRIC = /\b(?:mirrord|tailrace)_[a-z][a-z0-9_]*/g;

/** Fields and metrics that a committed file of a dashboard names, found by their form and not by the model. */
export function mentionsIn(dashboard: string, file: 'kibana.ndjson' | 'grafana.json' | 'datadog.json'): Mentions {
  const text = readFileSync(fileURLToPath(new URL(`../../dashboards/${dashboard}/${file}`, import.meta.url)), 'utf8');
  const fields = new Set<string>();
  const metrics = new Set<string>();
  const documents = file.endsWith('.ndjson') ? text.trimEnd().split('\n') : [text];
  for (const document of documents) {
    visit(JSON.parse(document), '', (key, value) => {
      if (FIELD_KEYS.has(key) && isName(value)) fields.add(value.replace(/^@(?!timestamp)/, ''));
      for (const [field] of value.matchAll(NESTED)) fields.add(field);
      for (const [metric] of value.matchAll(METRIC)) metrics.add(metric.replace(/_bucket$/, ''));
    });
  }
  return { fields, metrics };
}

/** Not Lens’ word for the records themselves, nor the name of a column with blanks or capitals. */
function isName(value: string): boolean {
  return /^@?[a-z][a-z0-9_.]*$/.test(value);
}

/** Visits all texts, those in the JSON texts that saved objects hold too. */
function visit(value: unknown, key: string, see: (key: string, value: string) => void): void {
  if (typeof value === 'string') {
    const inner = /^[[{]/.test(value) ? parsed(value) : undefined;
    if (inner === undefined) see(key, value);
    else visit(inner, key, see);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) visit(member, name, see);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
