import type { Choices, DashboardView } from '@tailrace/local';
import { useAnswer } from '../api/use-answer.ts';
import { formatNumber } from '../format/number.ts';
import type { Span } from '../panel-contract.ts';
import { CheckList } from '../shell/check-list.tsx';
import { Icon } from '../shell/icons.tsx';
import { Popover } from '../shell/popover.tsx';
import type { Chosen } from '../state/conditions.ts';
import { choicesBefore, toggled, variableParameters } from './variables.ts';

interface VariablesBarProps {
  readonly view: DashboardView;
  readonly span: Span;
  readonly chosen: Chosen;
  onChoose(chosen: Chosen): void;
}

type Variable = DashboardView['variables'][number];

export function VariablesBar({ view, span, chosen, onChoose }: VariablesBarProps) {
  if (view.variables.length === 0) return null;
  const hasChosen = Object.values(chosen).some((values) => values.length > 0);
  return (
    <section class="variables" aria-label="Filters of this dashboard">
      {view.variables.map((variable) => (
        <VariableChoice key={variable.name} {...{ view, span, chosen, onChoose, variable }} />
      ))}
      {hasChosen && (
        <button type="button" class="button quiet" onClick={() => onChoose({})}>
          Clear all
        </button>
      )}
    </section>
  );
}

function VariableChoice(props: VariablesBarProps & { readonly variable: Variable }) {
  const { variable, chosen } = props;
  const values = chosen[variable.name] ?? [];
  const button = (
    <>
      <span class="muted">{variable.label}</span>
      <b class="ellipsis">
        {values.length === 0 ? 'All' : values.length < 3 ? values.join(', ') : `${values.length} chosen`}
      </b>
      <Icon name="down" />
    </>
  );
  return (
    <Popover button={button} title={variable.label} buttonClass={`button${values.length > 0 ? ' chosen' : ''}`}>
      {() => <ChoiceList {...props} values={values} />}
    </Popover>
  );
}

interface ChoiceListProps extends VariablesBarProps {
  readonly variable: Variable;
  readonly values: readonly string[];
}

function ChoiceList({ view, span, chosen, onChoose, variable, values }: ChoiceListProps) {
  const { value, failure, isLoading } = useAnswer<Choices>({
    path: `/dashboards/${encodeURIComponent(view.id)}/variables/${encodeURIComponent(variable.name)}`,
    parameters: { ...span, ...variableParameters(choicesBefore(view, chosen, variable.name)) },
  });
  const found = value?.values ?? [];
  // What was chosen stays to be taken back, also where no event of this time has it.
  const missing = values.filter((each) => !found.some((choice) => choice.value === each));
  const all = [...missing.map((each) => ({ value: each, count: 0 })), ...found];
  const items = all.map((choice) => ({ value: choice.value, note: formatNumber(choice.count) }));
  const choose = (next: readonly string[]) => onChoose({ ...chosen, [variable.name]: next });
  return (
    <CheckList
      {...{ label: variable.label, items, checked: values, isLoading }}
      onToggle={(each) => choose(toggled(values, each))}
    >
      {(shown, sought) => (
        <>
          <p class="hint" role="status">
            {failure?.message ?? (value === null ? 'Loading…' : countWords(shown, all.length, sought))}
          </p>
          <button type="button" class="button quiet" disabled={values.length === 0} onClick={() => choose([])}>
            All (clear)
          </button>
        </>
      )}
    </CheckList>
  );
}

function countWords(shown: number, all: number, sought: string): string {
  if (all === 0) return 'No event of this time has a value.';
  return sought === '' ? `${all} ${all === 1 ? 'value' : 'values'}` : `${shown} of ${all} values`;
}
