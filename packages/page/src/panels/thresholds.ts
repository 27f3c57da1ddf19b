import type { Color, Threshold } from '@tailrace/dashboards';

/** The colour of a value: of the last threshold that it reaches. */
export function colorAt(value: number | null, thresholds: readonly Threshold[] | undefined): Color {
  if (value === null || thresholds === undefined) return 'neutral';
  return thresholds.findLast(({ from = Number.NEGATIVE_INFINITY }) => value >= from)?.color ?? 'neutral';
}

/** What a colour says, for those who do not see it. */
export const COLOR_WORDS: Readonly<Record<Color, { readonly word: string; readonly sign: string }>> = {
  good: { word: 'Good', sign: '✓' },
  warning: { word: 'Warning', sign: '▲' },
  bad: { word: 'Bad', sign: '✕' },
  neutral: { word: '', sign: '' },
};
