/** Free memory that is kept for the next texts, in bytes. */
const KEPT = 8 << 20;
/** Smaller texts are not worth it. */
const SMALLEST = 32 << 10;

const ours = new WeakSet<ArrayBufferLike>();
const free: ArrayBuffer[] = [];
let freeBytes = 0;

/**
 * Memory for a text of `size` bytes, not zeroed. Texts of batches come and go by the megabyte: memory that is used again costs neither
 * page faults nor, since V8 counts it against the heap, collections.
 */
export function takeArena(size: number): Uint8Array<ArrayBuffer> {
  if (size < SMALLEST) return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  const at = free.findIndex((buffer) => buffer.byteLength >= size && buffer.byteLength <= 2 * size + SMALLEST);
  if (at >= 0) {
    const [buffer] = free.splice(at, 1);
    freeBytes -= buffer!.byteLength;
    return new Uint8Array(buffer!, 0, size);
  }
  // Some room above, so that the next text, a little longer, fits as well.
  const { buffer } = Buffer.allocUnsafeSlow(size + (size >>> 2));
  ours.add(buffer);
  return new Uint8Array(buffer, 0, size);
}

/** Gives memory back, which may empty the views on it; only the last holder of a text may do so. What did not come from `takeArena` is left alone. */
export function giveArena(text: Uint8Array): void {
  const { buffer } = text;
  if (!ours.has(buffer) || !(buffer instanceof ArrayBuffer)) return;
  if (buffer.detached || free.includes(buffer)) throw new RangeError('a text was given back twice');
  if (freeBytes + buffer.byteLength > KEPT) {
    // Left to V8 it would stay for seconds: what has waited in a queue is old, and old memory is collected seldom.
    buffer.transfer(0);
    return;
  }
  freeBytes += buffer.byteLength;
  free.push(buffer);
}
