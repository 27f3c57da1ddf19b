import { takeArena } from './arena.ts';
import { MODULE } from './module.generated.ts';
import type { Resident } from './resident.ts';
import type { KernelExports } from './wasm.ts';

/** A range of the kernel's memory, in bytes: [at, end). After `end` come GAP bytes that no operation owns. */
export interface Region {
  readonly at: number;
  readonly end: number;
  readonly size: number;
}

/** Bytes between two regions: SIMD may touch the first PAD of them, the others are guard bytes that stay as they are. */
export const GAP = 4096;
export const PAD = 2048;

const MIB = 1 << 20;
const region = (at: number, next: number): Region => ({ at, end: next - GAP, size: next - GAP - at });

/** The layout of assembly/memory.ts: constants, input text, output text, result rows, working space. */
export const REGION = {
  constants: region(0x1_0000, 2 * MIB),
  input: region(2 * MIB, 18 * MIB),
  output: region(18 * MIB, 42 * MIB),
  rows: region(42 * MIB, 50 * MIB),
  scratch: region(50 * MIB, 64 * MIB),
} as const;

/** Largest event, in bytes of JSON text, that every operation takes; a larger one gets an error code. */
export const MAX_EVENT_BYTES = 4 * MIB;

/** Deepest nesting of arrays and objects that counts as valid; a deeper text gets an error code. */
export const MAX_DEPTH = 1000;

const PAGES = (64 * MIB) / 65536;

/** One instance of the compiled module with a memory of its own (64 MiB of address space; only touched pages count). */
export interface Kernel {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  readonly wasm: KernelExports;
  /** What the last operation left in the output region, for the next one. Who copies a text in, or writes to the front of that region, sets it anew. */
  resident: Resident | null;
  /** Whether unpack was asked for the `log` of events: then framers keep it un-escaped. */
  opensLogs: boolean;
}

// Node types WebAssembly only in part, and the DOM's types would bring a browser into every file.
interface WasmApi {
  readonly Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: KernelExports };
}

let compiled: object | undefined;
let shared: Kernel | undefined;

/** Creates a kernel with its own memory; synchronous, a few milliseconds the first time in a thread. */
export function createKernel(): Kernel {
  const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
  compiled ??= new Module(Buffer.from(MODULE, 'base64'));
  const memory = new Memory({ initial: PAGES, maximum: PAGES });
  const { exports } = new Instance(compiled, { env: { memory, abort } });
  const { buffer } = memory;
  return {
    bytes: new Uint8Array(buffer),
    words: new Uint32Array(buffer),
    doubles: new Float64Array(buffer),
    wasm: exports,
    resident: null,
    opensLogs: false,
  };
}

/** The kernel of this thread, made on first use. Operations are synchronous, so all stages of a thread can share it. */
export function kernel(): Kernel {
  shared ??= createKernel();
  return shared;
}

/** Copies [at, end) out of the kernel's memory. */
export function copyOut(k: Kernel, at: number, end: number): Uint8Array {
  const text = takeArena(end - at);
  text.set(k.bytes.subarray(at, end));
  return text;
}

function abort(): never {
  throw new Error('kernel: abort was called; the module is built so that it never is');
}
