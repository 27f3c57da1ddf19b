import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { load, problemsText } from '../pipeline.ts';

/** `tailrace elasticsearch template`: the requests that put the index templates of the pipeline's sinks, as Kibana's console takes them. */
export async function templateCommand(
  files: readonly string[],
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Promise<number> {
  const { config, problems } = await load(files);
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  await write(stdout, '');
  return EXIT.ok;
}
