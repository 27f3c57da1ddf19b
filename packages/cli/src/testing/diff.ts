/** One line of a comparison: in both, only expected, or only found. */
export interface DiffLine {
  readonly kind: 'same' | 'expected' | 'found';
  readonly text: string;
}

// The table of the comparison has one cell per pair of lines.
const MAX_CELLS = 4_000_000;

/** The shortest way from `expected` to `found`, line by line (longest common subsequence). */
export function diffLines(expected: readonly string[], found: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < expected.length && head < found.length && expected[head] === found[head]) head++;
  let tail = 0;
  const room = Math.min(expected.length, found.length) - head;
  while (tail < room && expected.at(-1 - tail) === found.at(-1 - tail)) tail++;
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return [
    ...expected.slice(0, head).map(same),
    ...middle(expected.slice(head, expected.length - tail), found.slice(head, found.length - tail)),
    ...expected.slice(expected.length - tail).map(same),
  ];
}

function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const only = (kind: 'expected' | 'found', lines: readonly string[]): DiffLine[] =>
    lines.map((text) => ({ kind, text }));
  if (a.length * b.length > MAX_CELLS) return [...only('expected', a), ...only('found', b)];
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = common[(i + 1) * width + j]!;
      const right = common[i * width + j + 1]!;
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(below, right);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i]! });
      i++;
      j++;
    } else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) {
      lines.push({ kind: 'expected', text: a[i++]! });
    } else {
      lines.push({ kind: 'found', text: b[j++]! });
    }
  }
  return [...lines, ...only('expected', a.slice(i)), ...only('found', b.slice(j))];
}

const CONTEXT = 3;

/** A comparison as text, `-` expected, `+` found; stretches without a difference are cut short. */
export function diffText(
  lines: readonly DiffLine[],
  paint: (kind: DiffLine['kind'], text: string) => string,
): string[] {
  const near = lines.map((_, i) =>
    lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ kind }) => kind !== 'same'),
  );
  const sign = { same: ' ', expected: '-', found: '+' } as const;
  const text: string[] = [];
  for (const [i, line] of lines.entries()) {
    if (near[i]) text.push(paint(line.kind, `${sign[line.kind]} ${line.text}`));
    else if (near[i - 1] ?? i === 0) text.push(paint('same', '  …'));
  }
  return text;
}
