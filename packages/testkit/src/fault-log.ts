import { appendFile, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FaultLedger, Issue, IssueOptions } from './fault-ledger.ts';

/** A container's log as its runtime keeps it: a file that is rotated, and the link by which shippers find it. */
export interface ContainerLog {
  readonly name: string;
  readonly format: 'docker' | 'cri';
  readonly link: string;
  /** Where the runtime writes now; a swap of the link changes it. */
  file: string;
  /** Appends that many new lines with one write; every sixtieth is long enough to be cut by the runtime. */
  write(count: number, options?: IssueOptions): Promise<Issue[]>;
  /** Appends lines that another log holds already. */
  writeAgain(issues: readonly Issue[]): Promise<void>;
  /** The bytes of a line that is not written yet: two parts, that belong together, of one issued payload. */
  parts(options?: IssueOptions): [first: Buffer, second: Buffer];
  /** Whole new lines of exactly so many bytes together. */
  exactly(bytes: number): Buffer;
  /** All that was issued and is in the file now. */
  idsInFile(): Promise<string[]>;
}

/** Where a container's log stands and how it is written. */
export interface ContainerLogOptions {
  ledger: FaultLedger;
  /** Two folders are made below: `containers` with the links, `pods` with the files. */
  folder: string;
  name: string;
  format: 'docker' | 'cri';
  /** Every how many lines is one that the target refuses; default none. */
  poisonEvery?: number;
  /** No line is long enough to be cut. */
  short?: boolean;
}

/** Runtimes cut lines at 16 KiB. */
const CUT_BYTES = 16_384;
const LONG = 20_000;

/** Makes the folders, an empty file and its link as the kubelet lays them out (`/var/log/containers`, `/var/log/pods`). */
export async function containerLog(options: ContainerLogOptions): Promise<ContainerLog> {
  const { ledger, folder, name, format, poisonEvery = 0 } = options;
  const file = join(folder, 'pods', `shop_${name}-pod_0e1f2a3b`, name, '0.log');
  const link = join(
    folder,
    'containers',
    `${name}-pod_shop_${name}-${Buffer.from(name).toString('hex').padEnd(64, '0')}.log`,
  );
  await mkdir(dirname(file), { recursive: true });
  await mkdir(dirname(link), { recursive: true });
  await appendFile(file, '');
  await symlink(file, link);
  let written = 0;
  const issue = (more: IssueOptions = {}): Issue => {
    written++;
    const padding = !options.short && written % 60 === 0 ? { padding: LONG } : {};
    const poison = poisonEvery > 0 && written % poisonEvery === 0;
    return ledger.issue(name, { ...padding, poison, ...more });
  };
  const log: ContainerLog = {
    name,
    format,
    link,
    file,
    async write(count, more) {
      const issues = Array.from({ length: count }, () => issue(more));
      await appendFile(log.file, issues.map((one) => linesOf(format, one)).join(''));
      return issues;
    },
    async writeAgain(issues) {
      for (const one of issues) ledger.copy(one);
      await appendFile(log.file, issues.map((one) => linesOf(format, one)).join(''));
    },
    parts(more) {
      const one = issue({ padding: LONG, ...more });
      const lines = linesOf(format, one);
      const cut = lines.indexOf('\n') + 1;
      return [Buffer.from(lines.slice(0, cut)), Buffer.from(lines.slice(cut))];
    },
    exactly: (bytes) => Buffer.from(exactLines(format, bytes, issue)),
    async idsInFile() {
      const text = await readFile(log.file, 'utf8');
      return [...text.matchAll(/\\?"id\\?":\\?"([^"\\]+)\\?"/g)].map((match) => match[1]!);
    },
  };
  return log;
}

/** The lines of an issued payload as the runtime writes them, cut into parts where it is long. */
function linesOf(format: 'docker' | 'cri', { payload, time }: Issue): string {
  const text = JSON.stringify(payload);
  let lines = '';
  for (let at = 0; at < text.length; at += CUT_BYTES) {
    const part = text.slice(at, at + CUT_BYTES);
    const isLast = at + CUT_BYTES >= text.length;
    if (format === 'cri') lines += `${time} stdout ${isLast ? 'F' : 'P'} ${part}\n`;
    else lines += `${JSON.stringify({ log: isLast ? `${part}\n` : part, stream: 'stdout', time })}\n`;
  }
  return lines;
}

function exactLines(format: 'docker' | 'cri', bytes: number, issue: (more: IssueOptions) => Issue): string {
  const sizeOf = (lines: string) => Buffer.byteLength(lines);
  let lines = '';
  // Room for one more line of usual size and the last one, whose padding makes up the rest.
  while (bytes - sizeOf(lines) > 1500) lines += linesOf(format, issue({ padding: 100 }));
  const rest = bytes - sizeOf(lines);
  const last = issue({ padding: 0 });
  const missing = rest - sizeOf(linesOf(format, last));
  if (missing < 0) throw new Error(`${bytes} bytes are too few for a line`);
  last.payload.pad = 'x'.repeat(missing);
  return lines + linesOf(format, last);
}
