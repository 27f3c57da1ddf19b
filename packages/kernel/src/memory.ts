import { takeArena } from './arena.ts';
import { MODULE } from './module.generated.ts';
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
  /** What the last operation left in the output region, for the next one: the copy in is saved. Who writes there sets it anew. */
  resident: Resident | null;
}

/** A text that stands in the kernel's memory as well: `text[i]` is at the address `at` + i, zero bytes behind it. */
export interface Resident {
  readonly text: Uint8Array;
  readonly at: number;
  /** Notes of the events that begin at `start` in it (assembly/notes.ts), made by unpack. */
  readonly notes?: { readonly start: Uint32Array; readonly at: number };
}

/** Where notes go: no text that is copied in reaches so far. */
export const NOTES = { at: REGION.input.at + 12 * MIB, end: REGION.input.end } as const;

/** Bytes that a resident text's notes have per event at their front. */
const NOTED_EVENT = 12;

/** Where the notes of events `from` on stand, 0 when there are none. */
export function notesOf(
  k: Kernel,
  e: { readonly text: Uint8Array; readonly start: Uint32Array },
  from: number,
): number {
  const { resident } = k;
  if (resident?.notes === undefined || resident.text !== e.text || resident.notes.start !== e.start) return 0;
  return resident.notes.at + NOTED_EVENT * from;
}

/** Bytes of the output region that resident texts may take. */
const RESIDENT_BYTES = 8 * MIB;

/** Bytes of the output region that an operation finds free at least. */
export const LEAST_OUTPUT = REGION.output.size - RESIDENT_BYTES - 2 * PAD;

/** Notes that `text` stands at `at` in the output region too, if that leaves enough of the region free. */
export function keepResident(k: Kernel, text: Uint8Array, at: number): void {
  const end = at + text.length;
  k.resident = end <= REGION.output.at + RESIDENT_BYTES ? { text, at } : null;
  if (k.resident) k.bytes.fill(0, end, end + PAD / 2);
}

/** First byte of the output region that no resident text needs. */
export function outputBehind({ text, at }: Resident): number {
  return (at + text.length + PAD + 63) & ~63;
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
