import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A step of a document that tells how to do something: a file to write, commands to run, or what they print. */
export interface Step {
  readonly language: string;
  /** What stands behind the language: a file's name, or `fails`. */
  readonly note: string;
  readonly text: string;
}

/** The fenced blocks of a document, in order. */
export function stepsOf(document: string): Step[] {
  return [...document.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(
    ([, language = '', note = '', text = '']) => ({
      language,
      note,
      text,
    }),
  );
}

/** Does what a document says, in the folder; throws where something else happens. `instead` replaces commands. */
export async function follow(
  steps: readonly Step[],
  folder: string,
  instead: (command: string) => string,
): Promise<void> {
  let printed = '';
  for (const { language, note, text } of steps) {
    if (language === 'text') {
      for (const line of text.trimEnd().split('\n')) {
        if (!printed.includes(line)) throw new Error(`expected ${line}\nin ${printed}`);
      }
    } else if (language === 'sh') {
      printed = '';
      for (const command of text.trimEnd().split('\n'))
        printed += await run(instead(command), folder, note === 'fails');
    } else {
      const file = path.join(folder, note);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
}

function run(command: string, cwd: string, fails: boolean): Promise<string> {
  // The Node that runs this, not whichever else is installed.
  const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}` };
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', command], { cwd, env, timeout: 120_000 }, (error, stdout, stderr) => {
      if ((error !== null) === fails) resolve(`${stdout}${stderr}`);
      else reject(new Error(`${command}\n${stdout}${stderr}`));
    });
  });
}
