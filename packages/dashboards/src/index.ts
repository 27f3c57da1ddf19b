export { type BuiltFile, buildFile, FILE_TARGETS, type FileTarget, leftOut } from './build.ts';
export { type AgainstServer, checkAgainst } from './check/against.ts';
export { fieldProblems } from './check/fields.ts';
export { type FacetOrMeasure, facetsAndMeasures, type PercentileMetric, percentileMetrics } from './datadog/facets.ts';
export { readEvents, readSearch, type SearchAnswer } from './elasticsearch/answer.ts';
export { eventsSearchOf, type SearchBody, searchOf } from './elasticsearch/search.ts';
export { type EventKey, parseEventKey, printEventKey } from './event-key.ts';
export { suits, typesThatSuit } from './field-types.ts';
export { checkKibana } from './kibana/check.ts';
export { library } from './library.generated.ts';
export type * from './model.ts';
export { NotExpressible } from './not-expressible.ts';
export { panelFor } from './panel-for.ts';
export {
  type NumbersQuestion,
  type NumbersTable,
  type PanelQuestions,
  questionsOf,
  type StoreTables,
} from './panel-questions.ts';
export { DEFAULTS, fieldName, ParameterError, parametersFrom } from './parameters.ts';
export { pushDatadog } from './push/datadog.ts';
export { differenceLine } from './push/difference.ts';
export { pushGrafana } from './push/grafana.ts';
export { pushKibana } from './push/kibana.ts';
export { PushError } from './push/push-error.ts';
export type { Pushed, PushOptions } from './push/pushed.ts';
export { type FieldRead, type FieldUse, fieldsRead, type MetricRead, metricsRead } from './reads.ts';
export { type Choice, choicesSqlOf, readChoices } from './sql/choices.ts';
export { eventSqlOf, readEvent, type StoredEvent } from './sql/event.ts';
export { type FoundEvent, type FoundPage, readFound } from './sql/found.ts';
export { identifier, text as sqlText } from './sql/quote.ts';
export { readCells, readRows, type SqlValue } from './sql/rows.ts';
export { type EventSearch, type EventStore, type EventTables, foundSqlOf, searchSqlOf } from './sql/search.ts';
export { eventsSqlOf, sqlOf } from './sql/sql.ts';
export { COLUMN_TYPES, eventsTable } from './sql/table.ts';
export { type AnswerRow, type CellValue, columnNames, conditionsOf, type GroupValue, type View } from './view.ts';
