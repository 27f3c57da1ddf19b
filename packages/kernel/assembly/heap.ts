// Sorting in place, without recursion and with n log n steps for any input, so that no event can make the kernel slow.
import { keyEnd, orderOf } from './keys';

/** Sorts n u32 at `list` upwards. */
export function sortAddresses(list: usize, n: usize): void {
  let sorted = true;
  for (let i: usize = 1; i < n && sorted; i++) sorted = load<u32>(list + (i << 2) - 4) <= load<u32>(list + (i << 2));
  if (sorted) return;
  for (let i = n >> 1; i > 0; i--) siftAddress(list, i - 1, n);
  for (let last = n - 1; last > 0; last--) {
    swap(list, 0, last);
    siftAddress(list, 0, last);
  }
}

function swap(list: usize, a: usize, b: usize): void {
  const kept = load<u32>(list + (a << 2));
  store<u32>(list + (a << 2), load<u32>(list + (b << 2)));
  store<u32>(list + (b << 2), kept);
}

function siftAddress(list: usize, at: usize, n: usize): void {
  while (true) {
    let child = (at << 1) + 1;
    if (child >= n) return;
    if (child + 1 < n && load<u32>(list + (child << 2)) < load<u32>(list + (child << 2) + 4)) child++;
    if (load<u32>(list + (at << 2)) >= load<u32>(list + (child << 2))) return;
    swap(list, at, child);
    at = child;
  }
}

/** Order of key `a` with hash `hashA` against key `b`: by hash, then text; the addresses are those of the keys' first bytes, behind the quote. */
@inline
export function compareKeys(hashA: u32, a: usize, hashB: u32, b: usize): i32 {
  if (hashA != hashB) return hashA < hashB ? -1 : 1;
  return a == b ? 0 : orderOf(a, keyEnd(a - 1), b, keyEnd(b - 1));
}

// Equal keys stay in the order of the text.
function keyBefore(hashes: usize, keys: usize, a: usize, b: usize): bool {
  const keyA = <usize>load<u32>(keys + (a << 2));
  const keyB = <usize>load<u32>(keys + (b << 2));
  const order = compareKeys(load<u32>(hashes + (a << 2)), keyA, load<u32>(hashes + (b << 2)), keyB);
  return order != 0 ? order < 0 : keyA < keyB;
}

function siftKey(hashes: usize, keys: usize, at: usize, n: usize): void {
  while (true) {
    let child = (at << 1) + 1;
    if (child >= n) return;
    if (child + 1 < n && keyBefore(hashes, keys, child, child + 1)) child++;
    if (!keyBefore(hashes, keys, at, child)) return;
    swap(hashes, at, child);
    swap(keys, at, child);
    at = child;
  }
}

/** Sorts n keys, given as two columns (hash, address of the first byte), by hash, text and place. */
export function sortKeys(hashes: usize, keys: usize, n: usize): void {
  for (let i = n >> 1; i > 0; i--) siftKey(hashes, keys, i - 1, n);
  for (let last = n - 1; last > 0 && last < n; last--) {
    swap(hashes, 0, last);
    swap(keys, 0, last);
    siftKey(hashes, keys, 0, last);
  }
}
