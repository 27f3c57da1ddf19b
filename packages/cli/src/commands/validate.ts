import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { load, problemsText, warningsText } from '../pipeline.ts';

/** `tailrace validate`: all problems, or what the pipeline is made of. */
export async function validateCommand(
  files: readonly string[],
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Promise<number> {
  const { config, problems, warnings } = await load(files);
  stderr.write(warningsText(warnings));
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  const counts = (['source', 'transform', 'sink'] as const).map((kind) => {
    const count = config.components.filter(({ declaration }) => declaration.kind === kind).length;
    return `${count} ${kind}${count === 1 ? '' : 's'}`;
  });
  await write(stdout, `${files.join(', ')}: valid, ${counts.join(', ')}\n`);
  return EXIT.ok;
}
