import { hash, randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { appendFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from '@tailrace/core';

/** What tells files apart while they exist. */
export interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
  /** Nanoseconds since 1970; 0 where the system has none that can be trusted. */
  readonly birth: bigint;
}

/** The identity in a file's stat; `births`: whether birth times can be trusted here. */
export function identityOf(stats: BigIntStats, births: boolean): Identity {
  return { device: stats.dev, inode: stats.ino, birth: births ? stats.birthtimeNs : 0n };
}

/** A key for maps: equal for two stats of one file. */
export function identityKey({ device, inode, birth }: Identity): string {
  return `${device}:${inode}:${birth}`;
}

/**
 * Id of a file instance: 96 bits as base64url. The device number is left out because it changes over reboots. Without a birth time
 * nothing tells two holders of an inode apart, so the id is random.
 */
export function drawInstanceId(nodeId: string, { inode, birth }: Identity, generation: number): string {
  if (birth === 0n) return randomBytes(12).toString('base64url');
  return hash('sha256', [nodeId, inode, birth, generation].join('\n'), 'base64url').slice(0, 16);
}

/**
 * Whether birth times stay as they are when a file grows. Where `statx` is refused (some seccomp profiles), Node gives the time of the
 * last change in their place. Makes and removes a file in `folder`.
 */
export async function birthTimesHold(folder: string): Promise<boolean> {
  const probe = join(folder, `birth-time-${process.pid}-${randomBytes(4).toString('hex')}`);
  await makeFolder(folder);
  try {
    await appendFile(probe, 'a');
    const before = await stat(probe, { bigint: true });
    // Longer than the tick of the kernel's coarse clock that stamps files (10 ms at HZ=100).
    await delay(25);
    await appendFile(probe, 'b');
    const after = await stat(probe, { bigint: true });
    return before.birthtimeNs !== 0n && before.birthtimeNs === after.birthtimeNs;
  } finally {
    await rm(probe, { force: true });
  }
}
