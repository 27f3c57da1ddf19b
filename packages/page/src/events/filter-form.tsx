import type { Condition } from '@tailrace/dashboards';
import type { FieldList, QueryAnswer } from '@tailrace/local';
import { useEffect, useId, useState } from 'preact/hooks';
import type { Span } from '../panel-contract.ts';
import { conditionOf, OPERATORS, type Operator, partsOf } from '../state/conditions.ts';
import { useSession } from '../state/session.ts';
import { valuesSql } from './values-sql.ts';

interface FilterFormProps {
  readonly fields: FieldList['fields'];
  readonly span: Span;
  /** One to change, or none for a new one. */
  readonly condition?: Condition;
  onDone(condition: Condition): void;
}

/** Makes a condition on one field; fields and values are suggested, others can be written. */
export function FilterForm({ fields, span, condition, onDone }: FilterFormProps) {
  const before = condition === undefined ? undefined : partsOf(condition);
  const [field, setField] = useState(before?.field ?? '');
  const [operator, setOperator] = useState<Operator>(before?.operator ?? 'is');
  const [text, setText] = useState(String(before?.values[0] ?? ''));
  const [problem, setProblem] = useState('');
  const type = fields.find(({ path }) => path === field)?.type ?? null;
  const values = useValues(type === null ? null : field, span);
  const paths = fields.map(({ path, type: label }) => ({ value: path, label }));
  const submit = (event: Event) => {
    event.preventDefault();
    const made = conditionOf(field.trim(), operator, text, type);
    if ('problem' in made) setProblem(made.problem);
    else onDone(made.condition);
  };
  return (
    <form class="filter-form" onSubmit={submit} noValidate>
      <Suggested label="Field" value={field} choices={paths} takesFocus onValue={setField} />
      <OperatorChoice operator={operator} onOperator={setOperator} />
      {operator !== 'exists' && operator !== 'missing' && (
        <Suggested label="Value" value={text} choices={values.map((value) => ({ value }))} onValue={setText} />
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="button primary">
        {condition === undefined ? 'Add filter' : 'Change filter'}
      </button>
    </form>
  );
}

interface SuggestedProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly { readonly value: string; readonly label?: string }[];
  readonly takesFocus?: boolean;
  onValue(value: string): void;
}

function Suggested({ label, value, choices, takesFocus = false, onValue }: SuggestedProps) {
  const list = useId();
  return (
    <>
      <label>
        {label}
        <input
          list={list}
          data-focus={takesFocus || undefined}
          value={value}
          spellcheck={false}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      </label>
      <datalist id={list}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} label={choice.label} />
        ))}
      </datalist>
    </>
  );
}

function OperatorChoice({ operator, onOperator }: { operator: Operator; onOperator(operator: Operator): void }) {
  return (
    <label>
      <span class="sr-only">What must hold</span>
      <select value={operator} onChange={({ currentTarget }) => onOperator(operatorOf(currentTarget.value))}>
        {OPERATORS.map(({ operator: each, words }) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function operatorOf(text: string): Operator {
  return OPERATORS.find(({ operator }) => operator === text)?.operator ?? 'is';
}

/** Suggestions only: without an answer there are none. */
function useValues(field: string | null, span: Span): readonly string[] {
  const { api } = useSession();
  const [values, setValues] = useState<readonly string[]>([]);
  const { from, to } = span;
  useEffect(() => {
    setValues([]);
    if (field === null) return;
    const stopped = new AbortController();
    const ask = async () => {
      const body = { sql: valuesSql(field, { from, to }) };
      const answer = await api.post<QueryAnswer>('/query', body, stopped.signal);
      if ('value' in answer && !stopped.signal.aborted) setValues(answer.value.rows.map(([value]) => String(value)));
    };
    void ask();
    return () => stopped.abort();
  }, [api, field, from, to]);
  return values;
}
