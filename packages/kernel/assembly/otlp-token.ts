// A member of an event, as otlp-tape.ts reads it: u32 words behind each other, in the order of the text.
/** Addresses of the key without its quotes and of the value; 0 for the key of an item. */
export const T_KEY: usize = 0;
export const T_KEY_END: usize = 4;
export const T_AT: usize = 8;
export const T_END: usize = 12;
/** The last member of a container, and the member before this one; 0: none. */
export const T_LAST: usize = 16;
export const T_PREV: usize = 20;
export const T_HASH: usize = 24;
/** u8 each: TYPE with ESCAPED, declared type, MARKS, whether the key holds an escape. */
export const T_TYPE: usize = 28;
export const T_DECLARED: usize = 29;
export const T_MARKS: usize = 30;
export const T_KEY_ESCAPED: usize = 31;
export const T_PARENT: usize = 32;
/** The member with the same key that was read before. */
export const T_SAME: usize = 36;
export const TOKEN: usize = 40;

/** Goes elsewhere than into the attributes. */
export const LIFTED: u8 = 1;
/** An object whose members take its place. */
export const INLINE: u8 = 2;
/** Too deep for a decoder of protobuf: its text stands for it. */
export const RAW: u8 = 4;
