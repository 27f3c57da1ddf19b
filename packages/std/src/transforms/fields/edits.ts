import { EDIT, EDIT_ROW, type Edits } from '@tailrace/kernel';

/** Replacements for one call of the kernel's splice, in buffers that serve every batch. */
export interface EditBuffer {
  readonly count: number;
  /** `text[at, end)` of an event becomes the shared text at `[dataStart, dataEnd)`. */
  addShared(event: number, at: number, end: number, dataStart: number, dataEnd: number): void;
  add(event: number, at: number, end: number, text: string): void;
  /** Forgets the edits from `count` on. */
  cut(count: number): void;
  edits(): Edits;
}

const LARGE = 4 << 20;

/** Creates the buffers; `shared` holds texts that are used again and again. */
export function editBuffer(shared: Uint8Array): EditBuffer {
  let rows = new Uint32Array(EDIT_ROW * 256);
  let data = Buffer.alloc(Math.max(4096, 2 * shared.length));
  data.set(shared);
  let count = 0;
  let used = shared.length;
  const addRow = (event: number, at: number, end: number, dataStart: number, dataEnd: number): void => {
    let row = EDIT_ROW * count++;
    if (row + EDIT_ROW > rows.length) {
      const larger = new Uint32Array(2 * rows.length);
      larger.set(rows);
      rows = larger;
    }
    rows[row++] = event;
    rows[row++] = EDIT.replace;
    rows[row++] = at;
    rows[row++] = end;
    rows[row++] = dataStart;
    rows[row] = dataEnd;
  };
  return {
    get count() {
      return count;
    },
    addShared: addRow,
    add(event, at, end, text) {
      // A UTF-16 unit takes at most 3 bytes; only for long texts is it worth while to count them.
      const need = used + (text.length > 4096 ? Buffer.byteLength(text) : 3 * text.length);
      if (need > data.length) {
        const larger = Buffer.alloc(2 * need);
        larger.set(data);
        data = larger;
      }
      const dataEnd = used + data.write(text, used);
      addRow(event, at, end, used, dataEnd);
      used = dataEnd;
    },
    cut(to) {
      count = to;
      if (to > 0) return;
      used = shared.length;
      if (data.length <= LARGE) return;
      // One batch of very large events is no reason to hold on to so much.
      data = Buffer.alloc(Math.max(4096, 2 * shared.length));
      data.set(shared);
    },
    edits: () => ({ rows, count, data: data.subarray(0, used) }),
  };
}
