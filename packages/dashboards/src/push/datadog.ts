import type { BuiltFile } from '../build.ts';
import { markOf } from '../mark.ts';
import { type DatadogApi, datadogApi } from './datadog-api.ts';
import { differences } from './difference.ts';
import { PushError } from './push-error.ts';
import type { Pushed, PushOptions } from './pushed.ts';
import type { Access } from './server.ts';

/**
 * Puts dashboards into Datadog through its own client; throws a {@link PushError}. Datadog gives ids of its own, so ours are found by the
 * mark in their descriptions.
 */
export async function* pushDatadog(access: Access, { files, dryRun }: PushOptions): AsyncGenerator<Pushed> {
  const api = await datadogApi(access);
  try {
    const known = await api.list();
    for (const file of files) {
      const ours = known.filter(({ description }) => description.includes(markOf(file.dashboard)));
      if (ours.length > 1) throw tooMany(api, file, ours);
      yield await pushFile(api, file, ours[0]?.id, dryRun);
    }
  } finally {
    api.close();
  }
}

function tooMany({ name }: DatadogApi, { dashboard }: BuiltFile, found: readonly { readonly id: string }[]): PushError {
  const ids = found.map(({ id }) => id).join(', ');
  return new PushError(
    `${name} has ${found.length} dashboards whose description bears ${markOf(dashboard)}: ${ids}; delete all but one, or take the mark out of the copies`,
  );
}

async function pushFile(api: DatadogApi, file: BuiltFile, known: string | undefined, dryRun: boolean): Promise<Pushed> {
  const { id } = file.dashboard;
  const ours = JSON.parse(file.text) as object;
  if (known === undefined) {
    const result: Pushed = { id, outcome: 'created', differences: [] };
    return dryRun ? result : { ...result, url: api.dashboardUrl(await api.create(ours)) };
  }
  const found = differences(await api.get(known), ours);
  const url = api.dashboardUrl(known);
  if (found.length === 0) return { id, outcome: 'unchanged', differences: [], url };
  if (!dryRun) await api.update(known, ours);
  return { id, outcome: 'changed', differences: found, url };
}
