import { type ProcessOptions, type RunningProcess, startProcess } from './child-process.ts';

/** Becomes the program; what it leaves behind waits for the end of stdin, which comes with the end of the owner. */
const WITH_OWNER =
  'exec 3<&0; pid=$$; (cat <&3 >/dev/null; kill -KILL "$pid") >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';

/** Starts a server that takes no input; unlike a plain process it ends also when the calling process is killed. */
export function startServerProcess(options: ProcessOptions): Promise<RunningProcess> {
  return startProcess({ ...options, command: ['bash', '-c', WITH_OWNER, 'bash', ...options.command] });
}
