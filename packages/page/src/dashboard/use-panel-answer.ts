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

/** A panel's answer, and the time it is for. What was chosen anew is asked for at once, what failed with the next refresh; that of a panel that shows something unseen waits until it is seen. */
export function usePanelAnswer(
  wish: PanelWish,
  isVisible: boolean,
  attempt: number,
): Loaded<PanelAnswer> & { span: Span } {
  const shown = useRef<PanelWish | null>(null);
  const hasFailed = useRef(false);
  const takes = shown.current === null || isVisible || hasFailed.current || !sameChoice(shown.current, wish);
  if (takes || shown.current === null) shown.current = wish;
  const { dashboard, panel, picture, chosen } = shown.current;
  const question: Question = {
    path: `/dashboards/${encodeURIComponent(dashboard)}/panels/${encodeURIComponent(panel)}`,
    parameters: { from: picture.span.from, to: picture.span.to, ...variableParameters(chosen) },
  };
  const loaded = useAnswer<PanelAnswer>(question, `${attempt} ${picture.drawn}`);
  hasFailed.current = loaded.failure !== null;
  const answered = loaded.question?.parameters;
  const span = { from: Number(answered?.['from'] ?? 0), to: Number(answered?.['to'] ?? 0) };
  return { ...loaded, span: answered === undefined ? picture.span : span };
}

function sameChoice(one: PanelWish, other: PanelWish): boolean {
  const choice = ({ range, chosen }: PanelWish) => JSON.stringify([range, chosen]);
  return choice(one) === choice(other);
}
