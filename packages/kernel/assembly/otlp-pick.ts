// Which of the members that a mapping names an event has: the first one with a usable value, by its token.
import { isInt64 } from './fits';
import { INTEGER, NULL, STRING } from './locate';
import { slotOf, W_LAYOUT, word } from './otlp-config';
import { integer, readInteger } from './otlp-number';
import { INLINE, LIFTED, T_AT, T_END, T_MARKS, T_TYPE } from './otlp-token';

/** Members of the event at hand that stand where an otlp source puts them. */
export let layoutMembers: u32 = 0;
/** The path that `at` gave last. */
export let foundPath: u32 = 0;

export function startPicking(): void {
  layoutMembers = 0;
}

export function countLayoutMember(): void {
  layoutMembers++;
}

@inline
export function typeAt(token: usize): u32 {
  return load<u8>(token, T_TYPE) & 15;
}

@inline
export function mark(token: usize, bit: u8): void {
  store<u8>(token, load<u8>(token, T_MARKS) | bit, T_MARKS);
}

/** Takes the member at a path out of the attributes; one of the OTLP layout is counted. */
@inline
export function lift(token: usize, path: u32): void {
  mark(token, LIFTED);
  layoutMembers += load<u8>(word(W_LAYOUT) + path);
}

@inline
export function at(list: usize, i: u32): u32 {
  foundPath = load<u32>(<usize>word(list) + (<usize>i << 2));
  return foundPath;
}

/** The first member of the list that is a string with something in it, or with `any` a value that is not null. */
export function firstOf(list: usize, any: bool): usize {
  const count = word(list + 1);
  for (let i: u32 = 0; i < count; i++) {
    const token = slotOf(at(list, i));
    if (token == 0 || (load<u8>(token, T_MARKS) & (LIFTED | INLINE)) != 0) continue;
    const type = typeAt(token);
    // The layout has null for a body that is there and empty.
    if (any ? type != NULL || load<u8>(word(W_LAYOUT) + foundPath) != 0 : type == STRING && load<u32>(token, T_END) - load<u32>(token, T_AT) > 2) return token;
  }
  return 0;
}

/** Whether the token is that of an integer from `least` to `most`; it is read into `integer`. */
export function isIntegerIn(token: usize, least: i64, most: i64): bool {
  if (token == 0 || load<u8>(token, T_TYPE) != INTEGER) return false;
  const p = <usize>load<u32>(token, T_AT);
  const end = <usize>load<u32>(token, T_END);
  if (!isInt64(p, end)) return false;
  readInteger(p, end);
  return integer >= least && integer <= most;
}
