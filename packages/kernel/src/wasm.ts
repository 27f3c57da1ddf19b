/** What the compiled module exports, as the host sees it: addresses and sizes are bytes in the kernel's memory. */
export interface KernelExports {
  // Layout (assembly/memory.ts).
  readonly CONST_AT: { readonly value: number };
  readonly CONST_END: { readonly value: number };
  readonly IN_AT: { readonly value: number };
  readonly IN_END: { readonly value: number };
  readonly OUT_AT: { readonly value: number };
  readonly OUT_END: { readonly value: number };
  readonly ROWS_AT: { readonly value: number };
  readonly ROWS_END: { readonly value: number };
  readonly SCRATCH_AT: { readonly value: number };
  readonly SCRATCH_END: { readonly value: number };
  readonly CONTENT_BYTES: { readonly value: number };
  readonly NOTED_BYTES: { readonly value: number };
  readonly MAX_EVENT_BYTES: { readonly value: number };
  readonly MAX_DEPTH: { readonly value: number };
  // Framing (assembly/frame.ts): parameters and results at src/frame-layout.ts.
  frame(): void;
  // Encoding (assembly/encode.ts).
  encodeLines(count: number, rows: number, marks: number, base: number, room: number): number;
  encodeBulk(
    count: number,
    rowsCount: number,
    rows: number,
    columns: number,
    marks: number,
    base: number,
    room: number,
  ): number;
  escapeInput(length: number): number;
  // OTLP log records (assembly/otlp.ts).
  encodeOtlp(
    from: number,
    count: number,
    rowsCount: number,
    rows: number,
    columns: number,
    marks: number,
    base: number,
    room: number,
    now: bigint,
    mapping: number,
    envelopes: number,
    fixes: number,
    fixesEnd: number,
    state: number,
  ): number;
  validate(starts: number, ends: number, count: number, codes: number): void;
  locate(starts: number, ends: number, shifts: number, count: number, table: number, paths: number): void;
  splice(
    starts: number,
    ends: number,
    shifts: number,
    count: number,
    edits: number,
    editsEnd: number,
    data: number,
    out: number,
    outStarts: number,
    outEnds: number,
    tooLarge: number,
  ): number;
  unpack(
    starts: number,
    ends: number,
    count: number,
    levels: number,
    contents: number,
    out: number,
    outStarts: number,
    outEnds: number,
    codes: number,
    notes: number,
    notesEnd: number,
  ): number;
  check(
    starts: number,
    ends: number,
    shifts: number,
    count: number,
    base: number,
    expects: number,
    wantUnknown: number,
    exceptions: number,
    exceptionsStop: number,
    unknowns: number,
    unknownsStop: number,
    known: number,
    knownSlots: number,
    seen: number,
    paths: number,
    watched: number,
    watchedCount: number,
    counts: number,
    codes: number,
    notes: number,
  ): number;
}
