import { Argument, type Command, Option } from 'commander';
import type { Streams } from './commands/dead-letters.ts';

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
const TARGETS = ['kibana', 'grafana', 'datadog'] as const;
const IDS = new Argument('[id...]', 'which dashboards, as `tailrace dashboards list` names them (default: all)');

/** A target that takes dashboards. */
type TargetName = (typeof TARGETS)[number];

/** Adds `tailrace dashboards` and what it can do. */
export function addDashboards(program: Command, streams: Streams): void {
  const dashboards = program
    .command('dashboards')
    .description('Dashboards for Kibana, Grafana and Datadog: list, build, check and push them.');
  addList(dashboards, streams);
  addBuild(dashboards, streams);
  addCheck(dashboards, streams);
  addPush(dashboards, streams);
}

function addList(dashboards: Command, streams: Streams): void {
  dashboards
    .command('list')
    .description('List the dashboards, what each target leaves out and why, and the parameters of --set.')
    .addHelpText('after', examples('tailrace dashboards list'))
    .action(async () => {
      const { listCommand } = await import('./commands/dashboards.ts');
      process.exitCode = await listCommand(streams);
    });
}

function addBuild(dashboards: Command, streams: Streams): void {
  dashboards
    .command('build')
    .description('Write files to import: DIR/ID/kibana.ndjson, grafana.json and datadog.json.')
    .addArgument(IDS)
    .requiredOption('--out <dir>', 'the folder to write to; made if it is not there')
    .addOption(targetOption())
    .addOption(setOption())
    .addHelpText(
      'after',
      examples(
        'tailrace dashboards build --out dashboards',
        "tailrace dashboards build mirrord-usage --out . --target kibana --set 'index_pattern=logs-mirrord-*' --set field_prefix=",
      ),
    )
    .action(async (ids: string[], options: { out: string; target?: TargetName[]; set: string[] }) => {
      const { buildCommand } = await import('./commands/dashboards.ts');
      process.exitCode = await buildCommand({ ids, ...options }, streams);
    });
}

function addCheck(dashboards: Command, streams: Streams): void {
  dashboards
    .command('check')
    .description('Say what is wrong with dashboards before anybody looks at them; exits 1 when something is.')
    .addArgument(IDS)
    .option('--fields <file...>', 'field files: is each field that a panel reads declared with a type that it needs?')
    .option(
      '--against <url>',
      'an Elasticsearch (are the fields in its mapping?) or a Prometheus (are the series there?)',
    )
    .option('--ca <file>', 'certificates of authorities to trust, PEM')
    .addOption(targetOption())
    .addOption(setOption())
    .addHelpText('after', `${CHECK_CREDENTIALS}\n${CHECK_EXAMPLES}`)
    .action(async (ids: string[], options: CheckFlags) => {
      const { checkCommand } = await import('./commands/dashboards-check.ts');
      process.exitCode = await checkCommand({ ids, ...options }, process.env, streams);
    });
}

interface CheckFlags {
  readonly target?: TargetName[];
  readonly fields?: string[];
  readonly against?: string;
  readonly ca?: string;
  readonly set: string[];
}

const CHECK_CREDENTIALS = `
Credentials come from the environment: ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD; PROMETHEUS_TOKEN`;

const CHECK_EXAMPLES = examples(
  'tailrace dashboards check mirrord-usage --fields pipelines/mirrord/fields.yaml',
  "tailrace dashboards check mirrord-usage --against https://elasticsearch:9200 --set 'index_pattern=logs-*'",
  'tailrace dashboards check --against http://prometheus:9090',
);

function addPush(dashboards: Command, streams: Streams): void {
  dashboards
    .command('push')
    .description(
      'Put dashboards into a running Kibana, Grafana or Datadog; only our own are overwritten, each by its id.',
    )
    .addArgument(new Argument('<target>', 'where to').choices(TARGETS))
    .addArgument(IDS)
    .option('--url <url>', 'its address (default: KIBANA_URL, GRAFANA_URL, or https://api.DD_SITE)')
    .option('--space <id>', 'Kibana: a space (default: the default space)')
    .option('--folder <uid>', 'Grafana: a folder (default: where the dashboard is, else the root)')
    .option('--ca <file>', 'certificates of authorities to trust, PEM')
    .option('--dry-run', 'only say what would change')
    .addOption(setOption())
    .addHelpText('after', `${CREDENTIALS}\n${PUSH_EXAMPLES}`)
    .action(async (target: TargetName, ids: string[], options: PushFlags) => {
      const { pushCommand } = await import('./commands/dashboards-push.ts');
      process.exitCode = await pushCommand({ target, ids, ...options }, process.env, streams);
    });
}

interface PushFlags {
  readonly url?: string;
  readonly space?: string;
  readonly folder?: string;
  readonly ca?: string;
  readonly dryRun?: boolean;
  readonly set: string[];
}

const CREDENTIALS = `
Credentials come from the environment:
  kibana   KIBANA_API_KEY, or KIBANA_USERNAME and KIBANA_PASSWORD
  grafana  GRAFANA_TOKEN (a service account's), or GRAFANA_USERNAME and GRAFANA_PASSWORD
  datadog  DD_API_KEY and DD_APP_KEY; needs the package @datadog/datadog-api-client`;

const PUSH_EXAMPLES = examples(
  'tailrace dashboards push kibana --url https://kibana:5601 --space operations --dry-run',
  'tailrace dashboards push grafana mirrord-usage --folder mirrord --set metric_prefix=prod_',
  'DD_SITE=datadoghq.eu tailrace dashboards push datadog',
);

function targetOption(): Option {
  return new Option('--target <target...>', 'only these (default: all)').choices(TARGETS);
}

function setOption(): Option {
  return new Option('--set <name=value>', 'a parameter, as `tailrace dashboards list` names them; may be repeated')
    .argParser((setting: string, before: string[]) => [...before, setting])
    .default([], '');
}
