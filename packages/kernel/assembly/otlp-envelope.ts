// What records share, as the host packs it: bytes of a ResourceLogs without its scopes and of a ScopeLogs without its records. An
// envelope is made once for each text that it comes from; the table of those stands behind the mapping.
//   header u32: next free address, entries; then SLOTS u32: address of an entry, 0 for none
//   entry  u64 hash, u32 bytes of the key, address of the packed envelope (0: not packed yet), its bytes; the key
import { copy } from './bytes';
import { hashBytes, sameBytes } from './keys';
import { CONST_END } from './memory';
import { slotOf, W_RESOURCE, W_RESOURCE_PATHS, W_SCOPE, W_STATICS, word } from './otlp-config';
import { countAt, hasAttribute, resource, scope } from './otlp-origin';
import { LIFTED, T_AT, T_END, T_LAST, T_MARKS } from './otlp-token';
import { putString } from './otlp-scalar';
import { putMembers, putUnder } from './otlp-value';
import { closeField, fits, out, putByte, putBytes, putVarint } from './otlp-writer';

const HEADER: usize = 8;
const TABLE_SLOTS: usize = 4096;
const MOST_ENTRIES: u32 = 2048;
const E_KEY_BYTES: usize = 8;
export const E_PACKED: usize = 12;
export const E_PACKED_BYTES: usize = 16;
const E_KEY: usize = 24;

let table: usize = 0;
let latest: usize = 0;

export function useTable(at: usize): void {
  table = at;
  latest = 0;
}

/** The entry of the event's resource and scope, a new one when it is the first with them; 0 when there is no room for that. */
export function envelopeEntry(): usize {
  const entry = <usize>load<u32>(table);
  const end = putKey(entry + E_KEY);
  if (end == 0) return 0;
  const bytes = end - entry - E_KEY;
  if (latest != 0 && sameKeys(latest, entry + E_KEY, bytes)) return latest;
  const hash = hashBytes(entry + E_KEY, bytes);
  let slot = <usize>hash & (TABLE_SLOTS - 1);
  while (true) {
    const other = <usize>load<u32>(table + HEADER + (slot << 2));
    if (other == 0) break;
    if (load<u64>(other) == hash && sameKeys(other, entry + E_KEY, bytes)) {
      latest = other;
      return other;
    }
    slot = (slot + 1) & (TABLE_SLOTS - 1);
  }
  if (load<u32>(table, 4) == MOST_ENTRIES) return 0;
  store<u32>(table + HEADER + (slot << 2), <u32>entry);
  store<u32>(table, (<u32>end + 7) & ~7);
  store<u32>(table, load<u32>(table, 4) + 1, 4);
  store<u64>(entry, hash);
  store<u32>(entry, <u32>bytes, E_KEY_BYTES);
  store<u64>(entry, 0, E_PACKED);
  return entry;
}

@inline
function sameKeys(entry: usize, key: usize, bytes: usize): bool {
  return load<u32>(entry, E_KEY_BYTES) == <u32>bytes && sameBytes(entry + E_KEY, key, bytes);
}

/** Writes which text the envelope comes from: each part behind its number and length. Answers the end, 0 when it does not fit. */
function putKey(to: usize): usize {
  if (resource != 0) to = putPart(to, 0x8000_0000, resource);
  if (to != 0 && scope != 0) to = putPart(to, 0x8000_0001, scope);
  const count = word(W_RESOURCE_PATHS + 1);
  for (let i: u32 = 0; to != 0 && i < count; i++) {
    const token = liftedAt(i);
    if (token != 0) to = putPart(to, i, token);
  }
  return to;
}

function putPart(to: usize, part: u32, token: usize): usize {
  const at = <usize>load<u32>(token, T_AT);
  const n = <usize>load<u32>(token, T_END) - at;
  if (to + n + 64 > CONST_END) return 0;
  store<u32>(to, part);
  store<u32>(to, <u32>n, 4);
  return copy(to + 8, at, n);
}

/** The member that becomes the resource attribute `i` of the mapping, or 0. */
@inline
function liftedAt(i: u32): usize {
  const token = slotOf(load<u32>(<usize>word(W_RESOURCE_PATHS) + <usize>i * 12));
  return token != 0 && (load<u8>(token, T_MARKS) & LIFTED) != 0 ? token : 0;
}

function putStringField(token: usize, tag: u8): bool {
  if (token == 0) return true;
  if (!fits(load<u32>(token, T_END) - load<u32>(token, T_AT))) return false;
  const behind = out;
  putString(token);
  closeField(behind, tag);
  return true;
}

function putCount(count: u32, tag: u8): void {
  if (count == 0) return;
  putVarint(count);
  putByte(tag);
}

/** Writes the fields of a ResourceLogs but its scopes (opentelemetry/proto/logs/v1/logs.proto). False when there is no room. */
export function putResource(): bool {
  const own = resource != 0;
  if (own && !putStringField(slotOf(word(W_RESOURCE + 3)), 0x1a)) return false;
  const behind = out;
  if (own) putCount(countAt(W_RESOURCE + 2), 0x10);
  if (!putStatics()) return false;
  for (let i = <i32>word(W_RESOURCE_PATHS + 1) - 1; i >= 0; i--) {
    const token = liftedAt(i);
    const row = <usize>word(W_RESOURCE_PATHS) + <usize>i * 12;
    if (token != 0 && !putUnder(load<u32>(row, 4), load<u32>(row, 8), token, 0x0a)) return false;
  }
  const attributes = own ? slotOf(word(W_RESOURCE + 1)) : 0;
  if (attributes != 0 && !putMembers(load<u32>(attributes, T_LAST), 0x0a, true, false, false)) return false;
  if (out != behind) closeField(behind, 0x0a);
  return true;
}

/** The mapping's own attributes, where neither the event's resource nor a path gives them. */
function putStatics(): bool {
  for (let i = <i32>word(W_STATICS + 1) - 1; i >= 0; i--) {
    const row = <usize>word(W_STATICS) + (<usize>i << 4);
    if (hasAttribute(load<u32>(row), load<u32>(row, 4)) || isFromPath(load<u32>(row), load<u32>(row, 4))) continue;
    const n = <usize>load<u32>(row, 12);
    if (!fits(n)) return false;
    const behind = out;
    putBytes(load<u32>(row, 8), n);
    closeField(behind, 0x0a);
  }
  return true;
}

function isFromPath(key: usize, bytes: usize): bool {
  const count = word(W_RESOURCE_PATHS + 1);
  for (let i: u32 = 0; i < count; i++) {
    const row = <usize>word(W_RESOURCE_PATHS) + <usize>i * 12;
    if (liftedAt(i) != 0 && load<u32>(row, 8) == <u32>bytes && sameBytes(load<u32>(row, 4), key, bytes)) return true;
  }
  return false;
}

/** Writes the fields of a ScopeLogs but its records. False when there is no room. */
export function putScope(): bool {
  if (scope == 0) return true;
  if (!putStringField(slotOf(word(W_SCOPE + 5)), 0x1a)) return false;
  const behind = out;
  putCount(countAt(W_SCOPE + 4), 0x20);
  const attributes = slotOf(word(W_SCOPE + 3));
  if (attributes != 0 && !putMembers(load<u32>(attributes, T_LAST), 0x1a, true, false, false)) return false;
  if (!putStringField(slotOf(word(W_SCOPE + 2)), 0x12) || !putStringField(slotOf(word(W_SCOPE + 1)), 0x0a)) return false;
  if (out != behind) closeField(behind, 0x0a);
  return true;
}
