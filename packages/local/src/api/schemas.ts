import { anyOf, anything, boolean, integer, list, number, oneOf, type Schema, string } from '@tailrace/core';
import type { AnswerRow, CellValue, Panel } from '@tailrace/dashboards';
import { condition } from './condition-schema.ts';
import { described, exactly, nullable, record } from './declare.ts';
import type {
  ApiError,
  Choices,
  DashboardName,
  DashboardView,
  EventRow,
  EventsAnswer,
  FieldList,
  FoundEvents,
  NumbersAnswer,
  NumbersTable,
  OneEvent,
  PanelAnswer,
  PanelView,
  QueryAnswer,
  Status,
} from './types.ts';

const text = (description: string) => string({ description, required: true });
const whole = (description: string) => integer({ description, required: true });
const time = (description: string) => integer({ description: `${description}, Unix milliseconds.`, required: true });
const listOf = <T>(item: Schema<T>, description: string) => list(item, { description, required: true });

const figure = number({ description: 'A number.', required: true });

// ---- answers ----------------------------------------------------------------------------------------------------------

const dashboardNameMembers = {
  id: text('What its address ends with.'),
  system: text('The system it is about.'),
  name: text('Its name.'),
  description: text('What it answers.'),
};
const dashboardName = exactly<DashboardName>()(record('A dashboard that can be shown.', dashboardNameMembers));

const status = exactly<Status>()(
  record('What the store holds, and which dashboards can be shown of it.', {
    version: text('Of tailrace.'),
    now: time('The time of this machine'),
    component: text('The component that writes to the store.'),
    logs: whole('Log events.'),
    metrics: whole('Data points.'),
    traces: whole('Spans.'),
    first: nullable(time('Time of the oldest log event')),
    last: nullable(time('Time of the newest log event')),
    bytes: whole('Size on the disk.'),
    revision: whole('Rises with every change of the store.'),
    dashboards: listOf(dashboardName, 'The dashboards.'),
  }),
);

const panel: Schema<Panel> = described({
  type: 'object',
  description: 'A panel: its place, its words, and a query that is data, never text of a query language.',
  properties: {
    kind: { enum: ['stat', 'timeseries', 'toplist', 'table', 'donut', 'heatmap', 'events', 'text'] },
    id: text('Unique in its dashboard.').json,
    title: text('What stands above it.').json,
    description: text('What is shown, and what is bad.').json,
    width: whole('In 24 columns.').json,
    height: whole('In rows of about 40 pixels.').json,
  },
  required: ['kind', 'id', 'title', 'description', 'width', 'height'],
  additionalProperties: true,
});

const panelView = exactly<PanelView>()(
  record('A panel as the local store fills it.', { panel }, { leftOut: text('Why the local store cannot show it.') }),
);

const dashboardView = exactly<DashboardView>()(
  record('A dashboard as the page draws it.', {
    ...dashboardNameMembers,
    time: record('What is shown at first.', {
      from: oneOf(['1h', '6h', '24h', '7d'], { description: 'How far it looks back.', required: true }),
      refresh: oneOf(['30s', '1m', '5m'], { description: 'How often it asks anew.', required: true }),
    }),
    base: listOf(condition, 'Holds for each log query of it.'),
    variables: listOf(
      record('What a viewer chooses.', {
        name: text('As requests name it.'),
        label: text('As people read it.'),
        field: text('The field of log events that has it.'),
      }),
      'Each narrows the choices of those behind it.',
    ),
    links: listOf(dashboardName, 'Dashboards that belong to it.'),
    rows: listOf(
      record('A row.', { title: text('Its heading.'), panels: listOf(panelView, 'From left to right, then down.') }),
      'From top to bottom.',
    ),
  }),
);

const groupValue = anyOf([text('A text.'), figure, boolean({ description: 'A truth value.', required: true })], {
  description: 'A value to group by; an upper bound without an end is the text `+Inf`.',
  required: true,
});
const cell: Schema<CellValue> = nullable(
  anyOf([text('A text.'), figure, boolean({ description: 'A truth value.', required: true })], {
    description: 'Null where the event has no value.',
    required: true,
  }),
);

const answerRow = exactly<AnswerRow>()(
  record(
    'Numbers of one group, in one step.',
    {
      groups: listOf(groupValue, 'One per grouping.'),
      columns: listOf(nullable(figure), 'One per column; null where no event has a value.'),
    },
    { time: time('Begin of the step') },
  ),
);

const numbersTable = exactly<NumbersTable>()(
  record('A table of numbers.', {
    name: text('Of a metric line; empty of a log query.'),
    groups: listOf(text('A grouping.'), 'What the rows are kept apart by.'),
    columns: listOf(text('A column.'), 'What the numbers are called.'),
    rows: listOf(answerRow, 'The largest groups first, then by time.'),
  }),
);

const numbers = exactly<NumbersAnswer>()(
  record(
    'Numbers of a panel.',
    {
      kind: oneOf(['numbers'], { description: 'Numbers.', required: true }),
      from: time('Begin of what was asked for'),
      to: time('Its end, not in it'),
      tables: listOf(numbersTable, 'Of a log query one, of a metric query one per line.'),
    },
    { step: whole('Length of a step in milliseconds, in answers over time.') },
  ),
);

const eventRow = exactly<EventRow>()(
  record('An event in a list.', {
    key: text('Opens the event: its stream’s id and its offset.'),
    time: time('When it was'),
    cells: listOf(cell, 'One per column.'),
  }),
);
const eventsMembers = {
  kind: oneOf(['events'], { description: 'Events.', required: true }),
  columns: listOf(text('A field.'), 'What the cells show.'),
  events: listOf(eventRow, 'The newest first.'),
};
const events = exactly<EventsAnswer>()(record('The newest events of a panel.', eventsMembers));
const foundEvents = exactly<FoundEvents>()(
  record('Events found, the newest first.', {
    ...eventsMembers,
    total: whole('How many there are in all, up to 10,000.'),
    next: nullable(text('Give it as `before` to read on; null at the end.')),
  }),
);

const oneEvent = exactly<OneEvent>()(
  record('One event with all that is known of it.', {
    key: text('As lists have it.'),
    time: time('When it was'),
    fields: listOf(
      record('A member.', {
        path: text('Its path.'),
        type: nullable(text('Its declared type; null when it has none.')),
        value: anything({ description: 'Its value, as JSON.' }),
      }),
      'Its members, in their order.',
    ),
    text: text('The JSON text.'),
    source: record('Where it was read.', {
      component: text('The source.'),
      label: text('A file’s path, `stdin`.'),
      stream: text('Id of the stream: one generation of a file.'),
      offset: whole('Its first byte in the stream.'),
      end: whole('The first byte behind it.'),
      sub: whole('Tells events apart that were made of one.'),
    }),
  }),
);

const choices = exactly<Choices>()(
  record('Values that a variable can have.', {
    values: listOf(
      record('A value.', { value: text('As requests write it.'), count: whole('How many events have it.') }),
      'The most frequent first.',
    ),
  }),
);

const fieldList = exactly<FieldList>()(
  record('The declared fields of log events.', {
    fields: listOf(
      record('A field.', { path: text('Its path.'), type: text('Its type, as field files name it.') }),
      'By path.',
    ),
  }),
);

const queryAnswer = exactly<QueryAnswer>()(
  record('What a statement gave.', {
    columns: listOf(
      record('A column.', { name: text('Its name.'), type: text('Its type in DuckDB.') }),
      'From left to right.',
    ),
    rows: listOf(listOf(anything({ description: 'A value.' }), 'A value per column.'), 'The rows.'),
    truncated: boolean({ description: 'More rows than the limit were there.', required: true }),
    milliseconds: number({ description: 'How long it took.', required: true }),
  }),
);

const apiError = exactly<ApiError>()(
  record('What was wrong.', {
    error: record('What, why and what to do.', {
      code: text('The same for the same fault.'),
      message: text('For people.'),
    }),
  }),
);

/** What the API answers with, by the names in its description. */
export const SCHEMAS = {
  Status: status,
  DashboardName: dashboardName,
  DashboardView: dashboardView,
  Panel: panel,
  PanelView: panelView,
  PanelAnswer: exactly<PanelAnswer>()(anyOf([numbers, events], { description: 'What a panel shows.', required: true })),
  NumbersAnswer: numbers,
  EventsAnswer: events,
  FoundEvents: foundEvents,
  OneEvent: oneEvent,
  Choices: choices,
  FieldList: fieldList,
  QueryAnswer: queryAnswer,
  Condition: condition,
  ApiError: apiError,
  OpenApi: described<Readonly<Record<string, unknown>>>({
    type: 'object',
    description: 'A description by OpenAPI 3.1.',
    additionalProperties: true,
  }),
};
