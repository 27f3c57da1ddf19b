import type { PanelAnswer } from '@tailrace/local';
import { useRef } from 'preact/hooks';
import { type Loaded, type Question, useAnswer } from '../api/use-answer.ts';
import type { Span } from '../panel-contract.ts';
import type { Chosen } from '../state/conditions.ts';
import type { Picture } from '../state/refresh.ts';
import type { TimeRange } from '../state/time-range.ts';
import { variableParameters } from './variables.ts';

export interface PanelWish {
  readonly dashboard: string;
  readonly panel: string;
  readonly picture: Picture;
  readonly range: TimeRange;
  readonly chosen: Chosen;
}

/** A panel's answer, and the time it is for. What was chosen anew is asked for at once; the refresh of a panel that nobody sees waits until it is seen. */
export function usePanelAnswer(
  wish: PanelWish,
  isVisible: boolean,
  attempt: number,
): Loaded<PanelAnswer> & { span: Span } {
  const shown = useRef<PanelWish | null>(null);
  if (shown.current === null || isVisible || !sameChoice(shown.current, wish)) shown.current = wish;
  const { dashboard, panel, picture, chosen } = shown.current;
  const question: Question = {
    path: `/dashboards/${encodeURIComponent(dashboard)}/panels/${encodeURIComponent(panel)}`,
    parameters: { from: picture.span.from, to: picture.span.to, ...variableParameters(chosen) },
  };
  const loaded = useAnswer<PanelAnswer>(question, `${attempt} ${picture.drawn}`);
  const answered = loaded.question?.parameters;
  const span = { from: Number(answered?.['from'] ?? 0), to: Number(answered?.['to'] ?? 0) };
  return { ...loaded, span: answered === undefined ? picture.span : span };
}

function sameChoice(one: PanelWish, other: PanelWish): boolean {
  const choice = ({ range, chosen }: PanelWish) => JSON.stringify([range, chosen]);
  return choice(one) === choice(other);
}
