import type { Dashboard } from './model.ts';

/** What the description of a dashboard ends with on a server: it tells one of ours from those of others. */
export function markOf({ id }: Pick<Dashboard, 'id'>): string {
  return `[tailrace:${id}]`;
}

/** The description that a file has, for the one who reads it and for the next push. */
export function markedDescription(dashboard: Pick<Dashboard, 'id' | 'description'>): string {
  return `${dashboard.description} ${markOf(dashboard)}`;
}
