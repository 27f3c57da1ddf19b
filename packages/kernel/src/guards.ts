import { GAP, type Kernel, PAD, REGION } from './memory.ts';

const PATTERN = 0xa7;

// The guard bytes of a region: what of its gap SIMD has no business in.
const guards = Object.entries(REGION).map(([name, { end }]) => ({ name, from: end + PAD, to: end + GAP }));

/** Fills the guard bytes behind every region; brokenGuards says afterwards whether something wrote there. */
export function fillGuards(k: Kernel): void {
  for (const { from, to } of guards) k.bytes.fill(PATTERN, from, to);
}

/** The names of the regions whose guard bytes have changed since fillGuards. */
export function brokenGuards(k: Kernel): string[] {
  return guards
    .filter(({ from, to }) => k.bytes.subarray(from, to).some((byte) => byte !== PATTERN))
    .map(({ name }) => name);
}
