import type { Clock } from './clock.ts';
import { escapeGo } from './go-string.ts';

/** How the container runtime writes a log file: Docker's json-file driver, containerd's CRI log, or the program's bare output. */
export type ContainerFormat = 'docker' | 'cri' | 'plain';

/** One line of a program: its text without the newline, and when (seconds after the clock's start) the runtime read it. */
export interface ProgramLine {
  text: string;
  stream: 'stdout' | 'stderr';
  at: number;
}

/** Writes program lines as a container runtime does, cutting long ones into partial lines. */
export interface ContainerWriter {
  write(line: ProgramLine): void;
  /** Writes the parts that are still held back. */
  end(): void;
  /** Number of bytes that `take` would give. */
  pending(): number;
  /** The whole lines written since the last `take`. */
  take(): Buffer;
}

interface CutLine {
  line: ProgramLine;
  bytes: Buffer;
  from: number;
}

/**
 * Makes a writer. The further parts of a cut line are held back until the next line of the same stream, so that lines of the other
 * stream come between them. Formats: moby `jsonlogbytes.go` and `copier.go`, containerd `pkg/cri/io/logger.go`.
 */
export function createContainerWriter(format: ContainerFormat, clock: Clock, cutBytes: number): ContainerWriter {
  let output = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  let used = 0;
  let scratch = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  let held: CutLine | undefined;
  const isCut = (bytes: number) => containerLineCount(format, bytes, cutBytes) > 1;

  const writePart = (bytes: Buffer, from: number, to: number, line: ProgramLine, last: boolean) => {
    output = withRoom(output, used, (to - from) * 6 + ENVELOPE_BYTES);
    if (format === 'docker') {
      used += output.write('{"log":"', used, 'latin1');
      used = escapeGo(bytes, from, to, output, used);
      const newline = last ? '\\n' : '';
      used += output.write(`${newline}","stream":"${line.stream}","time":"${clock.nanos(line.at)}"}\n`, used, 'latin1');
      return;
    }
    if (format === 'cri') {
      used += output.write(`${clock.nanos(line.at)} ${line.stream} ${last ? 'F' : 'P'} `, used, 'latin1');
    }
    used += bytes.copy(output, used, from, to);
    output[used] = NEWLINE;
    used += 1;
  };

  const writeNext = (cut: CutLine): boolean => {
    const to = Math.min(cut.bytes.length, cut.from + cutBytes);
    const last = !isCut(cut.bytes.length - cut.from);
    // containerd stamps a part when it writes it; Docker gives all parts the time of the first.
    const at = format === 'cri' ? cut.line.at + cut.from * 1e-9 : cut.line.at;
    writePart(cut.bytes, cut.from, to, { ...cut.line, at }, last);
    cut.from = to;
    return !last;
  };
  const release = () => {
    const cut = held;
    held = undefined;
    while (cut !== undefined && writeNext(cut));
  };

  return {
    write(line) {
      if (held?.line.stream === line.stream) release();
      scratch = withRoom(scratch, 0, line.text.length * 3);
      const length = scratch.write(line.text, 0, 'utf8');
      if (!isCut(length)) {
        writePart(scratch, 0, length, line, true);
        return;
      }
      release();
      held = { line, bytes: Buffer.from(scratch.subarray(0, length)), from: 0 };
      writeNext(held);
    },
    end: release,
    pending: () => used,
    take() {
      const bytes = Buffer.from(output.subarray(0, used));
      used = 0;
      return bytes;
    },
  };
}

/** How many lines a program's line of that many bytes becomes. Docker cuts one that just fills its buffer, containerd one that is longer. */
export function containerLineCount(format: ContainerFormat, bytes: number, cutBytes: number): number {
  if (format === 'plain') return 1;
  return format === 'docker' ? Math.floor(bytes / cutBytes) + 1 : Math.max(1, Math.ceil(bytes / cutBytes));
}

const NEWLINE = 0x0a;
const OUTPUT_BYTES = 512 * 1024;
const ENVELOPE_BYTES = 128;

function withRoom(buffer: Buffer<ArrayBuffer>, used: number, more: number): Buffer<ArrayBuffer> {
  if (used + more <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, used + more));
  buffer.copy(larger, 0, 0, used);
  return larger;
}
