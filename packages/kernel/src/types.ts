/** JSON types as the kernel's tables give them; `integer` has neither fraction nor exponent. */
export const TYPE = {
  missing: 0,
  object: 1,
  array: 2,
  string: 3,
  integer: 4,
  number: 5,
  true: 6,
  false: 7,
  null: 8,
} as const;

/** The bits of a type column that hold the TYPE; the others are ESCAPED and KEY_ESCAPED. */
export const TYPE_MASK = 15;
/** Bit of a type column: the string holds a backslash, so its text is not its bytes. */
export const ESCAPED = 16;
/** Bit of a type column: the member's key holds a backslash. */
export const KEY_ESCAPED = 32;

/** Why an operation refused a text. `notJson` covers RFC 8259, `tooDeep` MAX_DEPTH, `tooLarge` MAX_EVENT_BYTES or the caller's own limit. */
export const ERR = {
  ok: 0,
  notJson: 1,
  notUtf8: 2,
  tooDeep: 3,
  tooLarge: 4,
  tooManyFields: 5,
  notObject: 6,
} as const;
