import type { Condition } from '@tailrace/dashboards';
import type { FieldList } from '@tailrace/local';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Span } from '../panel-contract.ts';
import { Icon } from '../shell/icons.tsx';
import { Popover } from '../shell/popover.tsx';
import { SEARCH_ID } from '../shell/shell.tsx';
import { conditionWords, withoutRepeats } from '../state/conditions.ts';
import { FilterForm } from './filter-form.tsx';

interface FilterBarProps {
  readonly where: readonly Condition[];
  readonly text: string;
  readonly fields: FieldList['fields'];
  readonly span: Span;
  readonly takesFocus: boolean;
  onWhere(where: readonly Condition[]): void;
  onText(text: string): void;
}

export function FilterBar({ where, text, fields, span, takesFocus, onWhere, onText }: FilterBarProps) {
  return (
    <search class="filter-bar">
      <SearchBox text={text} takesFocus={takesFocus} onText={onText} />
      <ul class="chips" aria-label="Filters">
        {where.map((condition, at) => (
          <Chip
            key={JSON.stringify(condition)}
            {...{ condition, fields, span }}
            onChange={(next) => onWhere(withoutRepeats(where.with(at, next)))}
            onRemove={() => onWhere(where.toSpliced(at, 1))}
          />
        ))}
        <li>
          <Popover button={ADD} buttonClass="button small" title="Add a filter">
            {(close) => (
              <FilterForm
                {...{ fields, span }}
                onDone={(condition) => {
                  close();
                  onWhere(withoutRepeats([...where, condition]));
                }}
              />
            )}
          </Popover>
        </li>
        {where.length > 1 && (
          <li>
            <button type="button" class="button quiet small" onClick={() => onWhere([])}>
              Clear all
            </button>
          </li>
        )}
      </ul>
    </search>
  );
}

const ADD = (
  <>
    <Icon name="plus" /> Filter
  </>
);

interface ChipProps extends Pick<FilterBarProps, 'fields' | 'span'> {
  readonly condition: Condition;
  onChange(condition: Condition): void;
  onRemove(): void;
}

function Chip({ condition, fields, span, onChange, onRemove }: ChipProps) {
  const words = conditionWords(condition);
  return (
    <li class="chip">
      <Popover button={<span class="ellipsis">{words}</span>} buttonClass="chip-text" title="Change this filter">
        {(close) => (
          <FilterForm
            {...{ fields, span, condition }}
            onDone={(next) => {
              close();
              onChange(next);
            }}
          />
        )}
      </Popover>
      <button type="button" class="chip-close" aria-label={`Remove the filter: ${words}`} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </li>
  );
}

const TYPING = 350;

/** What is written takes effect with Enter, or a moment after the last key. */
function SearchBox({ text, takesFocus, onText }: Pick<FilterBarProps, 'text' | 'takesFocus' | 'onText'>) {
  const [written, setWritten] = useState(text);
  const input = useRef<HTMLInputElement>(null);
  const tell = useRef(onText);
  tell.current = onText;
  useEffect(() => setWritten(text), [text]);
  useEffect(() => {
    if (written === text) return;
    const timer = window.setTimeout(() => tell.current(written), TYPING);
    return () => clearTimeout(timer);
  }, [written, text]);
  useEffect(() => {
    if (takesFocus) input.current?.focus();
  }, [takesFocus]);
  return (
    <form
      class="search-box"
      onSubmit={(event) => {
        event.preventDefault();
        onText(written);
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        id={SEARCH_ID}
        type="search"
        placeholder="Search the text of events: every word must be in it"
        aria-label="Search the text of events"
        spellcheck={false}
        maxLength={1000}
        value={written}
        onInput={({ currentTarget }) => setWritten(currentTarget.value)}
      />
      <span class="key" aria-hidden="true">
        /
      </span>
    </form>
  );
}
