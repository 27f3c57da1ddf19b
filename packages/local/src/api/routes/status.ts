import { type ApiContext, defineRoute, type Route } from '../route.ts';
import type { Status } from '../types.ts';
import { nameOf } from './dashboards.ts';

/** What the store holds, as it is now. */
export function statusOf({ store, revisions, dashboards, component, version }: ApiContext): Status {
  const { logs, metrics, traces, first, last, bytes } = store.counts();
  const revision = revisions.current();
  const names = dashboards.map(nameOf);
  return {
    version,
    now: Date.now(),
    component,
    logs,
    metrics,
    traces,
    first,
    last,
    bytes,
    revision,
    dashboards: names,
  };
}

/** What the store holds. */
export const status = defineRoute({
  method: 'GET',
  path: '/api/v1/status',
  summary: 'What the store holds, and which dashboards can be shown of it.',
  answer: 'Status',
  answerOf: statusOf,
});

/** The declared fields. */
export const fields = defineRoute({
  method: 'GET',
  path: '/api/v1/fields',
  summary: 'The declared fields of log events, and their types.',
  answer: 'FieldList',
  answerOf: ({ store }) => ({
    fields: Object.entries(store.fields)
      .map(([path, type]) => ({ path, type }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  }),
});

/** The status again and again. */
export const changes: Route = {
  ...status,
  path: '/api/v1/changes',
  summary: 'Server-sent events `change` with the status: now, and at most once a second when the store has changed.',
  streams: true,
};
