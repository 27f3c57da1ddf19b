import { growthProblem } from './growing.ts';

/** Functions in FROM that read the store, or make rows of nothing. */
const ROW_FUNCTIONS = new Set([
  'duckdb_columns',
  'duckdb_constraints',
  'duckdb_databases',
  'duckdb_functions',
  'duckdb_indexes',
  'duckdb_keywords',
  'duckdb_memory',
  'duckdb_optimizers',
  'duckdb_schemas',
  'duckdb_sequences',
  'duckdb_settings',
  'duckdb_tables',
  'duckdb_temporary_files',
  'duckdb_types',
  'duckdb_variables',
  'duckdb_views',
  'generate_series',
  'icu_calendar_names',
  'json_each',
  'json_tree',
  'pg_timezone_names',
  'pragma_collations',
  'pragma_database_size',
  'pragma_metadata_info',
  'pragma_platform',
  'pragma_show',
  'pragma_storage_info',
  'pragma_table_info',
  'pragma_version',
  'range',
  'repeat',
  'repeat_row',
  'summary',
  'test_all_types',
  'unnest',
]);

/** Functions anywhere else that do more than compute. */
const ACTING_FUNCTIONS = new Set(['write_log', 'nextval']);

/** Why a parsed statement may not run: it calls a function that does more than read the store; `null` when it calls none. */
export function functionProblem(node: unknown): string | null {
  if (typeof node !== 'object' || node === null) return null;
  if (Array.isArray(node)) return firstProblem(node);
  const { type, function: rows, class: kind } = node as Record<string, unknown>;
  if (type === 'TABLE_FUNCTION') {
    const { function_name: name, children } = (rows ?? {}) as Record<string, unknown>;
    return (
      rowsProblem(String(name)) ?? functionProblem(children) ?? functionProblem({ ...node, type: '', function: null })
    );
  }
  const own = kind === 'FUNCTION' || kind === 'WINDOW' ? callProblem(node as Record<string, unknown>) : null;
  return own ?? firstProblem(Object.values(node));
}

function rowsProblem(name: string): string | null {
  if (ROW_FUNCTIONS.has(name.toLowerCase())) return null;
  return `${name}() is not for queries: they read the tables of the store and call functions that only compute`;
}

function callProblem({ function_name: name, children }: Record<string, unknown>): string | null {
  const called = String(name).toLowerCase();
  if (ACTING_FUNCTIONS.has(called)) return `${called}() is not for queries: it does more than read`;
  return growthProblem(called, Array.isArray(children) ? children : []);
}

function firstProblem(nodes: readonly unknown[]): string | null {
  for (const node of nodes) {
    const problem = functionProblem(node);
    if (problem !== null) return problem;
  }
  return null;
}
