// Paths of which check says whether an event has them, when the event has one that is always reported.
import { addException } from './check-rows';
import { keepsObjects, MAY_KEEP, NEVER_KEEP, sayKeeps } from './repeated-objects';
import { leafCount, leavesOf, NO_NODE } from './trie';

// Same number as TYPE.present in src/types.ts.
const PRESENT: u32 = 9;

/** Per path a u32: the mark of the last event that had it. */
let seen: usize = 0;
let mark: u32 = 0;
/** The paths, u32 each. */
let watched: usize = 0;
let watchedEnd: usize = 0;
let asksForWatched: bool = false;

/** `seenPaths`: room for a u32 per path. */
export function openWatched(seenPaths: usize, paths: usize, watchedPaths: usize, watchedCount: usize): void {
  seen = seenPaths;
  memory.fill(seen, 0, paths << 2);
  mark = 0;
  watched = watchedPaths;
  watchedEnd = watched + (watchedCount << 2);
}

/** Starts an event. */
@inline
export function startWatched(): void {
  asksForWatched = false;
  mark++;
}

/** Notes that the event has a path. */
@inline
export function see(path: u32): void {
  store<u32>(seen + (<usize>path << 2), mark);
}

/** Notes that the event has a path that is always reported. */
@inline
export function askForWatched(): void {
  asksForWatched = true;
}

/** Ends an event: reports which of the watched paths it has, if that was asked for. */
@inline
export function endWatched(): void {
  if (asksForWatched) addPresent();
}

function addPresent(): void {
  for (let at = watched; at < watchedEnd; at += 4) {
    const path = load<u32>(at);
    if (load<u32>(seen + (<usize>path << 2)) == mark) addException(path, 0, 0, 0, PRESENT);
  }
}

/** Whether objects at `node`, the values of an entry's key, may be kept. */
@inline
export function mayKeep(entry: usize, node: usize): bool {
  let keeps = keepsObjects(entry);
  if (keeps == 0) {
    keeps = isWatched(node) ? NEVER_KEEP : MAY_KEEP;
    sayKeeps(entry, keeps);
  }
  return keeps == MAY_KEEP;
}

/** Whether something watched stands at or below `node`: then an event must be walked through to know whether it has that. */
function isWatched(node: usize): bool {
  if (node == NO_NODE || watched == watchedEnd) return false;
  let leaf = leavesOf(node);
  for (let n = leafCount(node); n > 0; n--, leaf += 4) {
    for (let at = watched; at < watchedEnd; at += 4) if (load<u32>(at) == load<u32>(leaf)) return true;
  }
  return false;
}
