import { pipelineSchema } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { registry } from '../registry.generated.ts';

/** `tailrace schema`: the JSON Schema of a pipeline file. */
export async function schemaCommand(stdout: NodeJS.WriteStream): Promise<number> {
  const declarations = await Promise.all(registry.map((entry) => entry.load()));
  await write(stdout, `${JSON.stringify(pipelineSchema(declarations), null, 2)}\n`);
  return EXIT.ok;
}
