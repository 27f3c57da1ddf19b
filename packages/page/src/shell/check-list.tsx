import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface CheckListProps {
  /** What the values are, as in `User`. */
  readonly label: string;
  readonly items: readonly { readonly value: string; readonly note: string }[];
  readonly checked: readonly string[];
  readonly isLoading?: boolean;
  /** No more may be checked than are. */
  readonly isFull?: boolean;
  onToggle(value: string): void;
  /** Below the list; told how many of the items are shown. */
  readonly children: (shown: number, sought: string) => ComponentChildren;
}

/** A list to check values of, with a search that narrows it. */
export function CheckList({
  label,
  items,
  checked,
  isLoading = false,
  isFull = false,
  onToggle,
  children,
}: CheckListProps) {
  const [sought, setSought] = useState('');
  const shown = items.filter(({ value }) => value.toLowerCase().includes(sought.toLowerCase()));
  return (
    <div class="choices">
      <input
        type="search"
        data-focus
        placeholder={`Search ${label.toLowerCase()}`}
        aria-label={`Search ${label.toLowerCase()}`}
        value={sought}
        onInput={({ currentTarget }) => setSought(currentTarget.value)}
      />
      <ul class="choice-list" aria-busy={isLoading}>
        {shown.map(({ value, note }) => (
          <Choice
            key={value}
            {...{ value, note, isChecked: checked.includes(value), isOff: isFull && !checked.includes(value) }}
            onToggle={() => onToggle(value)}
          />
        ))}
      </ul>
      {children(shown.length, sought)}
    </div>
  );
}

interface ChoiceProps {
  readonly value: string;
  readonly note: string;
  readonly isChecked: boolean;
  readonly isOff: boolean;
  onToggle(): void;
}

function Choice({ value, note, isChecked, isOff, onToggle }: ChoiceProps) {
  return (
    <li>
      <label class="choice">
        <input type="checkbox" checked={isChecked} disabled={isOff} onChange={onToggle} />
        <span class="ellipsis" title={value}>
          {value === '' ? '(empty)' : value}
        </span>
        <span class="muted number">{note}</span>
      </label>
    </li>
  );
}
