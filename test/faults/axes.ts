import { type Axes, allPairs } from './pairwise.ts';

/** The axes of the matrix; every value of one meets every value of each other one. */
export const AXES = {
  file: [
    'rename_create',
    'copytruncate',
    'truncate',
    'rewrite_same_size',
    'delete_recreate',
    'symlink_swap',
    'gzip_rotated',
    'rotated_while_down',
    'rotated_in_line',
    'same_first_kilobyte',
    'short_files',
    'no_inotify',
  ],
  life: ['running', 'restarted', 'killed'],
  sink: ['ok', 'storm_429', 'entry_400', 'down_503', 'reset', 'hang', 'too_large_413'],
  queue: ['memory', 'disk', 'disk_full', 'torn_tail', 'flipped_byte', 'missing_file', 'read_only'],
} as const satisfies Axes;

/** One cell of the matrix. */
export type MatrixCase = { readonly [axis in keyof typeof AXES]: (typeof AXES)[axis][number] };

/** `rename_create/killed/hang/disk`. */
export function nameOf({ file, life, sink, queue }: MatrixCase): string {
  return [file, life, sink, queue].join('/');
}

/** Cells that hold every pair of values of two axes. */
export function pairCases(): MatrixCase[] {
  return allPairs(AXES) as MatrixCase[];
}

/** Few cells that hold every value of every axis: those that bring most values first. */
export function fastCases(): MatrixCase[] {
  const left = new Set(Object.entries(AXES).flatMap(([axis, values]) => values.map((value) => `${axis} ${value}`)));
  const chosen: MatrixCase[] = [];
  const news = (one: MatrixCase) => Object.entries(one).filter(([axis, value]) => left.has(`${axis} ${value}`)).length;
  for (const all = pairCases(); left.size > 0; ) {
    const best = all.reduce((most, one) => (news(one) > news(most) ? one : most));
    for (const [axis, value] of Object.entries(best)) left.delete(`${axis} ${value}`);
    chosen.push(best);
  }
  return chosen;
}

/** The full product. */
export function allCases(): MatrixCase[] {
  return AXES.file.flatMap((file) =>
    AXES.life.flatMap((life) =>
      AXES.sink.flatMap((sink) => AXES.queue.map((queue): MatrixCase => ({ file, life, sink, queue }))),
    ),
  );
}
