import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { load, problemsText } from '../pipeline.ts';
import { mermaidOf } from './mermaid.ts';

/** `tailrace graph`: the pipeline as a Mermaid flowchart. */
export async function graphCommand(
  files: readonly string[],
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Promise<number> {
  const { config, problems } = await load(files);
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  await write(stdout, mermaidOf(config.components));
  return EXIT.ok;
}
