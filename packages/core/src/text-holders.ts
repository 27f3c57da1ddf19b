import { type Events, giveArena } from '@tailrace/kernel';

const holders = new WeakMap<ArrayBufferLike, number>();

/** One more batch needs this text. */
export function holdText({ text }: Events): void {
  holders.set(text.buffer, (holders.get(text.buffer) ?? 0) + 1);
}

/** One batch less needs it; without the last one its memory is used again. A batch that is never released only costs that. */
export function dropText({ text }: Events): void {
  const left = (holders.get(text.buffer) ?? 0) - 1;
  if (left > 0) {
    holders.set(text.buffer, left);
    return;
  }
  holders.delete(text.buffer);
  if (left === 0) giveArena(text);
}

/** Says that a batch was used after its release. */
export const gone = (): never => {
  throw new Error(
    'this batch was released: a transform or sink must not keep a batch beyond the call that it was given in',
  );
};

/** Stands in the place of a released batch's texts. */
export const RELEASED: Events = {
  get text() {
    return gone();
  },
  get start() {
    return gone();
  },
  get end() {
    return gone();
  },
  get length() {
    return gone();
  },
};
