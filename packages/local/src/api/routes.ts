import { openApiOf } from './open-api.ts';
import { defineRoute, type Route } from './route.ts';
import { dashboard } from './routes/dashboards.ts';
import { event, search } from './routes/events.ts';
import { choices, panel } from './routes/panels.ts';
import { query } from './routes/query.ts';
import { changes, fields, status } from './routes/status.ts';

const description = defineRoute({
  method: 'GET',
  path: '/api/v1/openapi.json',
  summary: 'This description.',
  shared: true,
  answer: 'OpenApi',
  answerOf: () => openApiOf(ROUTES),
});

/** All that can be asked. */
export const ROUTES: readonly Route[] = [
  status,
  changes,
  dashboard,
  panel,
  choices,
  search,
  event,
  fields,
  query,
  description,
];
