// Everything the host may call, and the layout it has to agree with. One line per file, so that each can change alone.
export * from './memory';
export { frame } from './frame';
export { validate } from './validate';
export { locate } from './locate';
export { splice } from './splice';
export { check } from './check';
export { encodeBulk, encodeLines, escapeInput } from './encode';
export { unpack } from './unpack';
export { encodeOtlp } from './otlp';
