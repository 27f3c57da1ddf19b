import { suits, typesThatSuit } from '../field-types.ts';
import type { FieldRead } from '../reads.ts';

/** What is known of a field. */
export interface KnownField {
  /** As Elasticsearch names types; several where indices differ. */
  readonly types: readonly string[];
  /** Whether it can be grouped by and calculated with; declared fields can. */
  readonly aggregatable: boolean;
}

/** Reads that need more than to find a value. */
const AGGREGATED: ReadonlySet<FieldRead['use']> = new Set(['groups', 'distinct', 'calculation', 'choice']);

/** Each field that is not there, or not of a type that the panel needs, with who reads it; `where` is what was looked at. */
export function fieldProblems(
  reads: readonly FieldRead[],
  known: ReadonlyMap<string, KnownField>,
  where: string,
): string[] {
  return together(
    reads.flatMap((read) => {
      const problem = problemOf(read, known.get(read.field), where);
      return problem === undefined ? [] : [{ ...read, problem: `${read.field} ${problem}` }];
    }),
  );
}

function problemOf({ use, target }: FieldRead, field: KnownField | undefined, where: string): string | undefined {
  if (!field) return `is not in ${where}`;
  const wrong = field.types.find((type) => !suits(type, use, target));
  const needed = `for ${SAID[use]} it has to be ${typesThatSuit(use, target).slice(0, MOST_TYPES).join(', ')}`;
  if (wrong !== undefined) return `is ${field.types.join(' and ')} in ${where}, and ${needed}`;
  if (!field.aggregatable && AGGREGATED.has(use))
    return `cannot be aggregated in ${where} (no doc_values), and the panel needs it for ${SAID[use]}`;
  return undefined;
}

const MOST_TYPES = 5;

const SAID: Readonly<Record<FieldRead['use'], string>> = {
  equals_text: 'a comparison with a text',
  equals_number: 'a comparison with a number',
  equals_flag: 'a comparison with true or false',
  begins_with: 'a comparison of its beginning',
  range: 'a comparison of its size',
  exists: 'asking whether it is there',
  groups: 'groups',
  distinct: 'unique counts',
  calculation: 'a calculation',
  time: 'the time',
  choice: 'a list of choices',
  shown: 'being shown',
};

/** Problems as lines, each once with all that it is about: `…: panels users, top-users (kibana, grafana)`. */
export function together(
  problems: readonly { readonly panel: string; readonly target: string; readonly problem: string }[],
): string[] {
  const found = new Map<string, { readonly panels: Set<string>; readonly targets: Set<string> }>();
  for (const { panel, target, problem } of problems) {
    const about = found.get(problem) ?? { panels: new Set(), targets: new Set() };
    about.panels.add(panel);
    about.targets.add(target);
    found.set(problem, about);
  }
  return [...found].map(
    ([problem, { panels, targets }]) => `${problem}: ${[...panels].join(', ')} (${[...targets].join(', ')})`,
  );
}
