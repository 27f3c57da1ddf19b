// What log rotation appends to a name: logrotate's numbers and dates (also with its `extension`), the kubelet's times, `.old`, `.bak`.
const MARK = /^[.\-_](?:\d[\d.\-_:TZ]*|old|bak|backup|prev|save)$/;

/** Whether `name` is what log rotation would call the file `base`, compressed (`.gz`) or not; both without their folders. */
export function isRotatedName(base: string, name: string): boolean {
  const plain = name.endsWith('.gz') ? name.slice(0, -3) : name;
  if (plain === base) return name !== base;
  if (plain.startsWith(base)) return MARK.test(plain.slice(base.length));
  const dot = base.lastIndexOf('.');
  if (dot <= 0 || !plain.startsWith(base.slice(0, dot)) || !plain.endsWith(base.slice(dot))) return false;
  return MARK.test(plain.slice(dot, plain.length - base.length + dot));
}
