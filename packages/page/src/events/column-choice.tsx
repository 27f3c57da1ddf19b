import type { FieldList } from '@tailrace/local';
import { useState } from 'preact/hooks';
import { toggled } from '../dashboard/variables.ts';
import { Icon } from '../shell/icons.tsx';
import { Popover } from '../shell/popover.tsx';

interface ColumnChoiceProps {
  readonly fields: FieldList['fields'];
  readonly columns: readonly string[];
  onColumns(columns: readonly string[]): void;
}

const MOST = 30;

export function ColumnChoice({ fields, columns, onColumns }: ColumnChoiceProps) {
  const [sought, setSought] = useState('');
  // Those that are shown first, in their order; others can be declared nowhere.
  const paths = [...new Set([...columns, ...fields.map(({ path }) => path)])].filter((path) => path !== '@timestamp');
  const shown = paths.filter((path) => path.toLowerCase().includes(sought.toLowerCase()));
  const button = (
    <>
      Columns <Icon name="down" />
    </>
  );
  return (
    <Popover button={button} buttonClass="button small" title="Columns" align="end">
      {() => (
        <div class="choices">
          <input
            type="search"
            data-focus
            placeholder="Search fields"
            aria-label="Search fields"
            value={sought}
            onInput={({ currentTarget }) => setSought(currentTarget.value)}
          />
          <ul class="choice-list">
            {shown.map((path) => (
              <li key={path}>
                <label class="choice">
                  <input
                    type="checkbox"
                    checked={columns.includes(path)}
                    disabled={!columns.includes(path) && columns.length >= MOST}
                    onChange={() => onColumns(toggled(columns, path))}
                  />
                  <span class="ellipsis" title={path}>
                    {path}
                  </span>
                  <span class="muted">{fields.find((field) => field.path === path)?.type ?? ''}</span>
                </label>
              </li>
            ))}
          </ul>
          <button type="button" class="button quiet" onClick={() => onColumns([])}>
            The usual ones
          </button>
        </div>
      )}
    </Popover>
  );
}
