interface SwatchProps {
  /** As CSS. */
  readonly color: string;
  /** Empty: a filled square. */
  readonly dash: readonly number[];
  readonly line?: boolean;
}

/** How a series looks: a piece of its line, or a square of its colour. */
export function Swatch({ color, dash, line }: SwatchProps) {
  const isLine = line === true || dash.length > 0;
  return (
    <svg class="swatch" width={isLine ? 18 : 10} height="10" aria-hidden="true" style={{ color }}>
      {isLine ? (
        <line x1="0" y1="5" x2="18" y2="5" stroke="currentColor" stroke-width="2" stroke-dasharray={dash.join(' ')} />
      ) : (
        <rect width="10" height="10" rx="2" fill="currentColor" />
      )}
    </svg>
  );
}
