import type { FieldList } from '@tailrace/local';
import { toggled } from '../dashboard/variables.ts';
import { CheckList } from '../shell/check-list.tsx';
import { Icon } from '../shell/icons.tsx';
import { Popover } from '../shell/popover.tsx';

interface ColumnChoiceProps {
  readonly fields: FieldList['fields'];
  readonly columns: readonly string[];
  onColumns(columns: readonly string[]): void;
}

const MOST = 30;

export function ColumnChoice({ fields, columns, onColumns }: ColumnChoiceProps) {
  // Those that are shown first, in their order; others can be declared nowhere.
  const paths = [...new Set([...columns, ...fields.map(({ path }) => path)])].filter((path) => path !== '@timestamp');
  const items = paths.map((value) => ({ value, note: fields.find(({ path }) => path === value)?.type ?? '' }));
  const button = (
    <>
      Columns <Icon name="down" />
    </>
  );
  return (
    <Popover button={button} buttonClass="button small" title="Columns" align="end">
      {() => (
        <CheckList
          {...{ label: 'Fields', items, checked: columns, isFull: columns.length >= MOST }}
          onToggle={(path) => onColumns(toggled(columns, path))}
        >
          {() => (
            <button type="button" class="button quiet" onClick={() => onColumns([])}>
              The usual ones
            </button>
          )}
        </CheckList>
      )}
    </Popover>
  );
}
