export type { Events } from './events.ts';
export { detectFormat, type Format } from './format.ts';
export { createFramer, FLAG, type Framed, type Framer, type FramerOptions, type ReadTime } from './frame.ts';
export { createKernel, type Kernel, kernel, MAX_DEPTH, MAX_EVENT_BYTES } from './memory.ts';
export { locate, ROW } from './locate.ts';
export { compilePaths, type Paths } from './paths.ts';
export { EDIT, EDIT_ROW, type Edits, splice } from './splice.ts';
export { ERR, ESCAPED, KEY_ESCAPED, TYPE, TYPE_MASK } from './types.ts';
export { validate } from './validate.ts';
