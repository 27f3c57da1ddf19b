/** Between a number and its unit: they never stand on two lines. */
export const THIN = '\u00a0';
const SCALES = [
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
] as const;
const WHOLE_UP_TO = 10_000;

/** Three significant digits without zeros at the end; whole numbers below 10,000 whole, with separated thousands. */
export function significant(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (size >= 1000 || Number.isInteger(value)) return grouped(Math.round(value));
  if (size < 1e-4 && size > 0) return signed(value.toExponential(1).replace('.0e', 'e'));
  return signed(String(Number(value.toPrecision(digits))));
}

/** A count: `7`, `1,234`, `12.3 k`, `4.56 M`; a number that is none is `–`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '−∞';
  if (Math.round(Math.abs(value)) < WHOLE_UP_TO) return significant(value);
  const rounded = Number(value.toPrecision(3));
  const scale = SCALES.findLast(([, factor]) => Math.abs(rounded) >= factor) ?? SCALES[0];
  if (Math.abs(rounded) >= 1e15) return signed(rounded.toExponential(2));
  return `${signed(String(Number((rounded / scale[1]).toPrecision(3))))}${THIN}${scale[0]}`;
}

/** With a real minus, as wide as a plus. */
export function signed(text: string): string {
  return text.replace(/^-/, '−').replace('e-', 'e−');
}

function grouped(whole: number): string {
  return signed(String(whole).replace(/\B(?=(\d{3})+$)/g, ','));
}
