import { appendFile, rename, writeFile } from 'node:fs/promises';
import type { CaseResult } from '../result.ts';
import { conclude } from '../result.ts';
import { newStage, type Shared } from '../stage.ts';

/** `stdout P a1`, `stderr F b`, `stdout F a2` gives `a1a2` and `b`, also when the subject dies in between. */
export async function interleavedStreams(name: string, shared: Shared): Promise<CaseResult> {
  const stage = await newStage(shared, { name });
  try {
    const started = performance.now();
    const log = await stage.addLog({ name: 'web', format: 'cri' });
    await stage.subject.start();
    for (const isKilled of [false, true]) {
      const [first, second] = log.parts();
      await appendFile(log.file, first);
      // The other stream's whole line, between the two.
      const [between] = log.parts({ padding: 10 });
      await appendFile(log.file, between.toString().replace(' stdout ', ' stderr '));
      if (isKilled) {
        await stage.delivered();
        await stage.subject.kill();
        await stage.subject.start();
      }
      await appendFile(log.file, second);
      await log.write(50);
    }
    return await conclude(stage, started);
  } finally {
    await stage.dispose();
  }
}

/** A line that begins in one file and ends in the next, the subject killed between the two. */
export async function lineInTwoFiles(name: string, shared: Shared): Promise<CaseResult> {
  const stage = await newStage(shared, { name });
  try {
    const started = performance.now();
    for (const format of ['docker', 'cri'] as const) await stage.addLog({ name: format, format });
    await stage.subject.start();
    for (let round = 0; round < 3; round++) {
      const ends = await Promise.all(
        stage.logs.map(async (log) => {
          await log.write(20);
          const [first, second] = log.parts();
          await appendFile(log.file, first);
          return second;
        }),
      );
      for (const log of stage.logs) await stage.isSeen(log);
      await stage.subject.kill();
      for (const [k, log] of stage.logs.entries()) {
        await rename(log.file, `${log.file}.20261121-00000${round}`);
        await writeFile(log.file, ends[k]!);
        await log.write(20);
      }
      await stage.subject.start();
      for (const log of stage.logs) await stage.isSeen(log);
    }
    return await conclude(stage, started);
  } finally {
    await stage.dispose();
  }
}
