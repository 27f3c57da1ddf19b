export type { Events } from './events.ts';
export { createKernel, type Kernel, kernel, MAX_DEPTH, MAX_EVENT_BYTES } from './memory.ts';
