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
  /** Not a type: only that the member is there (check). */
  present: 9,
} as const;

/** The bits of a type column that hold the TYPE; the others are ESCAPED, KEY_ESCAPED and AGAIN. */
export const TYPE_MASK = 15;
/** Bit of a type column: the string holds a backslash, so its text is not its bytes. */
export const ESCAPED = 16;
/** Bit of a type column: the member's key holds a backslash. */
export const KEY_ESCAPED = 32;
/** Bit of a type column: a member at the same path stands before this one in the event, so it does not count. */
export const AGAIN = 64;

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

/**
 * Declared types of a path, for check. `integer`: in the range of int64; `number`: below 1e308, so that a double holds it; `date`: a string that
 * Elasticsearch's strict_date_optional_time takes, or an integer (epoch milliseconds); `stringAlways`: a string, but reported unless
 * null; `always`: reported whenever present; `opaque`: an object that is not walked into, or an array of such;
 * `dateText`: such a string; numbers are reported, since nothing tells seconds from milliseconds, and so are arrays; `aliased`: a string
 * that is no key below the path: one that is gets reported with that key’s path, anything else but null with its own.
 */
export const EXPECT = {
  any: 0,
  string: 1,
  integer: 2,
  number: 3,
  boolean: 4,
  object: 5,
  date: 6,
  stringAlways: 7,
  always: 8,
  opaque: 9,
  dateText: 10,
  aliased: 11,
} as const;

/**
 * Flags of an undeclared member. `dot`: its key holds a dot; `blank`: its key is empty or white space; `inner`: an object whose
 * members follow as rows of their own, given only because of its key; `objects`: an array that holds objects somewhere;
 * `unsafeInside`: an array with such a key (dot or blank) in one of them; `misplaced`: declared paths go through it, but it is no object.
 */
export const UNKNOWN = { dot: 1, blank: 2, inner: 4, objects: 8, unsafeInside: 16, misplaced: 32 } as const;
