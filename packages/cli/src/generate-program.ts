import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Streams } from './commands/dead-letters.ts';
import type { GenerateOptions } from './commands/generate.ts';
import type { GenerateMetricsOptions } from './commands/generate-metrics.ts';

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/** Adds `tailrace generate` and what it can make. */
export function addGenerate(program: Command, streams: Streams): void {
  const generate = program
    .command('generate')
    .description('Make input to try a pipeline with: the same options give the same bytes.')
    .addHelpText(
      'after',
      examples(
        'tailrace generate mirrord --lines 1000 | tailrace run --once stdin.yaml',
        'tailrace generate mirrord-metrics --port 9000',
      ),
    );
  addMirrord(generate, streams);
  addMirrordMetrics(generate, streams);
}

function addMirrord(generate: Command, { stdout }: Streams): void {
  const format = new Option('--format <format>', 'how the lines are written').choices(['docker', 'cri', 'plain']);
  generate
    .command('mirrord')
    .description('Write the log of a mirrord operator.')
    .addOption(format.default('docker'))
    .option('--lines <n>', 'number of events', wholeNumber, 1000)
    .option('--seed <seed>', 'any text', '1')
    .option('--answers', 'print what a correct pipeline finds in the lines, instead of the lines')
    .addHelpText(
      'after',
      examples(
        'tailrace generate mirrord --lines 20000 --seed 7 > operator.log',
        'tailrace generate mirrord --lines 20000 --seed 7 --answers',
      ),
    )
    .action(async (options: Omit<GenerateOptions, 'answers'> & { answers?: boolean }) => {
      const { generateCommand } = await import('./commands/generate.ts');
      process.exitCode = await generateCommand({ ...options, answers: options.answers === true }, stdout);
    });
}

function addMirrordMetrics(generate: Command, streams: Streams): void {
  generate
    .command('mirrord-metrics')
    .description('Serve the metrics of a mirrord operator on the loopback interface, or print a scrape of them.')
    .addOption(
      new Option(
        '--port <n>',
        'serve /metrics, each request the next scrape, and /answers to the last one, on this port; 0 takes a free one',
      ).argParser(portNumber),
    )
    .addOption(new Option('--scrape <n>', 'print the n-th scrape').argParser(scrapeNumber).default(1).conflicts('port'))
    .addOption(
      new Option('--answers', 'print what a correct scraper finds in that scrape, instead of it').conflicts('port'),
    )
    .option('--seed <seed>', 'any text', '1')
    .option('--openmetrics', 'as OpenMetrics 1.0, with exemplars; default: as the operator writes it, text 0.0.4')
    .addHelpText(
      'after',
      examples(
        'tailrace generate mirrord-metrics --port 9000',
        'tailrace generate mirrord-metrics --scrape 5 --answers',
      ),
    )
    .action(async (options: GenerateMetricsOptions) => {
      const { generateMetricsCommand } = await import('./commands/generate-metrics.ts');
      process.exitCode = await generateMetricsCommand(options, streams);
    });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.');
  return Number(text);
}

function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError('It has to be a port, 0 to 65535.');
  return port;
}

function scrapeNumber(text: string): number {
  const scrape = wholeNumber(text);
  if (scrape < 1 || scrape > 10_000) throw new InvalidArgumentError('It has to be a number from 1 to 10000.');
  return scrape;
}
