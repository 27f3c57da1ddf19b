// The layout of the one memory the module works in. src/memory.ts holds the same numbers; a test compares them.
// Each region ends with GAP bytes that belong to nobody: SIMD may touch the first PAD of them, the rest are guard bytes.

export const GAP: usize = 4096;
export const PAD: usize = 2048;

export const CONST_AT: usize = 0x1_0000;
export const CONST_END: usize = 0x20_0000 - GAP;
export const IN_AT: usize = 0x20_0000;
export const IN_END: usize = 0x120_0000 - GAP;
export const OUT_AT: usize = 0x120_0000;
export const OUT_END: usize = 0x2a0_0000 - GAP;
export const ROWS_AT: usize = 0x2a0_0000;
export const ROWS_END: usize = 0x320_0000 - GAP;
export const SCRATCH_AT: usize = 0x320_0000;
export const SCRATCH_END: usize = 0x400_0000 - GAP;

/** Bytes per event at the front of contents (contents.ts) and of notes (notes.ts). */
export const CONTENT_BYTES: usize = 8;
export const NOTED_BYTES: usize = 12;

export const MAX_EVENT_BYTES: usize = 4 << 20;
export const MAX_DEPTH: i32 = 1000;
