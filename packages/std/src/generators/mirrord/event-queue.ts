/** Things that will happen, soonest first; equal moments come in any, but always the same, order. */
export interface EventQueue<T extends { at: number }> {
  push(item: T): void;
  /** The soonest item stays in the queue. */
  peek(): T | undefined;
  pop(): T | undefined;
}

/** Makes an empty queue (a binary heap on `at`). */
export function createEventQueue<T extends { at: number }>(): EventQueue<T> {
  const heap: T[] = [];
  const before = (left: number, right: number) => (heap[left] as T).at < (heap[right] as T).at;
  const swap = (left: number, right: number) => {
    const item = heap[left] as T;
    heap[left] = heap[right] as T;
    heap[right] = item;
  };
  const rise = (from: number) => {
    let node = from;
    while (node > 0) {
      const parent = (node - 1) >> 1;
      if (!before(node, parent)) return;
      swap(node, parent);
      node = parent;
    }
  };
  const sink = () => {
    let node = 0;
    for (;;) {
      const left = node * 2 + 1;
      if (left >= heap.length) return;
      const child = left + 1 < heap.length && before(left + 1, left) ? left + 1 : left;
      if (!before(child, node)) return;
      swap(child, node);
      node = child;
    }
  };
  return {
    push(item) {
      heap.push(item);
      rise(heap.length - 1);
    },
    peek: () => heap[0],
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      sink();
      return first;
    },
  };
}
