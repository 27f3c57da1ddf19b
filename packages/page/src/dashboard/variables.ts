import type { DashboardView } from '@tailrace/local';
import type { Parameters } from '../api/client.ts';
import type { Chosen } from '../state/conditions.ts';

/** As the API wants what was chosen: `var.NAME=value`, repeated. */
export function variableParameters(chosen: Chosen): Parameters {
  const pairs = Object.entries(chosen).filter(([, values]) => values.length > 0);
  return Object.fromEntries(pairs.map(([name, values]) => [`var.${name}`, values]));
}

/** Only variables that the dashboard has: an address can name any. */
export function knownChoices({ variables }: DashboardView, chosen: Chosen): Chosen {
  return Object.fromEntries(
    variables.flatMap(({ name }) => {
      const values = chosen[name] ?? [];
      return values.length === 0 ? [] : [[name, values]];
    }),
  );
}

/** Those in front of a variable, which narrow its choices. */
export function choicesBefore({ variables }: DashboardView, chosen: Chosen, name: string): Chosen {
  const names = variables.slice(
    0,
    variables.findIndex((variable) => variable.name === name),
  );
  return Object.fromEntries(names.map((each) => [each.name, chosen[each.name] ?? []]));
}

/** With one value more or less; the order is that of choosing. */
export function toggled(values: readonly string[], value: string): string[] {
  return values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
}
