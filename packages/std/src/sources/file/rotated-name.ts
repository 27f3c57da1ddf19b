// What log rotation appends to a name: logrotate's numbers and dates (also with its `extension`), the kubelet's times, `.old`, `.bak`.
const MARK = /^[.\-_](?:\d[\d.\-_:TZ]*|old|bak|backup|prev|save)$/;
// Numbers count from the newest, dates and times from the oldest.
const NUMBER = /^.\d{1,4}$/;

/** Whether `name` is what log rotation would call the file `base`, compressed (`.gz`) or not; both without their folders. */
export function isRotatedName(base: string, name: string): boolean {
  return markOf(base, name) !== null;
}

/** Whether log rotation gave `name` later than `than`, as far as the names tell; both are of the file `base`. */
export function isLaterRotation(base: string, name: string, than: string): boolean {
  const [mark, other] = [markOf(base, name) ?? '', markOf(base, than) ?? ''];
  if (shapeOf(mark) !== shapeOf(other)) return false;
  return NUMBER.test(mark) ? Number(mark.slice(1)) < Number(other.slice(1)) : mark > other;
}

function markOf(base: string, name: string): string | null {
  const plain = name.endsWith('.gz') ? name.slice(0, -3) : name;
  if (plain === base) return name === base ? null : '';
  const dot = base.lastIndexOf('.');
  const [head, end] = plain.startsWith(base) || dot <= 0 ? [base, ''] : [base.slice(0, dot), base.slice(dot)];
  if (!plain.startsWith(head) || !plain.endsWith(end) || plain.length < head.length + end.length) return null;
  const mark = plain.slice(head.length, plain.length - end.length);
  return MARK.test(mark) ? mark : null;
}

const shapeOf = (mark: string): string => (NUMBER.test(mark) ? `${mark[0]}number` : mark.replace(/\d/g, '0'));
