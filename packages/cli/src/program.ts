import { inspect } from 'node:util';
import { Argument, Command, CommanderError, Option } from 'commander';
import type { TemplateCommandOptions } from './commands/elasticsearch-template.ts';
import { addDashboards } from './dashboards-program.ts';
import { addDeadLetters } from './dead-letters-program.ts';
import { EXIT } from './exit-codes.ts';
import { addGenerate } from './generate-program.ts';
import { addQuery } from './query-program.ts';
import { addQueue } from './queue-program.ts';
import { version } from './version.ts';

const EXIT_CODES = `
Exit codes:
  0   done, everything delivered, all tests passed
  1   a test failed, or not everything was delivered
  64  wrong command line
  70  a bug in tailrace
  75  cannot start now: data_dir in use, address taken, no right to write
  78  a pipeline file is wrong`;

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
const FILES = new Argument(
  '<file...>',
  'pipeline files (YAML, or TypeScript and JavaScript); several files are one pipeline',
);

/** The command line; each command loads its code when it runs, so that none waits for another's libraries. */
export function createProgram(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Command {
  const program = new Command('tailrace')
    .description('A log pipeline for Kubernetes: container logs in, typed fields out.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .showHelpAfterError('(run with --help for usage)')
    .exitOverride()
    .addHelpText(
      'after',
      `${examples(
        'tailrace run pipelines/mirrord/elasticsearch.yaml',
        'tailrace validate pipeline.yaml',
        'tailrace test pipeline.yaml',
        'tailrace generate mirrord --lines 1000 | tailrace run --once stdin.yaml',
      )}\n${EXIT_CODES}`,
    );
  addRun(program, stdout, stderr);
  addValidate(program, stdout, stderr);
  addTest(program, stdout, stderr);
  addGenerate(program, { stdout, stderr });
  addSchema(program, stdout);
  addList(program, stdout, stderr);
  addGraph(program, stdout, stderr);
  addElasticsearch(program, stdout, stderr);
  addDashboards(program, { stdout, stderr });
  addDeadLetters(program, { stdout, stderr });
  addQueue(program, { stdout, stderr });
  addQuery(program, { stdout, stderr });
  return program;
}

function addRun(program: Command, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
  program
    .command('run')
    .description('Run a pipeline until it is told to stop (SIGTERM, SIGINT); SIGHUP reads its files anew.')
    .addArgument(FILES)
    .option('--once', 'read what is there, deliver it and end')
    .addOption(new Option('--watch', 'reload when a file of the pipeline changes').conflicts('once'))
    .addHelpText(
      'after',
      examples(
        'tailrace run pipeline.yaml',
        'tailrace run --watch pipeline.yaml',
        'tailrace run --once sources.yaml sinks.yaml',
      ),
    )
    .action(async (files: string[], { once = false, watch = false }: { once?: boolean; watch?: boolean }) => {
      const { runCommand } = await import('./commands/run.ts');
      process.exitCode = await runCommand(files, { once, watch }, stdout, stderr);
    });
}

function addValidate(program: Command, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
  program
    .command('validate')
    .description('Say everything that is wrong with a pipeline, without running it.')
    .addArgument(FILES)
    .addHelpText(
      'after',
      examples('tailrace validate pipeline.yaml', 'ES_URL=http://es:9200 tailrace validate es.yaml'),
    )
    .action(async (files: string[]) => {
      const { validateCommand } = await import('./commands/validate.ts');
      process.exitCode = await validateCommand(files, stdout, stderr);
    });
}

function addTest(program: Command, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
  program
    .command('test')
    .description('Run the tests of a pipeline: those under its key "tests", and in x.test.yaml beside x.yaml.')
    .addArgument(FILES)
    .addHelpText(
      'after',
      examples('tailrace test pipeline.yaml', 'tailrace test sources.yaml sinks.yaml more.test.yaml'),
    )
    .action(async (files: string[]) => {
      const { testCommand } = await import('./commands/test.ts');
      process.exitCode = await testCommand(files, stdout, stderr);
    });
}

function addSchema(program: Command, stdout: NodeJS.WriteStream): void {
  program
    .command('schema')
    .description('Print the JSON Schema of a pipeline file, for editors.')
    .addHelpText('after', examples('tailrace schema > pipeline.schema.json'))
    .action(async () => {
      const { schemaCommand } = await import('./commands/schema.ts');
      process.exitCode = await schemaCommand(stdout);
    });
}

function addList(program: Command, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
  program
    .command('list')
    .description('List the plugins, or the options of one.')
    .argument('[type]', 'a type as a pipeline names it: file, ./my-plugin.ts, some-package/name')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('tailrace list', 'tailrace list elasticsearch', 'tailrace list file --json'))
    .action(async (type: string | undefined, options: { json?: boolean }) => {
      const { listCommand } = await import('./commands/list.ts');
      process.exitCode = await listCommand(type, options, stdout, stderr);
    });
}

function addGraph(program: Command, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
  program
    .command('graph')
    .description('Print a pipeline as a Mermaid flowchart.')
    .addArgument(FILES)
    .addHelpText('after', examples('tailrace graph pipeline.yaml > pipeline.mmd'))
    .action(async (files: string[]) => {
      const { graphCommand } = await import('./commands/graph.ts');
      process.exitCode = await graphCommand(files, stdout, stderr);
    });
}

function addElasticsearch(program: Command, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
  program
    .command('elasticsearch')
    .description('Help with Elasticsearch.')
    .command('template')
    .description('Print the index template that an elasticsearch sink puts at start (its name to standard error).')
    .addArgument(FILES)
    .option('--sink <id>', 'which sink, when there are several')
    .option('--opensearch', 'as it is for OpenSearch, where `flattened` is `flat_object`')
    .addHelpText(
      'after',
      examples('tailrace elasticsearch template pipelines/mirrord/elasticsearch.yaml > template.json'),
    )
    .action(async (files: string[], options: TemplateCommandOptions) => {
      const { templateCommand } = await import('./commands/elasticsearch-template.ts');
      process.exitCode = await templateCommand(files, options, stdout, stderr);
    });
}

/** The exit code for what a command threw; says what it was, unless commander has. */
export function exitCodeOf(error: unknown, stderr: NodeJS.WritableStream): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  stderr.write(`tailrace: this is a bug, please report it: ${inspect(error)}\n`);
  return EXIT.bug;
}
