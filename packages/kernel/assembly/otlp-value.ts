// Tokens as OTLP's AnyValue and KeyValue (opentelemetry/proto/common/v1/common.proto), written backwards.
import { decodeBase64, isBase64 } from './base64';
import { ESCAPED, OBJECT, STRING } from './locate';
import { TAPE, TEMP, TEMP_END, WRITE_STACK } from './otlp-config';
import { putScalar, putText, sizeOf, TAG_ARRAY, TAG_BYTES, TAG_DOUBLE, TAG_KVLIST, typeOf } from './otlp-scalar';
import { INLINE, LIFTED, RAW, T_AT, T_END, T_KEY, T_KEY_END, T_KEY_ESCAPED, T_LAST, T_MARKS, T_PARENT, T_PREV, T_TYPE } from './otlp-token';
import { closeField, fits, out, putByte, putBytes, putFixed64 } from './otlp-writer';
import { unescapeInto } from './string';

// Tags of KeyValue's fields, and of the items of a KeyValueList or ArrayValue.
const TAG_KEY: u8 = 0x0a;
const TAG_VALUE: u8 = 0x12;
const TAG_ITEM: u8 = 0x0a;

const DOLLAR: u8 = 36;

/** How many `$` begin the key of an object's only member, when `double` or `bytes` follows; else 0. */
function dollarsOf(child: usize): usize {
  if (child == 0 || load<u32>(child, T_PREV) != 0 || load<u8>(child, T_KEY_ESCAPED) != 0) return 0;
  const key = <usize>load<u32>(child, T_KEY);
  const end = <usize>load<u32>(child, T_KEY_END);
  let p = key;
  while (load<u8>(p) == DOLLAR) p++;
  if (p == key) return 0;
  if (end - p == 6 && load<u32>(p) == 0x62756f64 && load<u16>(p, 4) == 0x656c) return p - key;
  return end - p == 5 && load<u32>(p) == 0x65747962 && load<u8>(p, 4) == 115 ? p - key : 0;
}

/** Writes an object that stands for what JSON has no form for: {"$double":"NaN"}, {"$bytes":"base64"}. False when it is none. */
function putSpecial(token: usize): bool {
  const child = <usize>load<u32>(token, T_LAST);
  if (dollarsOf(child) != 1 || typeOf(child) != STRING || (load<u8>(child, T_MARKS) & LIFTED) != 0) return false;
  let p = <usize>load<u32>(child, T_AT) + 1;
  let end = <usize>load<u32>(child, T_END) - 1;
  if (load<u8>(child, T_TYPE) & ESCAPED) {
    end = unescapeInto(p, end, TEMP, TEMP_END);
    p = TEMP;
    if (end == 0) return false;
  }
  const key = <usize>load<u32>(child, T_KEY) + 1;
  if (load<u8>(key) == 98) {
    if (!isBase64(p, end)) return false;
    const behind = out;
    putBytes(TEMP, decodeBase64(p, end, TEMP) - TEMP);
    closeField(behind, TAG_BYTES);
    return true;
  }
  const n = end - p;
  let bits: u64 = 0;
  if (n == 3 && load<u16>(p) == 0x614e && load<u8>(p, 2) == 78) bits = 0x7ff8_0000_0000_0000;
  else if (n == 8 && load<u64>(p) == 0x7974_696e_6966_6e49) bits = 0x7ff0_0000_0000_0000;
  else if (n == 9 && load<u8>(p) == 45 && load<u64>(p, 1) == 0x7974_696e_6966_6e49) bits = 0xfff0_0000_0000_0000;
  if (bits == 0) return false;
  putFixed64(bits);
  putByte(TAG_DOUBLE);
  return true;
}

@inline
function hasMembers(token: usize): bool {
  return load<u32>(token, T_LAST) != 0 && (load<u8>(token, T_MARKS) & RAW) == 0;
}

/** Writes the key; `flat`: behind those of the objects around it. An escaped `$double` or `$bytes` loses one `$`. */
@inline
function putKey(token: usize, flat: bool, inValue: bool): void {
  let key = <usize>load<u32>(token, T_KEY);
  const end = <usize>load<u32>(token, T_KEY_END);
  if (inValue && load<u8>(key) == DOLLAR && load<u32>(load<u32>(token, T_PARENT), T_LAST) == <u32>token && dollarsOf(token) > 1) key++;
  const behind = out;
  putText(key, end, load<u8>(token, T_KEY_ESCAPED) != 0);
  if (flat) putPrefixes(token);
  closeField(behind, TAG_KEY);
}

function putPrefixes(token: usize): void {
  let parent = <usize>load<u32>(token, T_PARENT);
  while (parent != TAPE && (load<u8>(parent, T_MARKS) & INLINE) == 0) {
    if (!fits(load<u32>(parent, T_KEY_END) - load<u32>(parent, T_KEY) + 1)) return;
    putByte(46);
    putText(load<u32>(parent, T_KEY), load<u32>(parent, T_KEY_END), load<u8>(parent, T_KEY_ESCAPED) != 0);
    parent = load<u32>(parent, T_PARENT);
  }
}

const FRAME: usize = 16;
const KEYED: u32 = 1;
/** The members take the place of their container. */
const OPEN: u32 = 2;

/**
 * Writes the members from `last` back to the first, those that are lifted left out: of an object (`keyed`) as KeyValue fields of `tag`, of
 * an array as AnyValue fields. `flatten`: objects as members with dotted keys. False when there is no room.
 */
export function putMembers(last: usize, tag: u8, keyed: bool, inValue: bool, flatten: bool): bool {
  let token = last;
  let top = WRITE_STACK;
  // Containers that are written as such; 0: at the members themselves.
  let level = inValue ? 1 : 0;
  while (true) {
    while (token == 0) {
      if (top == WRITE_STACK) return true;
      top -= FRAME;
      token = load<u32>(top);
      const state = load<u32>(top, 8);
      const behind = <usize>load<u32>(top, 4);
      keyed = (state & KEYED) != 0;
      if ((state & OPEN) == 0) {
        level--;
        // Nothing there: all of its members went elsewhere.
        if (out != behind) {
          if (!fits(load<u32>(token, T_KEY_END) - load<u32>(token, T_KEY))) return false;
          closeField(behind, typeOf(token) == OBJECT ? TAG_KVLIST : TAG_ARRAY);
          closeMember(token, behind, level == 0 ? tag : TAG_ITEM, keyed, level, flatten);
        }
      }
      token = load<u32>(token, T_PREV);
    }
    const marks = load<u8>(token, T_MARKS);
    if (marks & LIFTED) {
      token = load<u32>(token, T_PREV);
      continue;
    }
    const behind = out;
    const enters = hasMembers(token);
    if (!enters && !fits(sizeOf(token))) return false;
    const isObject = typeOf(token) == OBJECT;
    const open = (marks & INLINE) != 0 || (flatten && level == 0 && isObject);
    if (enters && ((marks & INLINE) != 0 || !(isObject && fitsSpecial(token) && putSpecial(token)))) {
      store<u32>(top, <u32>token);
      store<u32>(top, <u32>behind, 4);
      store<u32>(top, (keyed ? KEYED : 0) | (open ? OPEN : 0), 8);
      top += FRAME;
      if (!open) level++;
      keyed = isObject;
      token = load<u32>(token, T_LAST);
      continue;
    }
    if (!enters && (marks & INLINE) == 0 && !putScalar(token)) return false;
    if ((marks & INLINE) == 0) closeMember(token, behind, level == 0 ? tag : TAG_ITEM, keyed, level, flatten);
    token = load<u32>(token, T_PREV);
  }
}

/** Room for what {"$bytes": …} holds. */
@inline
function fitsSpecial(token: usize): bool {
  const child = <usize>load<u32>(token, T_LAST);
  return load<u8>(load<u32>(child, T_KEY)) == DOLLAR && fits(sizeOf(child));
}

/** Ends the member whose AnyValue stands in [out, behind). */
@inline
function closeMember(token: usize, behind: usize, tag: u8, keyed: bool, level: i32, flatten: bool): void {
  if (keyed) {
    closeField(behind, TAG_VALUE);
    putKey(token, flatten && level == 0, level != 0);
  }
  closeField(behind, tag);
}

/** Writes the token's value as the content of an AnyValue. False when there is no room. */
export function putValue(token: usize): bool {
  if (!fits(sizeOf(token))) return false;
  const isObject = typeOf(token) == OBJECT;
  if (!hasMembers(token)) return putScalar(token);
  if (isObject && putSpecial(token)) return true;
  const behind = out;
  if (!putMembers(load<u32>(token, T_LAST), TAG_ITEM, isObject, true, false)) return false;
  closeField(behind, isObject ? TAG_KVLIST : TAG_ARRAY);
  return true;
}

/** Writes the token's value under a key of its own, as a KeyValue field of `tag`. False when there is no room. */
export function putUnder(key: usize, keyBytes: usize, token: usize, tag: u8): bool {
  const behind = out;
  if (!putValue(token) || !fits(keyBytes)) return false;
  closeField(behind, TAG_VALUE);
  const keyBehind = out;
  putBytes(key, keyBytes);
  closeField(keyBehind, TAG_KEY);
  closeField(behind, tag);
  return true;
}
