import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Tells elements' sizes with one observer for all. */
export interface Sizes {
  /** Until the given function is called. */
  watch(element: Element, tell: (size: Size) => void): () => void;
}

export function createSizes(): Sizes {
  const listeners = new Map<Element, (size: Size) => void>();
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries)
      listeners.get(target)?.({ width: Math.floor(contentRect.width), height: Math.floor(contentRect.height) });
  });
  return {
    watch(element, tell) {
      listeners.set(element, tell);
      observer.observe(element);
      return () => {
        listeners.delete(element);
        observer.unobserve(element);
      };
    },
  };
}

/** The inner size of an element in CSS pixels; null before it is laid out. */
export function useSize(sizes: Sizes, ref: RefObject<Element | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    if (ref.current === null) return;
    return sizes.watch(ref.current, (next) =>
      setSize((before) => (before?.width === next.width && before.height === next.height ? before : next)),
    );
  }, [sizes, ref]);
  return size;
}
