/** CPU of this process in µs per item, over half a second or `milliseconds`; `run` deals with `items` of them, and once before that. */
export function cpuPerItem(items: number, run: () => unknown, milliseconds = 500): number {
  run();
  const start = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  while (performance.now() - start < milliseconds) {
    run();
    count += items;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
