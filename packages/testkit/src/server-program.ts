import { execFile } from 'node:child_process';

/** A server that is one program, or another program that tests need. */
export type ServerName = 'collector' | 'envoy' | 'prometheus' | 'mtail' | 'chromium' | 'curl' | 'helm';

/** The program's path, or why it cannot be had here (a tool is missing, no network). */
export type ServerProgram = { path: string; reason?: undefined } | { path?: undefined; reason: string };

/** Lets the kit script `kit` fetch or build a server's program, on the first call; that may take minutes. */
export function installServer(kit: string, name: ServerName): Promise<ServerProgram> {
  return new Promise((resolve) => {
    execFile('bash', [kit, 'install', name], (error, stdout, stderr) => {
      if (error === null) resolve({ path: stdout.trim() });
      else resolve({ reason: stderr.trim() === '' ? error.message : stderr.trim() });
    });
  });
}
