/** SVG paths of the pieces of a ring around 0,0 with the outer radius 1: clockwise from the top, with these shares (0 to 1, at most 1 in all). */
export function arcsOf(ratios: readonly number[], inner: number): string[] {
  let from = 0;
  return ratios.map((ratio) => {
    const to = from + ratio;
    const path = ratio >= 1 - 1e-9 ? ring(inner) : piece(from, to, inner);
    from = to;
    return path;
  });
}

function piece(from: number, to: number, inner: number): string {
  const large = to - from > 0.5 ? 1 : 0;
  const outside = `M${point(from, 1)}A1 1 0 ${large} 1 ${point(to, 1)}`;
  return `${outside}L${point(to, inner)}A${inner} ${inner} 0 ${large} 0 ${point(from, inner)}Z`;
}

/** An arc from a point to itself draws nothing, so the whole is two halves. */
function ring(inner: number): string {
  const outside = 'M0 -1A1 1 0 1 1 0 1A1 1 0 1 1 0 -1Z';
  return `${outside}M0 ${-inner}A${inner} ${inner} 0 1 0 0 ${inner}A${inner} ${inner} 0 1 0 0 ${-inner}Z`;
}

function point(turn: number, radius: number): string {
  const angle = (turn - 0.25) * 2 * Math.PI;
  return `${short(Math.cos(angle) * radius)} ${short(Math.sin(angle) * radius)}`;
}

function short(value: number): string {
  return String(Number(value.toFixed(5)));
}
