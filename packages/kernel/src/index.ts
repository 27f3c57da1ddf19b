export type { Events } from './events.ts';
export { detectFormat, type Format } from './format.ts';
export { createFramer, FLAG, type Framed, type Framer, type FramerOptions, type ReadTime } from './frame.ts';
export { createKernel, type Kernel, kernel, MAX_DEPTH, MAX_EVENT_BYTES } from './memory.ts';
