import { answersAsJson, mirrordAnswers, mirrordLines } from '@tailrace/std';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';

/** What to generate. */
export interface GenerateOptions {
  readonly format: 'docker' | 'cri' | 'plain';
  readonly lines: number;
  readonly seed: string;
  readonly answers: boolean;
}

/** `tailrace generate mirrord`: lines, or the answers to them. */
export async function generateCommand(options: GenerateOptions, stdout: NodeJS.WriteStream): Promise<number> {
  const { answers, ...wanted } = options;
  if (answers) {
    await write(stdout, `${JSON.stringify(answersAsJson(mirrordAnswers(wanted)), null, 2)}\n`);
    return EXIT.ok;
  }
  for (const chunk of mirrordLines(wanted)) if (!(await write(stdout, chunk))) break;
  return EXIT.ok;
}
