// Where the parts of a log mapping stand, as src/otlp-mapping.ts lays them out behind the trie: u32 words from `config` on. Lists are
// an address and a count; paths are numbers of the trie, 0-based.
import { SCRATCH_AT } from './memory';

/** Address of the mapping's words; set for one call. */
export let config: usize = 0;
/** Paths below this one are looked for in each event; of the others only the type counts. */
export let lifts: u32 = 0;
export let typesAt: usize = 0;
export let depthsAt: usize = 0;

export function useConfig(at: usize): void {
  config = at;
  lifts = word(0);
  typesAt = word(1);
  depthsAt = word(2);
}

@inline
export function word(index: usize): u32 {
  return load<u32>(config + (index << 2));
}

// Words of the mapping; the same numbers in src/otlp-mapping.ts.
export const W_LAYOUT: usize = 3;
export const W_SEVERITY_KEY: usize = 4;
export const W_SEVERITY_NUMBERS: usize = 6;
export const W_BITS: usize = 7;
export const W_BODY: usize = 8;
export const W_SEVERITY_TEXT: usize = 10;
export const W_SEVERITY_NUMBER: usize = 12;
export const W_TRACE_ID: usize = 14;
export const W_SPAN_ID: usize = 16;
export const W_FLAGS: usize = 18;
export const W_TRACEPARENT: usize = 20;
export const W_EVENT_NAME: usize = 22;
export const W_TIMESTAMP: usize = 24;
export const W_OBSERVED: usize = 25;
export const W_DROPPED: usize = 26;
export const W_ATTRIBUTES: usize = 27;
export const W_RESOURCE: usize = 28;
export const W_SCOPE: usize = 32;
export const W_LAYOUT_FLAGS: usize = 38;
export const W_LAYOUT_SEVERITY: usize = 39;
export const W_LAYOUT_TRACE: usize = 40;
export const W_LAYOUT_SPAN: usize = 41;
export const W_RESOURCE_PATHS: usize = 42;
export const W_STATICS: usize = 44;

export const BIT_FLATTEN: u32 = 1;
export const BIT_EVENT_BODY: u32 = 2;

// The working space: the event's members, room for one un-escaped text, and small things; predict.ts has the end of the region.
export const TAPE: usize = SCRATCH_AT;
export const TAPE_END: usize = SCRATCH_AT + 0x90_0000;
export const TEMP: usize = TAPE_END;
export const TEMP_END: usize = SCRATCH_AT + 0xd8_0000;
const STACK_BYTES: usize = 0x4000;
/** Open containers while an event is read. */
export const READ_STACK: usize = TEMP_END;
/** Open containers while it is written. */
export const WRITE_STACK: usize = READ_STACK + STACK_BYTES;
/** A token per path that is looked for, 0 for none; src/otlp-mapping.ts takes at most 8192 of them. */
export const SLOTS: usize = WRITE_STACK + STACK_BYTES;

/** The token at a path, or 0. */
@inline
export function slotOf(path: u32): usize {
  return load<u32>(SLOTS + (<usize>path << 2));
}
