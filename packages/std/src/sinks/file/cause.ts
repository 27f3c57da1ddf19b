import { access, constants } from 'node:fs/promises';

/** What an error is about: a path that can never be a file, a path that cannot be one now, or all that the sink writes. */
export type Cause = 'spoilt path' | 'path' | 'target';

/** Names that the file system does not take, and something else in the place of a file or folder. */
const SPOILT = new Set(['EEXIST', 'EILSEQ', 'EINVAL', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENODEV', 'ENOTDIR', 'ENXIO']);

/** A missing right, a link to what is not there yet, a file that is used or full. */
const OF_ONE_PATH = new Set(['EACCES', 'EBUSY', 'EFBIG', 'ENOENT', 'EPERM', 'ETXTBSY']);

/** Finds it out; `common`: the folder that paths have in common, `null` when there is one path only. */
export async function causeOf({ code = '' }: NodeJS.ErrnoException, common: string | null): Promise<Cause> {
  const isSpoilt = SPOILT.has(code);
  if (common === null || !(isSpoilt || OF_ONE_PATH.has(code))) return 'target';
  // Where nothing can be made in that folder it is no single event's fault. With the slash, what is no folder is refused.
  const isUsable = await access(`${common}/`, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isUsable) return 'target';
  return isSpoilt ? 'spoilt path' : 'path';
}
